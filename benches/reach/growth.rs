//! More Pods of the same classes: what is evaluated is classes, so that evaluating takes as long as before.

use std::{hint::black_box, time::Instant};

use appnet::reach::{Direction, Grain, Reach};

use crate::{
    clusters::{Size, cluster},
    table::{self, Values},
};

const RUNS: usize = 21;
const REPLICAS: [usize; 3] = [5, 50, 500];
/// Apps: 40 namespaces of ten.
const APPS: usize = 400;
const POLICIES: usize = 1_600;
const LIMIT: f64 = 1.1;

/// Works out every row of the map, by class and in both directions. How many entries there are.
pub fn every_row(reach: &Reach) -> usize {
    let mut rows = reach.rows();
    let mut entries = 0;
    for class in 0..u32::try_from(reach.classes()).expect("a number") {
        for direction in [Direction::Egress, Direction::Ingress] {
            entries += black_box(rows.of(class, direction)).len();
        }
    }
    entries
}

pub fn run() {
    let sizes = REPLICAS.map(|replicas| Size { pods: APPS * replicas, policies: POLICIES, replicas });
    let pictures = sizes.map(cluster);
    let mut reaches = Vec::new();
    for picture in &pictures {
        let began = Instant::now();
        let reach = Reach::new(picture);
        let took = began.elapsed().as_secs_f64() * 1e3;
        reaches.push((reach, took));
    }
    let mut times = [(); REPLICAS.len()].map(|()| Vec::new());
    let mut entries = [0; REPLICAS.len()];
    for _ in 0..RUNS {
        for (at, (reach, _)) in reaches.iter().enumerate() {
            let began = Instant::now();
            entries[at] = every_row(reach);
            times[at].push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    let ratio = |at: usize| Values::new((0..RUNS).map(|run| times[at][run] / times[0][run]));
    let rows: Vec<_> = (0..REPLICAS.len())
        .map(|at| {
            let reach = &reaches[at].0;
            vec![
                sizes[at].to_string(),
                reach.classes().to_string(),
                reach.nodes(Grain::Workloads).all().len().to_string(),
                entries[at].to_string(),
                format!("{:.1}", reaches[at].1),
                Values::new(times[at].clone()).spread(),
                ratio(at).spread(),
            ]
        })
        .collect();
    table::print(
        &format!("growth: more replicas of the same apps, ms, min / median / max of {RUNS} runs"),
        &["Pods x policies", "classes", "workloads", "entries", "take in (once)", "evaluate every row", "to the first"],
        &rows,
    );
    let worst = (1..REPLICAS.len()).map(|at| ratio(at).median()).fold(0.0, f64::max);
    table::goal(
        "evaluating 10 and 100 times the Pods of the same classes",
        format!("{worst:.2} x"),
        format!("{LIMIT:.2} x"),
        worst <= LIMIT,
    );
}
