//! "You asked for `app=api`; there is something called `api`": the labels that come closest to a selector.

use std::collections::BTreeSet;

use strsim::osa_distance;

use crate::{model::Selector, observe::PodClass};

/// Near misses that are worth a sentence.
const MOST: usize = 3;

/// The Pods that come closest to a selector which matches none, said as
/// `Pods of Deployment 'api' have app.kubernetes.io/name=api`; empty when nothing comes close.
pub(crate) fn near_misses(selector: &Selector, pods: &[&PodClass]) -> Vec<String> {
    let mut scored: Vec<_> = pods
        .iter()
        .filter_map(|class| {
            let (score, labels) = closeness(selector, class)?;
            Some((
                std::cmp::Reverse(score),
                format!("Pods of {} '{}' have {labels}", class.workload.kind, class.workload.name),
            ))
        })
        .collect();
    scored.sort();
    let best = scored.first().map(|(score, _)| *score);
    let said: BTreeSet<_> =
        scored.into_iter().filter(|(score, _)| Some(*score) == best).map(|(_, text)| text).collect();
    said.into_iter().take(MOST).collect()
}

/// How close the labels of a Pod come, and those that do. An exact label counts most; then the same key with a value
/// that looks alike, the same value under another key, and the workload's name.
fn closeness(selector: &Selector, class: &PodClass) -> Option<(usize, String)> {
    let mut score = 0;
    let mut labels = BTreeSet::new();
    for (key, value) in selector.labels() {
        for (other_key, other) in &class.labels {
            let points = match (key == other_key, value == other) {
                (true, true) => 4,
                (true, false) if alike(value, other) => 3,
                (false, true) => 3,
                // The same key with another value is how tiers are told apart: close only if the names agree.
                (true, false) if class.workload.name.contains(value.as_str()) => 2,
                _ => 0,
            };
            if points > 0 {
                score += points;
                labels.insert(format!("{other_key}={other}"));
            }
        }
    }
    (score > 0).then(|| (score, labels.into_iter().collect::<Vec<_>>().join(",")))
}

/// Do two values look like a slip of the hand: other case, one edit, one a beginning of the other?
pub(crate) fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    a == b
        || (short.len() >= 3 && long.starts_with(short.as_str()))
        || (a.len() > 2 && osa_distance(&a, &b) <= 1)
        || (a.len() > 5 && osa_distance(&a, &b) <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Labels, observe::Workload};

    fn class(workload: &str, labels: &[(&str, &str)]) -> PodClass {
        let labels: Labels = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        PodClass {
            workload: Workload { kind: "Deployment".into(), name: workload.into() },
            labels,
            ..PodClass::default()
        }
    }

    #[test]
    fn the_same_value_under_another_key_is_a_near_miss() {
        let (api, web) = (class("api", &[("app.kubernetes.io/name", "api")]), class("web", &[("app", "web")]));
        let found = near_misses(&Selector::of_label("app", "api"), &[&api, &web]);
        assert_eq!(found, vec!["Pods of Deployment 'api' have app.kubernetes.io/name=api"]);
    }

    #[test]
    fn a_slip_of_the_hand_is_a_near_miss_and_another_tier_is_none() {
        let (typo, other) = (class("pay", &[("app", "paymnet")]), class("db", &[("app", "database")]));
        let found = near_misses(&Selector::of_label("app", "payment"), &[&typo, &other]);
        assert_eq!(found, vec!["Pods of Deployment 'pay' have app=paymnet"]);
    }
}
