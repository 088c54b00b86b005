//! The catalogue of seeded faults and of healthy apps.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file with what stands in its head.
pub struct Case {
    pub name: String,
    pub file: PathBuf,
    /// What has to be found, the one that matters first.
    pub codes: Vec<String>,
    /// What is asked beside the file.
    pub ask: Vec<String>,
}

/// The cases of a folder, sorted.
pub fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.into_iter().map(read).collect()
}

fn read(file: PathBuf) -> Case {
    let text = fs::read_to_string(&file).expect("a case");
    let head = |key: &str| {
        let prefix = format!("# {key}:");
        let line = text.lines().take_while(|line| line.starts_with('#')).find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    Case { name, codes: head("codes"), ask: head("ask"), file }
}
