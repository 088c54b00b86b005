//! All changes at once, for people: what `Audit` and `plan` show.

use super::{Situation, Stage, Write, stage};
use crate::observe::PolicyRow;

/// A change that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `Create`, `Update` or `Delete`.
    pub action: &'static str,
    /// The policy's name.
    pub policy: String,
    /// With `Update`: the fields that change.
    pub fields: Vec<String>,
}

/// Every change that enforcing would make, in order, without the steps in between.
#[must_use]
pub fn changes(situation: &Situation<'_>) -> Vec<Change> {
    let Stage { writes, .. } = stage(situation);
    let mut changes: Vec<_> = writes
        .iter()
        .filter_map(|write| match write {
            Write::Create { role: crate::policy::Role::Bridge(_), .. } => None,
            Write::Create { name, .. } => Some(Change { action: "Create", policy: name.clone(), fields: Vec::new() }),
            Write::Update { name, fields, .. } => {
                Some(Change { action: "Update", policy: name.clone(), fields: fields.clone() })
            }
            Write::Delete { .. } => None,
        })
        .collect();
    let named: Vec<_> = changes.iter().map(|change| change.policy.clone()).collect();
    let wanted = |row: &PolicyRow| situation.desired.policies().any(|policy| policy.name == row.name);
    let deny = situation.desired.deny.as_ref().filter(|deny| !named.contains(&deny.name));
    if let Some(deny) = deny {
        let view = super::stage::View::new(situation);
        if let Some(row) = view.get(&deny.name) {
            let fields = super::differences(&view.body(deny, &super::DenyReference::None), row, &view.alive);
            if !fields.is_empty() {
                changes.push(Change { action: "Update", policy: deny.name.clone(), fields });
            }
        }
    }
    let surplus = situation.observed.iter().filter(|row| {
        !wanted(row) && super::ownership(row, &situation.desired.identity, situation.known) == super::Ownership::Ours
    });
    changes.extend(surplus.map(|row| Change { action: "Delete", policy: row.name.clone(), fields: Vec::new() }));
    changes
}
