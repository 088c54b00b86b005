//! The list of checks.

use super::{Finding, named_ports, peers_match, pod_in_several_tiers, references, tier_selects_no_pod};
use crate::{
    model::Profile,
    observe::{PodClass, World},
    policy::Resolved,
};

/// What a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// What it refers to, found or not.
    pub resolved: &'a Resolved,
    /// The cluster.
    pub world: &'a World,
    /// Of other namespaces only what the profile itself names may be told: whoever reads its status may not be allowed to look
    /// into them.
    pub discreet: bool,
}

impl<'a> Input<'a> {
    /// The Pods of the profile's namespace, by class, in a stable order.
    pub(super) fn own_pods(&self) -> Vec<&'a PodClass> {
        let mut pods: Vec<_> = self.world.pods.classes(&self.profile.identity.namespace).collect();
        pods.sort();
        pods
    }
}

/// A check: a pure function from what is known to what needs attention.
pub type Check = fn(&Input<'_>) -> Vec<Finding>;

/// All checks, the most important first: the first finding gives a condition its reason.
pub const CHECKS: &[Check] = &[
    // A tier whose selector has a typing error isolates nothing and allows nothing, in silence.
    tier_selects_no_pod::check,
    // A namespace that is not there, or has other labels, makes a rule that allows nobody.
    peers_match::namespaces,
    // The same for the Pods in it.
    peers_match::pods,
    // A port's name that no container has makes a rule that allows nothing.
    named_ports::check,
    // A Pod in two tiers may do what both may, which is rarely meant.
    pod_in_several_tiers::check,
    // DNS, ingress controller, scraper, Services.
    references::check,
];

/// Runs all checks.
#[must_use]
pub fn run(input: &Input<'_>) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(input)).collect()
}
