//! What can go wrong.

use std::{io, path::PathBuf};

/// Why the work cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tree cannot be found.
    #[error("the tree cannot be found: {0}")]
    Tree(#[source] io::Error),
    /// A file.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// A program cannot be started.
    #[error("{0} cannot be started: {1}")]
    Start(&'static str, #[source] io::Error),
    /// A program failed.
    #[error("{what} failed:\n{said}")]
    Failed {
        /// What was tried.
        what: &'static str,
        /// The end of what it said.
        said: String,
    },
    /// The list of cargo-mutants is of a form that is not known.
    #[error("the list of cargo-mutants cannot be read: {0}")]
    List(#[source] serde_json::Error),
    /// A source that is no Rust.
    #[error("{0}: {1}")]
    Source(String, #[source] syn::Error),
    /// What does not compile although no mistake is to blame.
    #[error("the copy does not compile, and no mistake is to blame:\n{0}")]
    NobodyToBlame(String),
    /// The tests fail as it is.
    #[error("the tests must pass without any mistake, and {0} does not; its output is in {1}")]
    FailsAsItIs(String, PathBuf),
}
