//! The writes that may be done on the strength of one live read.
//!
//! The order comes from an exhaustive model of spec changes, crashes, stale reads, drift and garbage collection:
//!
//! 1. whoever writes has just read the profile and its policies live;
//! 2. creates and updates before deletes; tiers, then DNS, then the deny;
//! 3. the deny is created disarmed, and armed only after a live read shows every allow as wanted;
//! 4. an allow refers to the deny as long as there is one;
//! 5. an allow goes only after a live read shows the deny armed, and the deny of a living profile only after a live
//!    read shows every wanted allow in place.
//!
//! So a stage ends where the next write would need a newer look.

use std::collections::BTreeSet;

use super::{Body, DenyReference, differences, transition, view::View};
use crate::{
    observe::PolicyRow,
    policy::{Desired, DesiredPolicy, Role, policy_name},
};

/// What is wanted, and what a live read showed.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The wanted policies.
    pub desired: &'a Desired,
    /// All policies of the profile's namespace.
    pub observed: &'a [&'a PolicyRow],
    /// The uids that the profile's status lists.
    pub known: &'a BTreeSet<String>,
    /// Names that are not written this time: a write of them failed, or `driftPolicy` is `Report`.
    pub held: &'a BTreeSet<String>,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// `POST`.
    Create {
        /// The policy's name.
        name: String,
        /// Its role.
        role: Role,
        /// What it gets.
        body: Box<Body>,
    },
    /// `PUT`, with the version that was seen.
    Update {
        /// The policy's name.
        name: String,
        /// Its role.
        role: Role,
        /// What it gets.
        body: Box<Body>,
        /// The fields that change.
        fields: Vec<String>,
    },
    /// `DELETE`, with the uid and version that were seen.
    Delete {
        /// The policy's name.
        name: String,
    },
}

impl Write {
    /// The policy's role; none when it is deleted.
    #[must_use]
    pub const fn role(&self) -> Option<&Role> {
        match self {
            Self::Create { role, .. } | Self::Update { role, .. } => Some(role),
            Self::Delete { .. } => None,
        }
    }

    /// The policy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. } | Self::Update { name, .. } | Self::Delete { name } => name,
        }
    }
}

/// The next writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// The writes, in order.
    pub writes: Vec<Write>,
    /// Wanted names that belong to someone else.
    pub taken: Vec<String>,
    /// Is another stage needed after these writes? It begins with a new live read.
    pub more: bool,
}

/// The next writes; none when everything is as wanted.
#[must_use]
pub fn stage(situation: &Situation<'_>) -> Stage {
    let Situation { desired, held, .. } = *situation;
    let view = View::new(situation);
    let taken: Vec<_> =
        desired.policies().filter(|policy| view.taken(&policy.name)).map(|policy| policy.name.clone()).collect();
    // Without a deny of our own there is no uid that the allows could refer to, and no order that would be safe.
    if desired.deny.as_ref().is_some_and(|deny| taken.contains(&deny.name)) {
        return Stage { taken, ..Stage::default() };
    }
    let wanted: BTreeSet<_> = desired.policies().map(|policy| policy.name.as_str()).collect();
    let deny = view.deny();
    let is_deny = |row: &PolicyRow| deny.is_some_and(|deny| deny.uid == row.uid);
    let surplus: Vec<_> = view.ours().filter(|row| !wanted.contains(row.name.as_str()) && !is_deny(row)).collect();
    let reference = view.reference();

    let mut writes: Vec<_> = match (&desired.deny, deny) {
        (Some(wanted), None) if !held.contains(&wanted.name) => vec![create(wanted, view.disarmed(wanted))],
        _ => Vec::new(),
    };
    writes.extend(allows(&view, &reference, &surplus, &taken));
    if !writes.is_empty() {
        return Stage { writes, taken, more: true };
    }

    // Whether every allow is in place, this live read shows: only then may the deny be armed, or go, and only then may
    // an allow go that is not wanted any more.
    let in_place = desired.allows.iter().all(|allow| view.is(allow, &reference)) && taken.is_empty();
    let (writes, more) = match (&desired.deny, deny) {
        (Some(wanted), Some(row)) if !view.is(wanted, &DenyReference::None) => {
            let body = view.body(wanted, &DenyReference::None);
            let fields = differences(&body, row, &view.alive);
            let role = Role::DefaultDeny;
            (vec![Write::Update { name: row.name.clone(), role, body: Box::new(body), fields }], !surplus.is_empty())
        }
        (None, Some(row)) if !held.contains(&row.name) => {
            (vec![Write::Delete { name: row.name.clone() }], !surplus.is_empty())
        }
        (Some(_), None) | (None, Some(_)) => (Vec::new(), false),
        (Some(_), Some(_)) | (None, None) => (deletions(&view, surplus), false),
    };
    if in_place { Stage { writes, taken, more } } else { Stage { taken, ..Stage::default() } }
}

/// Without a deny, DNS goes first: it selects every Pod, and would cut those whose own policy went before it.
fn deletions(view: &View<'_>, mut surplus: Vec<&PolicyRow>) -> Vec<Write> {
    let Situation { desired, held, .. } = *view.situation;
    let dns = policy_name(&desired.identity.name, &Role::Dns);
    surplus.sort_by_key(|row| row.name != dns);
    surplus.iter().filter(|row| !held.contains(&row.name)).map(|row| Write::Delete { name: row.name.clone() }).collect()
}

fn create(policy: &DesiredPolicy, body: Body) -> Write {
    Write::Create { name: policy.name.clone(), role: policy.role.clone(), body: Box::new(body) }
}

/// The allows that are not as wanted: what keeps flows alive first, then new ones, then changed ones.
fn allows(view: &View<'_>, reference: &DenyReference, surplus: &[&PolicyRow], taken: &[String]) -> Vec<Write> {
    let Situation { desired, held, .. } = *view.situation;
    let writable = |policy: &&DesiredPolicy| !held.contains(&policy.name) && !taken.contains(&policy.name);
    let mut creates = Vec::new();
    let mut updates = Vec::new();
    for policy in desired.allows.iter().filter(writable) {
        let body = view.body(policy, reference);
        match view.get(&policy.name) {
            None => creates.push(create(policy, body)),
            Some(row) => {
                let fields = differences(&body, row, &view.alive);
                if !fields.is_empty() {
                    updates.push(Write::Update {
                        name: policy.name.clone(),
                        role: policy.role.clone(),
                        body: Box::new(body),
                        fields,
                    });
                }
            }
        }
    }
    let mut writes = transition::prelude(view, reference, &creates, &updates, surplus);
    // New tiers before changed ones, so that what moves to a new one is never without a policy; DNS last, because it
    // selects every Pod, and would cut those whose own policy is still to come.
    let (dns, tiers): (Vec<_>, Vec<_>) =
        creates.into_iter().chain(updates).partition(|write| write.role() == Some(&Role::Dns));
    writes.extend(tiers);
    writes.extend(dns);
    writes
}
