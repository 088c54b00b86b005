//! The operator.

use std::process::ExitCode;

use appnet::operator::{Args, Failure, run};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Flags(problem)) => {
            eprintln!("appnet-operator: {problem}");
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("appnet-operator: {failure}");
            ExitCode::FAILURE
        }
    }
}
