//! A Pod that more than one tier selects: policies add up, so it may do what all of them may.

use super::{Finding, Input};
use crate::api::Reason;

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for class in input.own_pods() {
        let tiers: Vec<_> = input.profile.tiers.iter().filter(|tier| tier.selector.matches(&class.labels)).collect();
        if let [first, _, ..] = tiers[..] {
            let names: Vec<_> = tiers.iter().map(|tier| tier.name.as_str()).collect();
            let found = format!(
                "Pods of {} '{}' are in tiers '{}' and may do what each of them may",
                class.workload.kind,
                class.workload.name,
                names.join("', '")
            );
            let path = format!("{}.podSelector", first.path);
            let finding = Finding::labels(
                Reason::PodInSeveralTiers,
                Some(&first.name),
                path,
                (found, "make the selectors disjoint"),
            );
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}
