//! From `kubectl apply` to the connections of Pods, on a real node with Cilium: a profile against its policies by hand.
//!
//! `cargo bench --bench wire -- [--runs N]`; N of each side, 100 unless told. It needs root, as every node of the lab does.
//! `docs/benchmarks.md` has figures.

#[path = "../../tests/support/mod.rs"]
mod support;

// The node, Pods and probes are those of the tests, which use more of them.
#[allow(dead_code)]
#[path = "../../tests/wire/cluster.rs"]
mod cluster;
#[allow(dead_code, unused_imports)]
#[path = "../../tests/wire/place.rs"]
mod place;
#[allow(dead_code)]
#[path = "../../tests/wire/watch.rs"]
mod watch;

#[allow(dead_code)]
#[path = "../operator/table.rs"]
mod table;

mod audit;
mod figures;
mod scene;

use std::process::{Command, ExitCode};

use figures::Measured;
use scene::{Scene, Side};

/// Enough for a 99th percentile that is not the maximum.
const RUNS: usize = 100;

fn main() -> ExitCode {
    let runs = match runs() {
        Ok(runs) => runs,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    if let Err(message) = can_run() {
        eprintln!("{message}");
        // `cargo bench` runs every benchmark: whoever is not root still gets the others.
        return ExitCode::SUCCESS;
    }
    println!("wire: {runs} runs of each side, in the order profile, by hand, by hand, profile");
    let scene = Scene::begin();
    let measured: Vec<Measured> = (0..2 * runs)
        .map(|number| {
            let side = if matches!(number % 4, 0 | 3) { Side::Profile } else { Side::ByHand };
            let measured = scene.measure(side, number);
            eprintln!("wire: {} of {}: {measured}", number + 1, 2 * runs);
            measured
        })
        .collect();
    scene.end();
    figures::print(&measured);
    ExitCode::SUCCESS
}

fn runs() -> Result<usize, String> {
    // Cargo adds `--bench`.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => Ok(RUNS),
        ["--runs", number] => match number.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("--runs is '{number}'; it must be a number from 1")),
        },
        _ => Err("usage: cargo bench --bench wire -- [--runs N]".into()),
    }
}

fn can_run() -> Result<(), String> {
    let output = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?;
    if output.stdout.trim_ascii() == b"0" {
        Ok(())
    } else {
        Err("wire: not measured, because it needs root: a real node makes namespaces, interfaces and control groups"
            .into())
    }
}
