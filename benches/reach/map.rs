//! The whole map, Pod by Pod: working it out and writing it, against a loop that only writes the same bytes.

use std::{
    fs::{File, OpenOptions},
    hint::black_box,
    io::{self, BufWriter, Write},
    time::{Duration, Instant},
};

use appnet::{
    cli::map::list,
    reach::{Grain, Map, Picture, Reach},
};

use crate::{
    clusters::{Size, cluster},
    table,
};

const RUNS: usize = 7;
const LIMIT: f64 = 2.0;
/// The large map has more bytes than there is memory: the loop gets them in parts, and is timed while it writes them.
const PART: usize = 1 << 24;

/// Takes in, works out and writes.
pub fn evaluate(picture: &Picture, grain: Grain, out: &mut impl Write) -> usize {
    let reach = Reach::new(picture);
    let lines = list(&mut Map::new(&reach, picture, grain), out).expect("it can be written");
    out.flush().expect("it can be written");
    lines
}

/// Both sides write through the same buffer to where nobody keeps the bytes: what a disk takes would hide the difference.
pub fn nowhere() -> BufWriter<File> {
    let file = OpenOptions::new().write(true).open("/dev/null").expect("a place for bytes that nobody needs");
    BufWriter::with_capacity(1 << 16, file)
}

/// The loop: whole lines, known beforehand, written one by one.
struct Loop {
    out: BufWriter<File>,
    part: Vec<u8>,
    took: Duration,
    bytes: usize,
}

impl Loop {
    fn replay(&mut self) {
        let lines: Vec<&[u8]> = self.part.split_inclusive(|byte| *byte == b'\n').collect();
        let began = Instant::now();
        for line in &lines {
            self.out.write_all(black_box(line)).expect("it can be written");
        }
        self.took += began.elapsed();
        self.bytes += self.part.len();
        self.part.clear();
    }
}

impl Write for Loop {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART && self.part.ends_with(b"\n") {
            self.replay();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.replay();
        self.out.flush()
    }
}

pub fn run() {
    let mut rows = Vec::new();
    for size in [Size::new(10_000, 1_000), Size::new(10_000, 10_000)] {
        let picture = cluster(size);
        let (mut ours, mut bare, mut ratios, mut taking_in) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut lines, mut bytes) = (0, 0);
        for _ in 0..RUNS {
            let began = Instant::now();
            drop(black_box(Reach::new(&picture)));
            taking_in.push(began.elapsed().as_secs_f64() * 1e3);

            let began = Instant::now();
            lines = evaluate(&picture, Grain::Pods, &mut nowhere());
            let one = began.elapsed().as_secs_f64() * 1e3;

            let mut replay = Loop { out: nowhere(), part: Vec::new(), took: Duration::ZERO, bytes: 0 };
            assert_eq!(evaluate(&picture, Grain::Pods, &mut replay), lines);
            let other = replay.took.as_secs_f64() * 1e3;
            bytes = replay.bytes;
            ours.push(one);
            bare.push(other);
            ratios.push(one / other);
        }
        let ratio = table::Values::new(ratios);
        rows.push(vec![
            size.to_string(),
            lines.to_string(),
            format!("{:.0} MB", bytes as f64 / 1e6),
            table::Values::new(taking_in).spread(),
            table::Values::new(ours).spread(),
            table::Values::new(bare).spread(),
            ratio.spread(),
        ]);
        table::goal(
            &format!("map of {size}, evaluated and written"),
            format!("{:.2} x", ratio.median()),
            format!("{LIMIT:.2} x writing the same bytes"),
            ratio.median() <= LIMIT,
        );
    }
    table::print(
        &format!("map: Pod by Pod, ms, min / median / max of {RUNS} runs"),
        &["Pods x policies", "lines", "bytes", "take in", "take in, evaluate, write", "write only", "ratio"],
        &rows,
    );
}
