//! The plugin, run in the folder of the inputs.

use std::{path::PathBuf, process::Command};

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/explain")
}

/// What a run printed, and how it ended.
pub struct Run {
    pub out: String,
    pub err: String,
    pub exit: i32,
}

/// Runs `explain` with these words.
pub fn run(words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    let output = command.arg("explain").args(words).current_dir(folder()).output().expect("the plugin starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Run { out: text(output.stdout), err: text(output.stderr), exit: output.status.code().expect("it ended by itself") }
}
