//! The mistakes, as cargo-mutants lists them.

use std::{path::Path, process::Command};

use serde::Deserialize;

use crate::{error::Error, place::Span};

/// A mistake.
#[derive(Debug, Deserialize)]
pub struct Mutant {
    /// What it is and where, in a line.
    pub name: String,
    /// The source, from the root of the tree.
    pub file: String,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
    /// Of which kind it is.
    pub genre: String,
}

impl Mutant {
    /// Its name without line and column, which every change above it moves.
    pub fn title(&self) -> String {
        let rest = self.name.split_once(": ").map_or("", |(_, rest)| rest);
        format!("{}: {rest}", self.file)
    }
}

/// Asks cargo-mutants for its list.
pub fn list(root: &Path, globs: &[String]) -> Result<Vec<Mutant>, Error> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["mutants", "--list", "--json", "--package", "appnet"]);
    for glob in globs {
        command.arg("--file").arg(glob);
    }
    let output = command.output().map_err(|error| Error::Start("cargo mutants", error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::Failed { what: "cargo mutants --list (cargo install --locked cargo-mutants)", said });
    }
    serde_json::from_slice(&output.stdout).map_err(Error::List)
}
