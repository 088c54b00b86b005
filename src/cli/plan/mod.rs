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
    state::{State, StateArgs},
};
use crate::{plan::flows::flows, reach::Grain};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &PlanArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    if args.files.is_empty() && args.delete.is_empty() {
        let missing = "nothing to plan: name what would be applied (-f FILE) or deleted (--delete KIND/NAMESPACE/NAME)";
        return writeln!(err, "error: {missing}").map(|()| Outcome::Failed);
    }
    let platform = match platform(args.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
    };
    let before = StateArgs {
        files: args.against.clone(),
        live: false,
        namespace: args.namespace.clone(),
        cluster: args.cluster.clone(),
    };
    let Some(before) = State::read(&before, err)? else { return Ok(Outcome::Failed) };
    let files = State::of_files(&args.files, &before.namespace, err)?;
    let mut partial = before.partial || files.partial;
    let checker = Checker::new(platform.clone());
    let planned = planned(&before.reading, &files.reading, &before.namespace, args, (&checker, &platform));
    for line in planned.findings.iter().map(ToString::to_string).chain(planned.errors.iter().cloned()) {
        writeln!(err, "{line}")?;
    }
    partial |= !planned.findings.is_empty() || !planned.errors.is_empty();
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
