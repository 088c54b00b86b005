//! The whole map: working it out and writing it, against a loop that only writes the same bytes.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    time::Instant,
};

use appnet::{
    cli::map::list,
    reach::{Grain, Map, Picture, Reach},
};

use crate::{
    clusters::{Size, cluster},
    table,
};

const RUNS: usize = 5;

fn nowhere() -> BufWriter<File> {
    let file = OpenOptions::new().write(true).open("/dev/null").expect("a place for bytes that nobody needs");
    BufWriter::with_capacity(1 << 16, file)
}

fn evaluated(picture: &Picture, out: &mut impl Write) {
    let reach = Reach::new(picture);
    list(&mut Map::new(&reach, picture, Grain::Pods), out).expect("it can be written");
    out.flush().expect("it can be written");
}

pub fn run() {
    let mut rows = Vec::new();
    for size in [Size::new(10_000, 1_000), Size::new(10_000, 10_000)] {
        let picture = cluster(size);
        let mut text = Vec::new();
        evaluated(&picture, &mut text);
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let (mut ours, mut bare, mut ratios, mut only) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let began = Instant::now();
            let reach = Reach::new(&picture);
            only.push(began.elapsed().as_secs_f64());
            drop(reach);
            let began = Instant::now();
            evaluated(&picture, &mut nowhere());
            ours.push(began.elapsed().as_secs_f64());
            let began = Instant::now();
            let mut out = nowhere();
            for line in &lines {
                out.write_all(line).expect("it can be written");
            }
            out.flush().expect("it can be written");
            bare.push(began.elapsed().as_secs_f64());
            ratios.push(ours[ours.len() - 1] / bare[bare.len() - 1]);
        }
        let ratio = table::Values::new(ratios);
        rows.push(vec![
            format!("{} x {}", size.pods, size.policies),
            lines.len().to_string(),
            format!("{:.0} MB", text.len() as f64 / 1e6),
            format!("{:.3} s", table::Values::new(only).median()),
            format!("{:.3} s", table::Values::new(ours).median()),
            format!("{:.3} s", table::Values::new(bare).median()),
            ratio.spread(),
        ]);
        table::goal(
            &format!("map of {} Pods x {} policies, evaluated and written", size.pods, size.policies),
            format!("{:.2} x", ratio.median()),
            "2.00 x writing the same bytes",
            ratio.median() <= 2.0,
        );
    }
    table::print(
        "The whole map, Pod by Pod",
        &[
            "Pods x policies",
            "lines",
            "bytes",
            "take in",
            "take in, evaluate, write",
            "write only",
            "ratio (min / median / max)",
        ],
        &rows,
    );
}
