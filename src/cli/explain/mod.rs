//! `explain`: why one may call the other or not.

mod args;
mod sources;

use std::io::{self, Write};

pub use args::{EXAMPLES, EXITS, ExplainArgs, ExplainOutput};
pub use sources::Files;

use super::{Outcome, completed::Completed, state::State};
use crate::{
    explain::{Answer, Explanation, Question, Setting, explain},
    reach::Reach,
};

/// Runs the verb.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &ExplainArgs, out: &mut impl Write, err: &mut impl Write) -> io::Result<Outcome> {
    let Some(mut state) = State::read(&args.state, err)? else { return Ok(Outcome::Failed) };
    let Some(Completed { profiles, notes }) = state.complete(args.config.as_deref(), err)? else {
        return Ok(Outcome::Failed);
    };
    let (partial, namespace) = (state.partial, state.namespace.as_str());
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

fn write(answer: &Explanation, output: ExplainOutput, out: &mut impl Write) -> io::Result<()> {
    match output {
        ExplainOutput::Text => write!(out, "{answer}"),
        ExplainOutput::Json => writeln!(out, "{}", serde_json::to_string_pretty(answer)?),
        ExplainOutput::Yaml => write!(out, "{}", serde_saphyr::to_string(answer).map_err(io::Error::other)?),
    }
}
