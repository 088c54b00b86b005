//! Prints the `CustomResourceDefinition`: `cargo run --bin crdgen > crds/appnetworkprofiles.yaml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match serde_saphyr::to_string(&appnet::api::definition()) {
        Ok(yaml) => {
            print!("{yaml}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("crdgen: {error}");
            ExitCode::FAILURE
        }
    }
}
