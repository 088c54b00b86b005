//! `explain`: why one may call the other or not.

mod args;
mod sources;

use std::{
    cell::{Cell, OnceCell},
    io::{self, Write},
};

pub use args::{EXAMPLES, EXITS, ExplainArgs, ExplainOutput};
pub use sources::Files;

use super::{Outcome, completed::Completed, state::State};
use crate::{
    diagnose::state::{Scene, Scope, explain_from_ingress},
    explain::{Answer, Explanation, Question, Setting, explain},
    reach::Reach,
};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &ExplainArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    // Who the ingress controller is, classes of Ingresses tell. Nobody lists them for any other question.
    let from_ingress = ["ingress", "{ingress-controller}"].contains(&args.from.as_str());
    let read = if from_ingress { State::read_with_details(&args.state, err) } else { State::read(&args.state, err) };
    let Some(mut state) = read? else { return Ok(Outcome::Failed) };
    let Some(Completed { profiles, notes }) = state.complete(args.config.as_deref(), err)? else {
        return Ok(Outcome::Failed);
    };
    let (partial, namespace) = (state.partial, state.namespace.as_str());
    let reach = Reach::new(&state.reading.picture);
    let sources = Files { reading: &state.reading, namespace };
    let setting = Setting::new(&state.reading.picture, &reach, &profiles, &sources);
    let question = Question { from: &args.from, to: &args.to, port: args.port.as_deref(), namespace };
    let answer = if from_ingress { of_controller(&state, &setting, question) } else { explain(&setting, question) };
    let mut answer = match answer {
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
    answer.notes.extend(notes);
    answer.partial = partial;
    write(&answer, args.output, out)?;
    Ok(match answer.verdict {
        _ if partial => Outcome::Failed,
        Answer::Allowed => Outcome::Fine,
        Answer::Denied | Answer::Mixed => Outcome::Findings,
        Answer::Unknown => Outcome::Unknown,
    })
}

/// The answer for the Pods of the ingress controller, where it is known which they are.
fn of_controller(state: &State, setting: &Setting<'_>, question: Question<'_>) -> Result<Explanation, String> {
    let world = state.reading.picture.world(&state.reading.endpoints);
    let scene = Scene {
        setting,
        details: &state.reading.details,
        world: &world,
        cni: setting.profiles.platform().cni,
        scope: &Scope::default(),
        whole: false,
        fixes: Cell::new(0),
        kinds: OnceCell::new(),
    };
    explain_from_ingress(&scene, question)
}

fn write(answer: &Explanation, output: ExplainOutput, out: &mut impl Write) -> io::Result<()> {
    match output {
        ExplainOutput::Text => write!(out, "{answer}"),
        ExplainOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(answer)?),
        ExplainOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(answer).map_err(io::Error::other)?),
    }
}
