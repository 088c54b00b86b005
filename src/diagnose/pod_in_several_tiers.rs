//! A Pod that more than one tier selects: policies add up, so it may do what all of them may.

use super::{Finding, Input};
use crate::api::Reason;

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for class in input.own_pods() {
        let tiers: Vec<_> = input
            .profile
            .tiers
            .iter()
            .filter(|tier| tier.selector.matches(&class.labels))
            .map(|tier| tier.name.as_str())
            .collect();
        if let [first, _, ..] = tiers[..] {
            let message = format!(
                "Pods of {} '{}' are in tiers '{}' and may do what each of them may; make the selectors disjoint",
                class.workload.kind,
                class.workload.name,
                tiers.join("', '")
            );
            let finding = Finding::labels(Reason::PodInSeveralTiers, Some(first), message);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}
