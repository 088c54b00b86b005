//! Workloads of the namespace in no tier, which a default-deny isolates too.

use std::collections::BTreeSet;

use super::Input;
use crate::api::{Isolation, UnassignedPods};

/// Names that are worth listing.
const MOST: usize = 10;

/// The longest text that the status takes.
const LONGEST: usize = 253;

/// The workloads in no tier; nothing when there are none, or when only tiers are isolated.
#[must_use]
pub fn unassigned(input: &Input<'_>) -> Option<UnassignedPods> {
    if input.profile.isolation == Isolation::Tiers {
        return None;
    }
    let names: BTreeSet<_> = input
        .own_pods()
        .into_iter()
        .filter(|class| {
            !class.host_network && !input.profile.tiers.iter().any(|tier| tier.selector.matches(&class.labels))
        })
        // The longest name of a Pod, with its kind, is longer than the status takes.
        .map(|class| {
            format!("{} '{}'", class.workload.kind, class.workload.name).chars().take(LONGEST).collect::<String>()
        })
        .collect();
    let count = i32::try_from(names.len()).unwrap_or(i32::MAX);
    (count > 0).then(|| UnassignedPods { names: names.into_iter().take(MOST).collect(), count })
}
