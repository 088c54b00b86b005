//! `explain`: why one may call the other or not.

mod args;
mod sources;

use std::io::{self, Write};

pub use args::{EXAMPLES, EXITS, ExplainArgs, ExplainOutput};
use serde_json::{Value, json};
pub use sources::Files;

use super::{Checker, Finding, Outcome, platform, read::Reading, state::State};
use crate::{
    explain::{Answer, Explanation, Profiles, Question, Setting, explain},
    model::Platform,
    reach::Reach,
};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &ExplainArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let platform = match platform(args.config.as_deref()) {
        Ok(platform) => platform,
        Err(error) => return writeln!(err, "error: {error}").map(|()| Outcome::Failed),
    };
    let mut state = State::read(&args.state, err)?;
    let namespace = args.state.namespace.as_str();
    let (values, wrong) = profiles(&state.reading, namespace, &platform);
    wrong.iter().try_for_each(|finding| writeln!(err, "{finding}"))?;
    let partial = state.partial || !wrong.is_empty();
    let endpoints = std::mem::take(&mut state.reading.endpoints);
    let profiles = Profiles::new(values, platform, &state.reading.picture, endpoints);
    let completed = profiles.complete(&mut state.reading.picture);
    let reach = Reach::new(&state.reading.picture);
    let sources = Files { reading: &state.reading, namespace };
    let setting = Setting { picture: &state.reading.picture, reach: &reach, profiles: &profiles, sources: &sources };
    let question = Question { from: &args.from, to: &args.to, port: args.port.as_deref(), namespace };
    let mut answer = match explain(&setting, question) {
        Ok(answer) => answer,
        Err(error) => {
            let gone = state.reading.finished_pods + state.reading.going_pods;
            let gone = if gone > 0 && error.contains("there is no Pod") {
                "; Pods that have finished or are being deleted are left out"
            } else {
                ""
            };
            return writeln!(err, "error: {error}{gone}").map(|()| Outcome::Failed);
        }
    };
    answer.notes.extend(completed.into_iter().map(|profile| {
        format!("profile {profile} has no policies in what was read; they are taken as the operator would write them")
    }));
    write(&answer, args.output, out)?;
    Ok(match answer.verdict {
        _ if partial => Outcome::Failed,
        Answer::Allowed => Outcome::Fine,
        Answer::Denied | Answer::Mixed => Outcome::Findings,
        Answer::Unknown => Outcome::Unknown,
    })
}

fn write(answer: &Explanation, output: ExplainOutput, out: &mut impl Write) -> io::Result<()> {
    match output {
        ExplainOutput::Text => write!(out, "{answer}"),
        ExplainOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(answer)?),
        ExplainOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(answer).map_err(io::Error::other)?),
    }
}

/// The profiles that were read, each with its namespace, and what is wrong with the others.
fn profiles(reading: &Reading, namespace: &str, platform: &Platform) -> (Vec<Value>, Vec<Finding>) {
    let (mut values, mut wrong) = (Vec::new(), Vec::new());
    if reading.profiles.is_empty() {
        return (values, wrong);
    }
    let checker = Checker::new(platform.clone());
    for found in &reading.profiles {
        let mut value = found.node.to_value();
        let problems = match &found.misnamed {
            Some(problem) => vec![problem.clone()],
            None => checker.check(&value).problems,
        };
        if problems.is_empty() {
            if value["metadata"]["namespace"].is_null() {
                value["metadata"]["namespace"] = json!(namespace);
            }
            values.push(value);
        }
        wrong.extend(problems.into_iter().map(|mut problem| {
            let at = found.node.locate(&problem.path);
            problem.path.insert_str(0, &found.prefix);
            Finding::of_problem(&found.file, at, problem)
        }));
    }
    (values, wrong)
}
