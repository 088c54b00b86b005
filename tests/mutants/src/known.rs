//! Mistakes that are known to survive, each with the reason why that is right.

use std::{collections::BTreeSet, fs, path::Path};

use crate::error::Error;

/// Reads the list: a line with the mistake as it is told, without line and column, and indented lines with the reason.
pub fn read(path: &Path) -> Result<BTreeSet<String>, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::File(path.to_owned(), error))?;
    let titles = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ' ']));
    Ok(titles.map(str::to_owned).collect())
}
