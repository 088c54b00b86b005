//! The whole program on a dump of a cluster, against reading that dump and nothing else.

use std::{
    fs,
    hint::black_box,
    process::{Command, Stdio},
    time::Instant,
};

use appnet::cli::{Input, read::Reader};

use crate::{
    clusters::{Size, cluster},
    dump::dump,
    table::{self, Values},
};

const RUNS: usize = 15;
/// What is run, and how much longer than reading alone it may take.
const VERBS: [(&[&str], f64); 2] = [(&["map"], 1.3), (&["diagnose", "--fail-on", "none"], 1.2)];
const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-appnet");

/// The name under which this program starts itself, to read a dump and nothing else.
pub const CHILD: &str = "cli-child";

/// Reads a dump as the program does, and ends.
pub fn child(file: &str) {
    let mut reader = Reader::new("default");
    reader.add(&Input::File(file.into())).expect("the dump is there");
    let reading = black_box(reader.finish());
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    // As the program ends: by letting go of nothing.
    std::process::exit(0);
}

/// Runs a program to its end. How many ms that takes.
fn ms(command: &mut Command) -> f64 {
    let began = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("it starts");
    let took = began.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    took.as_secs_f64() * 1e3
}

pub fn run() {
    let this = std::env::current_exe().expect("this program");
    let file = std::env::temp_dir().join(format!("appnet-dump-{}.json", std::process::id()));
    let mut rows = Vec::new();
    for size in [Size::new(10_000, 1_000), Size::new(10_000, 10_000)] {
        let bytes = dump(&cluster(size), true);
        fs::write(&file, &bytes).expect("a place for a dump");
        for (words, limit) in VERBS {
            let verb = words[0];
            let (mut whole, mut parsing, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..RUNS {
                let one = ms(Command::new(PROGRAM).args(words).arg("-f").arg(&file));
                let other = ms(Command::new(&this).arg(CHILD).arg(&file));
                whole.push(one);
                parsing.push(other);
                ratios.push(one / other);
            }
            let ratio = Values::new(ratios);
            rows.push(vec![
                verb.to_owned(),
                size.to_string(),
                format!("{:.0} MB", bytes.len() as f64 / 1e6),
                Values::new(whole).spread(),
                Values::new(parsing).spread(),
                ratio.spread(),
            ]);
            table::goal(
                &format!("`kubectl-appnet {verb} -f dump.json` of {size}"),
                format!("{:.2} x", ratio.median()),
                format!("{limit:.2} x reading the dump"),
                ratio.median() <= limit,
            );
        }
    }
    fs::remove_file(&file).expect("the dump is ours");
    table::print(
        &format!("cli: two processes in turn, ms, min / median / max of {RUNS} runs"),
        &["verb", "Pods x policies", "dump", "kubectl-appnet", "reading only", "ratio"],
        &rows,
    );
}
