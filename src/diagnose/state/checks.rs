//! The list of checks.

use std::collections::HashMap;

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
    // A large cluster can have thousands of findings, so none is compared with all the others.
    let (mut by_words, mut by_command) = (HashMap::new(), HashMap::new());
    for one in all {
        let kind = (one.symptom, one.severity, one.code);
        let command = match &one.fix {
            Fix::Command(command) => Some((kind, command.clone())),
            Fix::Ask(_) | Fix::Do(_) => None,
        };
        let words = (kind, one.found.clone());
        let known = by_words.get(&words).or_else(|| by_command.get(command.as_ref()?)).copied();
        let place: usize = known.unwrap_or(joined.len());
        by_words.entry(words).or_insert(place);
        if let Some(command) = command {
            by_command.entry(command).or_insert(place);
        }
        match joined.get_mut(place) {
            Some((_, about)) if about.contains(&one.about) => {}
            Some((_, about)) => about.push(one.about),
            None => {
                let about = vec![one.about.clone()];
                joined.push((one, about));
            }
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
