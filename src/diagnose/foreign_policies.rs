//! Policies of others that select Pods of the profile's tiers: they widen or isolate what the profile says.

use std::collections::BTreeSet;

use super::Input;
use crate::{
    api::ForeignPolicy,
    model::PodMatch,
    plan::{Ownership, ownership},
    policy::pods_and,
};

/// Others that are worth listing; a namespace can hold thousands.
const MOST: usize = 32;

/// The policies of others that may select Pods of a tier, by name.
#[must_use]
pub fn foreign_policies(input: &Input<'_>, known: &BTreeSet<String>) -> Vec<ForeignPolicy> {
    let identity = &input.profile.identity;
    let mut found = Vec::new();
    for row in input.world.policies.of(&identity.namespace) {
        if ownership(row, identity, known) == Ownership::Ours {
            continue;
        }
        // Policies of Cilium's own have rules that we do not read.
        let Some(selected) = row.spec.standard().and_then(crate::policy::selected_pods) else { continue };
        let tiers: Vec<_> = input
            .profile
            .tiers
            .iter()
            .filter(|tier| pods_and(&PodMatch::Selected(tier.selector.clone()), &selected).is_some())
            .map(|tier| tier.name.clone())
            .collect();
        if !tiers.is_empty() {
            found.push(ForeignPolicy { name: row.name.clone(), tiers });
        }
    }
    found.truncate(MOST);
    found
}
