//! What someone else did to our policies.

use std::{collections::BTreeSet, fmt};

use super::{Content, Ownership, compare, ownership};
use crate::{
    api::{PolicyKind, PolicyStatus},
    observe::{PolicyRow, Writer},
    policy::{Desired, FIELD_MANAGER},
};

/// A policy that someone else changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The policy's name.
    pub policy: String,
    /// The policy's kind.
    pub kind: PolicyKind,
    /// Who did it: the field manager; empty when the API server does not know.
    pub manager: String,
    /// The fields, or `deleted`.
    pub fields: Vec<String>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.manager.is_empty() { "someone" } else { &self.manager };
        match self.fields.as_slice() {
            [only] if only == "deleted" => write!(f, "{who} deleted policy '{}'", self.policy),
            fields => write!(f, "{who} changed {} of policy '{}'", fields.join(", "), self.policy),
        }
    }
}

/// The garbage collector writes too: it takes away references to a policy that is gone.
const GARBAGE_COLLECTOR: &str = "kube-controller-manager";

/// What someone else changed since the status was written.
///
/// A policy drifted when it is no longer what the status says we wrote. One that differs from what is wanted
/// but is still what we wrote has not: the profile changed, or what it refers to.
#[must_use]
pub fn drift(desired: &Desired, recorded: &[PolicyStatus], observed: &[&PolicyRow]) -> Vec<Drift> {
    let known: BTreeSet<_> = recorded.iter().map(|policy| policy.uid.clone()).collect();
    recorded
        .iter()
        .filter_map(|record| {
            let wanted = desired.policy(record.kind, &record.name)?;
            let Some(row) = observed.iter().find(|row| row.uid == record.uid) else {
                // Written anew, and the record of that got lost: nobody did anything.
                let replaced = |row: &&&PolicyRow| {
                    row.name == record.name
                        && row.kind() == record.kind
                        && ownership(row, &desired.identity, &known) == Ownership::Ours
                };
                if observed.iter().any(|row| replaced(&row)) {
                    return None;
                }
                return Some(Drift {
                    policy: record.name.clone(),
                    kind: record.kind,
                    manager: String::new(),
                    fields: vec!["deleted".into()],
                });
            };
            let content = Content::of(wanted, &desired.identity, desired.orphan);
            let mut fields = Vec::new();
            if compare::observed_hash(row) != record.hash {
                fields = compare::content_differences(&content, row);
            }
            let controlled = ownership(row, &desired.identity, &known) == Ownership::Ours
                && (desired.orphan || crate::policy::is_controlled_by(&row.owners, &desired.identity.uid));
            // An orphan that becomes owned again looks the same as a stripped reference; it carries the annotation.
            if !controlled && !row.annotations.contains_key(crate::policy::ADOPT_ANNOTATION) {
                fields.push("metadata.ownerReferences".into());
            }
            let manager = other_writer(row);
            (!fields.is_empty()).then(|| Drift { policy: record.name.clone(), kind: record.kind, manager, fields })
        })
        .collect()
}

/// Who wrote after us, or in the same second, which is as fine as the API server records it. Empty when nobody is
/// recorded: whoever only takes fields away leaves no trace.
fn other_writer(row: &PolicyRow) -> String {
    let time = |writer: &Writer| writer.time.as_ref().map(|time| time.0);
    let ours = row.writers.iter().filter(|writer| writer.manager == FIELD_MANAGER).filter_map(time).max();
    let other = row
        .writers
        .iter()
        .find(|writer| writer.manager != FIELD_MANAGER && writer.manager != GARBAGE_COLLECTOR && time(writer) >= ours);
    other.map(|writer| writer.manager.clone()).unwrap_or_default()
}
