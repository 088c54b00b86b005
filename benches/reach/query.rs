//! Single questions, each with the rule that decides.

use std::{hint::black_box, time::Instant};

use appnet::{
    api::Protocol,
    reach::{Connection, End, Gate, Reach},
};

use crate::{
    clusters::{Size, cluster, policy},
    table,
};

const QUESTIONS: u32 = 200_000;

pub fn run() {
    let size = Size::new(10_000, 10_000);
    let picture = cluster(size);
    let mut reach = Reach::new(&picture);
    let pods = u32::try_from(size.pods).expect("a number of Pods");
    let (mut times, mut decided) = (Vec::new(), 0);
    for question in 0..QUESTIONS {
        let from = question.wrapping_mul(2_654_435_761) % pods;
        // Half of them within a namespace, where rules are.
        let to = if question % 2 == 0 {
            (from / 50 * 50 + question % 50).min(pods - 1)
        } else {
            question.wrapping_mul(40_503) % pods
        };
        let connection = Connection { from: End::Pod(from), to: End::Pod(to), protocol: Protocol::Tcp, port: 8080 };
        let began = Instant::now();
        let verdict = black_box(reach.query(black_box(&connection)));
        times.push(began.elapsed().as_nanos() as f64);
        decided += u32::from(matches!(verdict.egress, Gate::Allowed(_)) || matches!(verdict.ingress, Gate::Allowed(_)));
    }
    let mut clock = Vec::new();
    for _ in 0..QUESTIONS {
        let began = Instant::now();
        clock.push(black_box(began).elapsed().as_nanos() as f64);
    }
    let (times, clock) = (table::Values::new(times), table::Values::new(clock));
    println!(
        "\n{} questions, {decided} decided by a rule: median {:.0} ns, p99 {:.0} ns, of which reading the clock {:.0} ns",
        times.len(),
        times.median(),
        times.percentile(99.0),
        clock.median()
    );
    table::goal(
        "one question with its deciding rule, p99",
        format!("{:.0} ns", times.percentile(99.0)),
        "1000 ns",
        times.percentile(99.0) <= 1000.0,
    );

    let began = Instant::now();
    let mut rows = reach.rows();
    for class in 0..u32::try_from(reach.classes()).expect("a number") {
        black_box(rows.of(class, appnet::reach::Direction::Egress));
    }
    drop(rows);
    let full = began.elapsed().as_secs_f64();
    let mut changes = Vec::new();
    for round in 0..200 {
        let right = policy(round % 200, 2 + round % 40);
        let mut wrong = right.clone();
        wrong.egress = Some(Vec::new());
        for policy in [&wrong, &right] {
            let began = Instant::now();
            let touched = reach.put_policy(policy);
            assert!(!touched.renumbered);
            changes.push(began.elapsed().as_secs_f64() / full);
        }
    }
    let changes = table::Values::new(changes);
    println!(
        "a change of one policy, of the {:.3} s of a full map: median {:.5} %, max {:.5} %",
        full,
        changes.median() * 100.0,
        changes.max() * 100.0
    );
}
