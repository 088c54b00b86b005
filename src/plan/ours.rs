//! Which of the policies that are there are ours to write.

use std::collections::BTreeSet;

use crate::{
    model::Identity,
    observe::PolicyRow,
    policy::{ADOPT_ANNOTATION, is_controlled_by},
};

/// Whose a policy is, seen from one profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The profile controls it, or wrote it and someone stripped the reference.
    Ours,
    /// Someone handed it over by annotation; it becomes ours when its name is one that the profile wants.
    Offered,
    /// Someone else's. Never written, never deleted.
    Foreign,
}

/// Whose a policy is. `known` holds the uids that the profile's status lists: names and labels prove nothing, since
/// anyone can choose them.
#[must_use]
pub fn ownership(row: &PolicyRow, identity: &Identity, known: &BTreeSet<String>) -> Ownership {
    if is_controlled_by(&row.owners, &identity.uid) {
        return Ownership::Ours;
    }
    if row.owners.iter().any(|owner| owner.controller == Some(true)) {
        return Ownership::Foreign;
    }
    if known.contains(&row.uid) {
        return Ownership::Ours;
    }
    match row.annotations.get(ADOPT_ANNOTATION) {
        Some(name) if *name == identity.name => Ownership::Offered,
        _ => Ownership::Foreign,
    }
}
