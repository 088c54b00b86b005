//! A tier that selects no Pod.

use super::{Finding, Input, near_miss::near_misses};
use crate::api::Reason;

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    let pods = input.own_pods();
    input
        .profile
        .tiers
        .iter()
        .filter(|tier| !pods.iter().any(|class| tier.selector.matches(&class.labels)))
        .map(|tier| {
            let misses = near_misses(&tier.selector, &pods);
            let hint = if misses.is_empty() {
                "create the Pods, or correct the selector".to_owned()
            } else {
                format!("{}; correct the Pods' labels or the tier's selector", misses.join(", "))
            };
            let message = format!("tier '{}' selects {}; no Pod has it; {hint}", tier.name, tier.selector);
            Finding::labels(Reason::NoMatchingPods, Some(&tier.name), message)
        })
        .collect()
}
