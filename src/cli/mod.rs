//! The kubectl plugin: what can be said about a profile, offline.
//!
//! Standard output is data, standard error the rest. Each verb has a file of its own; `run` only joins them.

mod args;
mod check;
mod completed;
pub mod completion;
mod diagnose;
pub mod explain;
mod finding;
mod inputs;
mod lint;
mod manifests;
pub mod map;
mod merge;
pub mod plan;
mod platform;
pub mod read;
mod render;
mod rules;
pub mod state;
mod verify;
pub mod yaml;

use std::{
    ffi::OsString,
    io::{self, ErrorKind, Write},
    path::Path,
    process::ExitCode,
};

pub use args::{CommandLine, Files, Render, RenderOutput, Verb};
pub use check::{Checked, Checker};
use clap::{
    Parser,
    error::{ContextKind, ContextValue},
};
pub use finding::Finding;
pub use inputs::{Input, inputs};
pub use lint::Report;
pub use manifests::{Manifest, manifests};
pub use platform::platform;
pub use render::{Rendered, Rendering};
pub use rules::Rules;

use crate::model::Platform;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// It did what it was asked, and the answer is not "fine".
    Findings,
    /// It could not do what it was asked.
    Failed,
    /// It did what it was asked, and nobody can tell the answer.
    Unknown,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome as u8)
    }
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    // Words of a line that is not finished are no command line.
    if let [_, ask, words @ ..] = &arguments[..]
        && *ask == *completion::ASK
    {
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        return ended(completion::answer(&words, &mut io::stdout().lock()));
    }
    let command = match CommandLine::try_parse_from(arguments) {
        Ok(command) => command,
        // Help and version come this way too: to standard output, and no failure.
        Err(help) => {
            if let Some(file) = bare_word(&help) {
                eprintln!("error: unexpected word '{file}'; files are named with -f: -f {file}");
                return Outcome::Failed.into();
            }
            return match help.print() {
                Ok(()) => ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(2)),
                Err(error) => unwritable(&error),
            };
        }
    };
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let done = match &command.verb {
        Verb::Lint(args) => lint::run(args, &mut out, &mut err),
        Verb::Render(render) => run_render(render, &mut out, &mut err),
        Verb::Diagnose(args) => diagnose::run(args, &mut out, &mut err),
        Verb::Explain(args) => explain::run(args, &mut out, &mut err),
        Verb::Map(args) => map::run(args, &mut out, &mut err),
        Verb::Plan(args) => plan::run(args, &mut out, &mut err),
        Verb::Verify(args) => verify::run(args, &mut out, &mut err),
        Verb::Completion(args) => completion::run(args, &mut out),
    };
    ended(done.and_then(|outcome| out.flush().map(|()| outcome)))
}

/// The name of a file without its `-f`.
fn bare_word(error: &clap::Error) -> Option<&str> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (clap::error::ErrorKind::UnknownArgument, Some(ContextValue::String(word))) if is_file(word) => Some(word),
        _ => None,
    }
}

fn is_file(word: &str) -> bool {
    let path = Path::new(word);
    let ends = |end: &std::ffi::OsStr| ["yaml", "yml", "json"].iter().any(|known| end == *known);
    !word.starts_with('-') && (path.exists() || path.extension().is_some_and(ends))
}

fn ended(done: io::Result<Outcome>) -> ExitCode {
    done.map_or_else(|error| unwritable(&error), ExitCode::from)
}

/// Whoever closed the pipe has seen enough: `lint ... | head` is no failure.
fn unwritable(error: &io::Error) -> ExitCode {
    if error.kind() == ErrorKind::BrokenPipe { ExitCode::SUCCESS } else { Outcome::Failed.into() }
}

/// A checker for the platform that the flags name, or the exit of a verb that has none.
fn checker(config: Option<&Path>, err: &mut impl Write) -> io::Result<Option<(Checker, Platform)>> {
    match platform(config) {
        Ok(platform) => Ok(Some((Checker::new(platform.clone()), platform))),
        Err(error) => writeln!(err, "error: {error}").map(|()| None),
    }
}

/// Adds every input to what a verb gathers; true when one could not be read.
fn gather(files: &Files, err: &mut impl Write, mut add: impl FnMut(&Input) -> Result<(), String>) -> io::Result<bool> {
    let mut failed = false;
    for input in inputs(&files.files) {
        if let Err(error) = input.and_then(|input| add(&input)) {
            writeln!(err, "error: {error}")?;
            failed = true;
        }
    }
    Ok(failed)
}

fn run_render(render: &Render, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let Some((checker, platform)) = checker(render.files.config.as_deref(), err)? else { return Ok(Outcome::Failed) };
    let mut rendering = Rendering::new(render.namespace.as_deref());
    let failed = gather(&render.files, err, |input| rendering.add(input, &checker))?;
    rendering.findings.iter().try_for_each(|finding| writeln!(err, "{finding}"))?;
    // Half of the policies would look like all of them.
    if failed || !rendering.findings.is_empty() {
        return Ok(if failed { Outcome::Failed } else { Outcome::Findings });
    }
    if rendering.is_empty() {
        writeln!(err, "error: no AppNetworkProfile was found: `render` prints what profiles become")?;
        return Ok(Outcome::Failed);
    }
    let rendered = rendering.finish(&platform);
    rendered.missing.iter().try_for_each(|missing| writeln!(err, "left out: {missing}"))?;
    match render.output {
        RenderOutput::Yaml => {
            for policy in &rendered.policies {
                let yaml = serde_saphyr::to_string(policy).map_err(io::Error::other)?;
                write!(out, "---\n{yaml}")?;
            }
        }
        RenderOutput::Json => {
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": rendered.policies});
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
    }
    Ok(Outcome::Fine)
}
