//! One policy changes: taking that in and working out the rows that it touches, against working out all rows.

use std::{hint::black_box, time::Instant};

use appnet::reach::{Direction, Reach};

use crate::{
    clusters::{Size, cluster, policy},
    growth::every_row,
    table::{self, Values},
};

const ROUNDS: usize = 200;
const LIMIT: f64 = 1.0;

pub fn run() {
    let mut rows = Vec::new();
    for size in [Size::new(10_000, 1_000), Size::new(10_000, 10_000)] {
        let mut reach = Reach::new(&cluster(size));
        let governed = size.governed();
        let kinds = size.policies / governed;
        let (mut shares, mut changes, mut fulls, mut touched_rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // Every kind of policy comes up, those that close a namespace among them.
            let (place, kind) = (round * 7 % governed, round % kinds);
            let right = policy(place, kind);
            let mut wrong = right.clone();
            for rules in [&mut wrong.ingress, &mut wrong.egress].into_iter().flatten() {
                if rules.pop().is_none() {
                    rules.push(everyone());
                }
            }
            let began = Instant::now();
            black_box(every_row(&reach));
            let full = began.elapsed().as_secs_f64() * 1e6;
            fulls.push(full);
            for policy in [&wrong, &right] {
                let began = Instant::now();
                let touched = reach.put_policy(policy);
                assert!(!touched.renumbered, "only known keys are looked at");
                let mut again = reach.rows();
                for class in &touched.egress {
                    black_box(again.of(*class, Direction::Egress));
                }
                for class in &touched.ingress {
                    black_box(again.of(*class, Direction::Ingress));
                }
                drop(again);
                let took = began.elapsed().as_secs_f64() * 1e6;
                changes.push(took);
                shares.push(took / full * 100.0);
                touched_rows.push((touched.egress.len() + touched.ingress.len()) as f64);
            }
        }
        let shares = Values::new(shares);
        rows.push(vec![
            size.to_string(),
            Values::new(touched_rows).spread(),
            Values::new(fulls).spread(),
            Values::new(changes).spread(),
            format!(
                "{:.3} / {:.3} / {:.3} / {:.3}",
                shares.min(),
                shares.median(),
                shares.percentile(99.0),
                shares.max()
            ),
        ]);
        table::goal(
            &format!("one of {size} changes, with the rows that it touches"),
            format!("{:.3} % (median), {:.3} % (p99)", shares.median(), shares.percentile(99.0)),
            format!("{LIMIT:.1} % of all rows of both directions"),
            shares.median() <= LIMIT,
        );
    }
    table::print(
        &format!("change: one policy at a time, {} changes, us, min / median / max", 2 * ROUNDS),
        &[
            "Pods x policies",
            "rows touched",
            "all rows",
            "change and touched rows",
            "share, % (min / median / p99 / max)",
        ],
        &rows,
    );
}

fn everyone() -> appnet::reach::Rule {
    appnet::reach::Rule { peers: appnet::reach::Peers::Any, ports: appnet::reach::Ports::any() }
}
