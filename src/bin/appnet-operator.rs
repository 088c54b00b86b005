//! The operator.

use std::process::ExitCode;

use appnet::{
    operator::{CommandLine, Failure, Other, run},
    serve::{connect, probe},
};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let CommandLine { args, other } = CommandLine::parse();
    let (failure, code) = match other {
        None => match run(args).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(failure @ Failure::Flags(_)) => (failure.to_string(), ExitCode::from(2)),
            Err(failure) => (failure.to_string(), ExitCode::FAILURE),
        },
        Some(Other::Probe { address, within }) => match probe(&address, within).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (format!("{address}: {error}"), ExitCode::FAILURE),
        },
        Some(Other::Connect { targets, within, settle }) => {
            tokio::time::sleep(settle).await;
            connect(&targets, within, |line| println!("{line}")).await;
            return ExitCode::SUCCESS;
        }
    };
    eprintln!("appnet-operator: {failure}");
    code
}
