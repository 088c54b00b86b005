//! Single questions, each with the rule that decides.

use std::{hint::black_box, time::Instant};

use appnet::{
    api::Protocol,
    reach::{Connection, End, Gate, Reach},
};

use crate::{
    clusters::{Size, cluster},
    table::{self, Values},
};

const QUESTIONS: u32 = 200_000;
const ROUNDS: usize = 5;
const LIMIT: f64 = 1000.0;

/// Some question; half of them within a namespace, where rules are.
fn question(number: u32, pods: u32) -> Connection {
    let from = number.wrapping_mul(2_654_435_761) % pods;
    let near = (from / 50 * 50 + number % 50).min(pods - 1);
    let to = if number.is_multiple_of(2) { near } else { number.wrapping_mul(40_503) % pods };
    Connection { from: End::Pod(from), to: End::Pod(to), protocol: Protocol::Tcp, port: 8080 }
}

pub fn run() {
    let size = Size::new(10_000, 10_000);
    let reach = Reach::new(&cluster(size));
    let pods = u32::try_from(size.pods).expect("a number of Pods");
    let (mut medians, mut tails, mut worst, mut clock) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut decided = 0;
    for _ in 0..ROUNDS {
        let (mut times, mut bare) = (Vec::new(), Vec::new());
        decided = 0;
        for number in 0..QUESTIONS {
            let connection = question(number, pods);
            let began = Instant::now();
            let verdict = black_box(reach.query(black_box(&connection)));
            times.push(began.elapsed().as_nanos() as f64);
            decided +=
                u32::from(matches!(verdict.egress, Gate::Allowed(_)) || matches!(verdict.ingress, Gate::Allowed(_)));
            // What reading the clock takes by itself is in every time.
            let began = Instant::now();
            bare.push(began.elapsed().as_nanos() as f64);
        }
        let times = Values::new(times);
        medians.push(times.median());
        tails.push(times.percentile(99.0));
        worst.push(times.percentile(99.9));
        clock.push(Values::new(bare).median());
    }
    let [medians, tails, worst, clock] = [medians, tails, worst, clock].map(Values::new);
    table::print(
        &format!(
            "query: {size}, {QUESTIONS} questions, {decided} of them decided by a rule; ns, min / median / max of {ROUNDS} rounds"
        ),
        &["", "ns"],
        &[
            vec!["p50".into(), medians.spread()],
            vec!["p99".into(), tails.spread()],
            vec!["p99.9".into(), worst.spread()],
            vec!["of it reading the clock".into(), clock.spread()],
        ],
    );
    table::goal(
        "one question with its deciding rule, p99",
        format!("{:.0} ns", tails.median()),
        format!("{LIMIT:.0} ns"),
        tails.median() <= LIMIT,
    );
}
