//! Two readings of NetworkPolicy that share no code, on random clusters: see README.md beside this file.

mod addresses;
mod answer;
mod case;
mod chance;
mod evaluator;
mod explained;
mod features;
#[path = "../flows/mod.rs"]
mod flows;
mod partner;
mod random;
mod smaller;
mod verdict;

use std::{collections::BTreeMap, env, time::Instant};

use explained::EXPLAINED;
use partner::Partner;
use verdict::Verdict;

fn number(variable: &str, default: u64) -> u64 {
    let number = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}"));
    env::var(variable).map_or(default, number)
}

#[test]
fn the_second_opinion_agrees_on_two_thousand_random_clusters() {
    let (cases, first) = (number("APPNET_FUZZ_CASES", 2000), number("APPNET_FUZZ_SEED", 0));
    // So many differences are made small and told; more would be the same again.
    let most_told = number("APPNET_FUZZ_TOLD", 3);
    // Whoever asks only whether there is one goes no further.
    let enough = number("APPNET_FUZZ_ENOUGH", u64::MAX);
    let began = Instant::now();
    let mut partner = Partner::start();
    let (mut pairs, mut partly, mut different, mut judged) = (0, 0, 0_u64, 0_u64);
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in first..first + cases {
        if different >= enough {
            break;
        }
        judged += 1;
        let case = random::case(seed);
        match verdict::judge(&mut partner, &case) {
            Verdict::Agreed { answer, explained: names } => {
                pairs += answer.len();
                partly += answer.values().filter(|ports| !ports.is_none() && !ports.is_all()).count();
                for name in names {
                    *explained.entry(name).or_default() += 1;
                }
            }
            Verdict::Differ(_) | Verdict::Refused(_) => {
                different += 1;
                if different <= most_told {
                    let (case, verdict) = smaller::smaller(&mut partner, &case);
                    println!("\nseed {seed}: {}\n{}", verdict::told(&case, &verdict), case.yaml());
                }
            }
        }
    }
    for explanation in EXPLAINED {
        let count = explained.get(explanation.name).copied().unwrap_or_default();
        println!("explained, {count} cases: {}\n    {}", explanation.name, explanation.api);
    }
    println!(
        "second opinion: {judged} cases from seed {first}, {pairs} pairs compared, {partly} partly allowed, {different} differences; \
         nca asked {} times, {} s",
        partner.asked(),
        began.elapsed().as_secs()
    );
    assert_eq!(different, 0, "the two readings differ; see above");
}
