//! The kubectl plugin: what can be said about a profile, offline.
//!
//! Standard output is data, standard error the rest. Each verb has a file of its own; `run` only joins them.

mod args;
mod check;
mod finding;
mod inputs;
mod lint;
mod manifests;
mod merge;
mod platform;
mod rules;
pub mod yaml;

use std::{
    ffi::OsString,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

pub use args::{CommandLine, Files, Lint, LintOutput, Verb};
pub use check::{Checked, Checker};
use clap::Parser;
pub use finding::Finding;
pub use inputs::{Input, inputs};
pub use lint::Report;
pub use manifests::{Manifest, manifests};
pub use platform::platform;
pub use rules::Rules;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// It did what it was asked, and the answer is not "fine".
    Findings,
    /// It could not do what it was asked.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome as u8)
    }
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match CommandLine::try_parse_from(arguments) {
        Ok(command) => command,
        // Help and version come this way too: to standard output, and no failure.
        Err(help) => {
            return match help.print() {
                Ok(()) => ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(2)),
                Err(error) => unwritable(&error),
            };
        }
    };
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let done = match &command.verb {
        Verb::Lint(lint) => run_lint(lint, &mut out, &mut err),
    };
    match done.and_then(|outcome| out.flush().map(|()| outcome)) {
        Ok(outcome) => outcome.into(),
        Err(error) => unwritable(&error),
    }
}

/// Whoever closed the pipe has seen enough: `lint ... | head` is no failure.
fn unwritable(error: &io::Error) -> ExitCode {
    if error.kind() == ErrorKind::BrokenPipe { ExitCode::SUCCESS } else { Outcome::Failed.into() }
}

fn run_lint(lint: &Lint, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let platform = match platform(lint.files.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(Outcome::Failed);
        }
    };
    let checker = Checker::new(platform);
    let mut report = Report::default();
    let mut failed = false;
    for input in inputs(&lint.files.files) {
        if let Err(error) = input.and_then(|input| report.add(&input, &checker)) {
            writeln!(err, "error: {error}")?;
            failed = true;
        }
    }
    match lint.output {
        LintOutput::Text => report.findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?,
        LintOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report.findings)?)?,
    }
    writeln!(err, "{}", report.summary())?;
    Ok(match (failed, report.findings.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, false) => Outcome::Findings,
        (false, true) => Outcome::Fine,
    })
}
