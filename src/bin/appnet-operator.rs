//! The operator.

use std::process::ExitCode;

use appnet::{
    operator::{CommandLine, Other, run},
    serve::probe,
};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let CommandLine { args, other } = CommandLine::parse();
    let failure = match other {
        None => run(args).await.err().map(|failure| failure.to_string()),
        Some(Other::Probe { address, within }) => {
            probe(&address, within).await.err().map(|error| format!("{address}: {error}"))
        }
    };
    match failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            eprintln!("appnet-operator: {failure}");
            ExitCode::FAILURE
        }
    }
}
