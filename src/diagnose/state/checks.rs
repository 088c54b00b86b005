//! The list of checks.

use std::collections::{HashMap, HashSet};

use super::{
    Diagnosis, Fix, Scene, addresses, dns, enforcement, halves, hosts, ingress, labels, mesh, metrics, others,
    services, webhooks,
};
use crate::api::Reason;

/// A check: a pure function from what is known to what is wrong.
pub type Check = fn(&Scene<'_>) -> Vec<Diagnosis>;

/// Every check.
pub const CHECKS: [Check; 12] = [
    // Nothing else counts where nothing enforces policies.
    enforcement::check,
    // Names first: where they do not resolve, everything fails.
    dns::check,
    hosts::check,
    ingress::check,
    // One half of a call is missing.
    halves::check,
    // Selectors with a slip of the hand fail in silence.
    labels::check,
    addresses::check,
    // No policy's fault.
    services::check,
    metrics::check,
    webhooks::check,
    mesh::check,
    others::check,
];

/// Names of those that a finding is about, before the rest is counted.
const NAMED: usize = 3;

/// Everything that is found, the worst of each symptom first. What is said in the same words of several is said once.
#[must_use]
pub fn run(scene: &Scene<'_>) -> Vec<Diagnosis> {
    joined(without_consequences(CHECKS.iter().flat_map(|check| check(scene)).collect()))
}

/// A peer of a rule about DNS that selects nobody is told once: by what it means for DNS.
fn without_consequences(mut all: Vec<Diagnosis>) -> Vec<Diagnosis> {
    let rules: Vec<String> = all
        .iter()
        .filter(|one| one.code == Reason::DnsLabelsWrong)
        .filter_map(|one| Some(format!("policy {}]", one.found.split_once(']')?.0)))
        .collect();
    all.retain(|one| {
        let nobody = matches!(one.code, Reason::NoMatchingPods | Reason::NoMatchingNamespaces);
        !(nobody && rules.iter().any(|rule| one.about.starts_with(rule)))
    });
    all
}

/// What is said in the same words, or mended by the same command, once.
#[must_use]
pub fn joined(all: Vec<Diagnosis>) -> Vec<Diagnosis> {
    let mut joined: Vec<(Diagnosis, Vec<String>)> = Vec::new();
    // A large cluster can have thousands of findings, so none is compared with all the others: what the first of each group says
    // tells who joins it.
    let (mut by_words, mut by_command, mut named) = (HashMap::new(), HashMap::new(), HashSet::new());
    for one in all {
        let kind = (one.symptom, one.severity, one.code);
        let words = (kind, one.found.clone());
        let command = match &one.fix {
            Fix::Command(command) => Some((kind, command.clone())),
            Fix::Ask(_) | Fix::Do(_) => None,
        };
        let same = by_words.get(&words).copied();
        let mended = command.as_ref().and_then(|command| by_command.get(command)).copied();
        let place: usize = same.into_iter().chain(mended).min().unwrap_or(joined.len());
        let is_new = named.insert((place, one.about.clone()));
        if let Some((_, about)) = joined.get_mut(place) {
            about.extend(is_new.then_some(one.about));
        } else {
            by_words.insert(words, place);
            by_command.extend(command.map(|command| (command, place)));
            let about = vec![one.about.clone()];
            joined.push((one, about));
        }
    }
    let mut all: Vec<_> = joined
        .into_iter()
        .map(|(one, about)| {
            let more = about.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let about = about.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            Diagnosis { about: format!("{about}{more}"), ..one }
        })
        .collect();
    all.sort_by_key(|one| (one.symptom, one.severity));
    all
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Severity, Symptom},
        *,
    };

    fn groups(all: &[(&str, &str, &str)]) -> Vec<(String, String, Fix)> {
        let one = |(about, found, command): &(&str, &str, &str)| Diagnosis {
            symptom: Symptom::Dns,
            severity: Severity::Error,
            code: Reason::DnsBlocked,
            about: (*about).into(),
            found: (*found).into(),
            fix: Fix::Command((*command).into()),
        };
        let joined = joined(all.iter().map(one).collect());
        joined.into_iter().map(|one| (one.about, one.found, one.fix)).collect()
    }

    #[test]
    fn what_is_mended_by_one_command_is_one_finding_and_brings_in_nobody_elses() {
        let command = |text: &str| Fix::Command(text.to_owned());
        let all = [
            ("prod/api", "api", "c1"),
            ("prod/web", "web", "c1"),
            ("staging/web", "web", "c2"),
            ("prod/api", "api", "c3"),
        ];
        let expected = [
            ("prod/api, prod/web".to_owned(), "api".to_owned(), command("c1")),
            ("staging/web".to_owned(), "web".to_owned(), command("c2")),
        ];
        assert_eq!(groups(&all), expected);
        // The first group of those that it fits.
        let either = [("a", "x", "c1"), ("b", "y", "c2"), ("c", "y", "c1")];
        assert_eq!(groups(&either)[0].0, "a, c");
    }
}
