//! All changes at once, for people: what `Audit` and `plan` show.

use super::{Situation, differences, view::View};
use crate::api::PolicyKind;

/// A change that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `Create`, `Update`, `Delete`, or `Blocked`: the name belongs to someone else.
    pub action: &'static str,
    /// The policy's name.
    pub policy: String,
    /// The policy's kind.
    pub kind: PolicyKind,
    /// With `Update`: the fields that change.
    pub fields: Vec<String>,
}

/// Every change that enforcing would make: each policy once, without the steps in between.
#[must_use]
pub fn changes(situation: &Situation<'_>) -> Vec<Change> {
    let view = View::new(situation);
    let mut changes = Vec::new();
    for policy in situation.desired.policies() {
        let change = |action, fields| Change { action, policy: policy.name.clone(), kind: policy.kind(), fields };
        match view.get(policy) {
            None if view.taken(policy) => changes.push(change("Blocked", Vec::new())),
            None => changes.push(change("Create", Vec::new())),
            Some(row) => {
                let fields = differences(&view.body(policy), row, &view.alive);
                if !fields.is_empty() {
                    changes.push(change("Update", fields));
                }
            }
        }
    }
    changes.extend(view.surplus().into_iter().map(|row| Change {
        action: "Delete",
        policy: row.name.clone(),
        kind: row.kind(),
        fields: Vec::new(),
    }));
    changes
}
