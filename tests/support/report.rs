//! What a test found out, for people. The harness shows what a test prints only when it fails, so it goes to a file too;
//! tests/run.sh empties the folder, and shows them all at its end.

use std::{fs, path::Path};

/// Prints the text, and writes it to the report's file of that name.
pub fn report(name: &str, text: &str) {
    println!("{text}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).expect("the tests' folder can be written");
    fs::write(folder.join(name), format!("{text}\n")).expect("the tests' folder can be written");
}
