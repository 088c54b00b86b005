//! A tier that selects no Pod.

use super::{Finding, Input, near_misses};
use crate::{
    api::Reason,
    model::Tier,
    observe::{PodClass, Workload},
};

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    let pods = input.own_pods();
    let has_pods = |tier: &&Tier| pods.iter().any(|class| !class.host_network && tier.selector.matches(&class.labels));
    let empty = input.profile.tiers.iter().filter(|tier| !has_pods(tier));
    let path = |tier: &Tier| format!("{}.podSelector", tier.path);
    empty
        .map(|tier| Finding::labels(Reason::NoMatchingPods, Some(&tier.name), path(tier), message(tier, &pods)))
        .collect()
}

/// What was found, and what one can do.
fn message(tier: &Tier, pods: &[&PodClass]) -> (String, &'static str) {
    let Tier { name, selector, .. } = tier;
    if let Some(class) = pods.iter().find(|class| selector.matches(&class.labels)) {
        let Workload { kind, name: workload } = &class.workload;
        let found = format!(
            "tier '{name}' selects {selector}; Pods of {kind} '{workload}' have it and are on the host network, where no policy \
             applies to them"
        );
        return (found, "take them off it (`hostNetwork: false`), or protect the node instead");
    }
    let misses = near_misses(selector, pods);
    let (near, advice) = if misses.is_empty() {
        (String::new(), "create the Pods, or correct the selector")
    } else {
        (format!("; {}", misses.join(", ")), "correct the Pods' labels or the tier's selector")
    };
    (format!("tier '{name}' selects {selector}; no Pod has it{near}"), advice)
}
