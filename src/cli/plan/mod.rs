//! `plan`: what would change if files were applied: objects, and flows.

mod args;
mod document;
mod markdown;
mod planned;
mod profiles;
mod rows;
mod text;

use std::io::{self, Write};

pub use args::{By, EXAMPLES, EXITS, FailOn, PlanArgs, PlanOutput};
pub use document::{Document, document};
pub use planned::{Planned, planned};

use super::{
    Checker, Outcome, platform,
    read::Reading,
    state::{State, StateArgs},
};
use crate::{plan::flows::flows, reach::Grain};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &PlanArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let platform = match platform(args.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
    };
    if args.against.is_empty() {
        writeln!(
            err,
            "error: must be told the state before: give --against, with files such as `kubectl get -A -o json` prints"
        )?;
        return Ok(Outcome::Failed);
    }
    let (before, mut partial) = read(&args.against, &args.namespace, err)?;
    let (files, wrong) = read(&args.files, &args.namespace, err)?;
    let planned = planned(&before, &files, args, (&Checker::new(platform.clone()), &platform));
    for line in planned.findings.iter().map(ToString::to_string).chain(planned.errors.iter().cloned()) {
        writeln!(err, "{line}")?;
    }
    partial |= wrong || !planned.findings.is_empty() || !planned.errors.is_empty();
    for note in &planned.notes {
        writeln!(err, "note: {note}")?;
    }
    let grain = if args.by == By::Pods { Grain::Pods } else { Grain::Workloads };
    let flows = flows(&planned.before, &planned.after, grain);
    let document = document(&planned, &flows, args.all, partial);
    match args.output {
        PlanOutput::Text => text::write(&document, args.all, out)?,
        PlanOutput::Md => markdown::write(&document, args.all, out)?,
        PlanOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?,
        PlanOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(&document).map_err(io::Error::other)?)?,
    }
    Ok(outcome(&document, args.fail_on))
}

fn outcome(document: &Document, fail_on: FailOn) -> Outcome {
    let summary = &document.summary;
    let fails = match fail_on {
        FailOn::Cut => summary.cut + summary.changed + summary.ways_cut > 0,
        FailOn::Opened => summary.opened + summary.changed > 0,
        FailOn::Any => !document.is_empty(),
        FailOn::None => false,
    };
    match (document.partial, fails) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Findings,
        (false, false) => Outcome::Fine,
    }
}

fn read(files: &[std::path::PathBuf], namespace: &str, err: &mut impl Write) -> io::Result<(Reading, bool)> {
    let from = StateArgs { files: files.to_vec(), namespace: namespace.to_owned() };
    State::read(&from, err).map(|state| (state.reading, state.partial))
}
