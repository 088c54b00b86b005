//! Servers and clients for the lab's Pods.
//!
//! ```text
//! probe serve PORT...                       accepts connections on these TCP ports, says one line, and closes
//! probe once TARGET                         one new connection: exit code 0 when it succeeds, 1 when not, 3 when late
//! probe each TARGET...                      one new connection to each: a line `TARGET open|shut|late` for each, in order
//! probe otlp PORT                           answers OTLP over HTTP on this port, and tells what came
//! probe watch MILLISECONDS NAME=TARGET...   a new connection to each target every so many milliseconds, until stdin ends
//! ```
//!
//! `late` is one that was seen to succeed only after a second: nobody knows by which packet.
//!
//! A target is `tcp:ADDRESS:PORT` or `dns:ADDRESS:PORT` (a query over UDP) or `dnstcp:ADDRESS:PORT` (one over TCP).
//! `watch` prints runs of equal outcomes, in the order in which the connections began:
//!
//! ```text
//! NAME open|shut|late FIRST LAST COUNT PORTS
//! ```
//!
//! FIRST and LAST are when the first and the last connection of the run began, in microseconds since 1970. A run that goes
//! on is printed four times a second. A connection that is refused, or takes longer than a lost first packet would (0.9 s: the
//! second one goes after 1 s), is shut. PORTS are the local ports of the connections that were not open, with commas between,
//! or `-`: whoever watches the data plane tells by them what became of each.
//!
//! `otlp` is a collector of telemetry, as far as whoever sends sees one: it takes what comes to `POST /v1/traces`, `/v1/metrics`
//! and `/v1/logs` (OTLP over HTTP), and tells what came by a line each, and at `GET /received`.

mod each;
mod otlp;
mod serve;
mod target;
mod watch;

use std::process::ExitCode;

use target::{Outcome, Target};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["serve", ports @ ..] if !ports.is_empty() => serve::serve(ports).await,
        ["otlp", port] => otlp::collect(port).await,
        ["once", target] => match target.parse::<Target>() {
            Ok(target) => {
                return match target.answers().await.outcome {
                    Outcome::Open => ExitCode::SUCCESS,
                    Outcome::Shut => ExitCode::FAILURE,
                    Outcome::Late => ExitCode::from(3),
                };
            }
            Err(error) => Err(error),
        },
        ["each", targets @ ..] if !targets.is_empty() => each::each(targets).await,
        ["watch", every, targets @ ..] if !targets.is_empty() => watch::watch(every, targets).await,
        _ => Err("usage: probe serve PORT... | probe otlp PORT | probe once TARGET | probe each TARGET... | \
                  probe watch MILLISECONDS NAME=TARGET..."
            .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::from(2)
        }
    }
}
