//! The operator.

use std::process::ExitCode;

use appnet::operator::{Args, run};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("appnet-operator: {failure}");
            ExitCode::FAILURE
        }
    }
}
