//! A large cluster, in a process of its own, so that its memory is counted and nobody else's.
//!
//! Counted is what the evaluator needs beside the state that it is given: the most that was resident while it took the state
//! in and worked out every row of the map in both directions, less what was resident before. Parsing, and the state itself,
//! are not in it. Seconds are those that the process had a processor, which on a machine with nothing else to do are all:
//! there is nothing to put side by side, and a busy machine would measure its other work.

use std::{fs, process::Command, time::Instant};

use appnet::reach::{Grain, Reach};

use crate::{
    clusters::{Size, cluster},
    growth::every_row,
    map, processor,
    table::{self, Values},
};

const RUNS: usize = 5;
const SECONDS: f64 = 1.0;
const MEGABYTES: f64 = 150.0;

/// The name under which this program starts itself.
pub const CHILD: &str = "large-child";

/// What the process has resident, and the most it had since it was last asked to forget: bytes.
fn resident() -> (f64, f64) {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let of = |key: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(key)).expect("Linux tells that too");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    };
    (of("VmRSS:") * 1024.0, of("VmHWM:") * 1024.0)
}

/// One run, as a line of numbers.
pub fn child() {
    let size = Size::new(100_000, 50_000);
    let picture = cluster(size);
    fs::write("/proc/self/clear_refs", "5").expect("the peak can be forgotten");
    let (before, _) = resident();

    let (began, clock) = (processor::seconds(), Instant::now());
    let reach = Reach::new(&picture);
    let taking_in = processor::seconds() - began;
    let entries = every_row(&reach);
    let all = processor::seconds() - began;
    let elapsed = clock.elapsed().as_secs_f64();
    let evaluated = resident().1 - before;
    drop(reach);

    // The same with every line written, workload by workload.
    let began = processor::seconds();
    let lines = map::evaluate(&picture, Grain::Workloads, &mut map::nowhere());
    let written = processor::seconds() - began;
    let with_map = resident().1 - before;
    println!("{taking_in} {all} {elapsed} {evaluated} {written} {with_map} {entries} {lines}");
}

pub fn run() {
    let program = std::env::current_exe().expect("this program");
    let mut columns = [(); 8].map(|()| Vec::new());
    for _ in 0..RUNS {
        let child = Command::new(&program).arg(CHILD).output().expect("it starts");
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        let text = String::from_utf8(child.stdout).expect("numbers");
        let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        assert_eq!(numbers.len(), columns.len(), "{text}");
        for (column, number) in columns.iter_mut().zip(numbers) {
            column.push(number);
        }
    }
    let [taking_in, all, elapsed, evaluated, written, with_map, entries, lines] = columns.map(Values::new);
    let megabytes = |values: &Values| {
        format!("{:.1} / {:.1} / {:.1}", values.min() / 1e6, values.median() / 1e6, values.max() / 1e6)
    };
    let row = |what: &str, seconds: &Values, memory: String| vec![what.to_owned(), seconds.spread(), memory];
    table::print(
        &format!("large: {}, min / median / max of {RUNS} processes", Size::new(100_000, 50_000)),
        &["", "seconds on a processor", "MB beside the state"],
        &[
            row("take in", &taking_in, String::new()),
            row(
                &format!("take in, every row of both directions ({} entries)", entries.median()),
                &all,
                megabytes(&evaluated),
            ),
            row("the same by the clock on the wall", &elapsed, String::new()),
            row(
                &format!("take in, map of workloads written ({} lines)", lines.median()),
                &written,
                megabytes(&with_map),
            ),
        ],
    );
    let what = "100,000 Pods x 50,000 policies, every row";
    table::goal(what, format!("{:.2} s", all.median()), format!("{SECONDS:.2} s"), all.median() <= SECONDS);
    let peak = evaluated.median() / 1e6;
    table::goal(what, format!("{peak:.1} MB"), format!("{MEGABYTES:.1} MB"), peak <= MEGABYTES);
}
