//! What became of the mistakes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use crate::{copy::Copy, error::Error, list::Mutant, run::Fate};

/// Writes the report, and says what matters of it; true when nothing survives that is not known to.
pub fn tell(
    copy: &Copy,
    mutants: &[Mutant],
    fates: &BTreeMap<usize, Fate>,
    left_out: &BTreeMap<usize, String>,
    known: &BTreeSet<String>,
) -> Result<bool, Error> {
    let mut table = String::new();
    let (mut caught, mut late, mut survives, mut new) = (0, 0, 0, Vec::new());
    for (id, mutant) in mutants.iter().enumerate() {
        let fate = match fates.get(&id) {
            Some(Fate::Caught(test)) => {
                caught += 1;
                format!("caught\t{test}")
            }
            Some(Fate::TimedOut(test)) => {
                late += 1;
                format!("timed out\t{test}")
            }
            Some(Fate::Survives) => {
                survives += 1;
                if !known.contains(&mutant.title()) {
                    new.push(mutant);
                }
                "survives\t".to_owned()
            }
            None => format!("left out\t{}", left_out.get(&id).map_or("", String::as_str)),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{}\t{fate}", mutant.name);
    }
    let path = copy.folder.join("report.tsv");
    fs::write(&path, table).map_err(|error| Error::File(path.clone(), error))?;
    for mutant in &new {
        println!("not noticed, and not in tests/mutants/survivors.txt: {}", mutant.name);
    }
    println!(
        "{} mistakes: {caught} caught, {late} timed out, {survives} survive ({} known), {} left out; {}",
        mutants.len(),
        survives - new.len(),
        left_out.len(),
        path.display()
    );
    Ok(new.is_empty())
}
