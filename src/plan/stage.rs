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

use super::{
    Body, DenyReference, differences, transition,
    view::{View, isolates_all},
};
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
    /// Names that are left as someone else made them: `driftPolicy` is `Report`, or there is a fight over them.
    pub held: &'a BTreeSet<String>,
    /// Names whose write was refused in this run. Such a policy never counts as in place.
    pub failed: &'a BTreeSet<String>,
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
    let desired = situation.desired;
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
        (Some(wanted), None) if view.writable(&wanted.name) => vec![create(wanted, view.disarmed(wanted))],
        _ => Vec::new(),
    };
    writes.extend(allows(&view, &reference, &surplus, &taken));
    if !writes.is_empty() {
        return Stage { writes, taken, more: true };
    }

    // Whether every allow is in place, this live read shows: only then may the deny be armed, or go, and only then may
    // an allow go that is not wanted any more.
    let in_place = desired.allows.iter().all(|allow| view.in_place(allow, &reference)) && taken.is_empty();
    if !in_place {
        return Stage { taken, ..Stage::default() };
    }
    let (writes, more) = match (&desired.deny, deny) {
        (Some(wanted), Some(row)) if !view.is(wanted, &DenyReference::None) && view.writable(&row.name) => {
            let body = view.body(wanted, &DenyReference::None);
            let fields = differences(&body, row, &view.alive);
            let role = Role::DefaultDeny;
            (vec![Write::Update { name: row.name.clone(), role, body: Box::new(body), fields }], !surplus.is_empty())
        }
        (Some(_), Some(row)) if isolates_all(row) => (deletions(&view, surplus), false),
        (None, Some(row)) if view.writable(&row.name) => {
            (vec![Write::Delete { name: row.name.clone() }], !surplus.is_empty())
        }
        // No deny, or one that someone disarmed and that is left alone: without it an allow that goes would open its Pods.
        (Some(_), _) | (None, Some(_)) => (Vec::new(), false),
        (None, None) => (deletions(&view, surplus), false),
    };
    Stage { writes, taken, more }
}

/// Without a deny, DNS goes first, and nothing goes while it stays: it selects every Pod, and would cut those whose own
/// policy went before it.
fn deletions(view: &View<'_>, mut surplus: Vec<&PolicyRow>) -> Vec<Write> {
    let desired = view.situation.desired;
    let dns = policy_name(&desired.identity.name, &Role::Dns);
    if desired.deny.is_none() && surplus.iter().any(|row| row.name == dns && !view.writable(&dns)) {
        return Vec::new();
    }
    surplus.sort_by_key(|row| row.name != dns);
    surplus.iter().filter(|row| view.writable(&row.name)).map(|row| Write::Delete { name: row.name.clone() }).collect()
}

fn create(policy: &DesiredPolicy, body: Body) -> Write {
    Write::Create { name: policy.name.clone(), role: policy.role.clone(), body: Box::new(body) }
}

/// The allows that are not as wanted: what keeps flows alive first, then new ones, then changed ones, then DNS.
fn allows(view: &View<'_>, reference: &DenyReference, surplus: &[&PolicyRow], taken: &[String]) -> Vec<Write> {
    let desired = view.situation.desired;
    let writable = |policy: &&DesiredPolicy| view.writable(&policy.name) && !taken.contains(&policy.name);
    let mut creates = Vec::new();
    let mut updates = Vec::new();
    for policy in desired.allows.iter().filter(writable) {
        let body = view.body(policy, reference);
        match view.get(&policy.name) {
            None => creates.push(create(policy, body)),
            Some(row) => {
                let fields = differences(&body, row, &view.alive);
                if !fields.is_empty() {
                    let (name, role) = (policy.name.clone(), policy.role.clone());
                    updates.push(Write::Update { name, role, body: Box::new(body), fields });
                }
            }
        }
    }
    let mut updates = transition::without_waiting(view, reference, &creates, updates);
    let coming = |policy: &DesiredPolicy| creates.iter().chain(&updates).any(|write| write.name() == policy.name);
    let all_come = desired.allows.iter().all(|policy| coming(policy) || view.in_place(policy, reference));
    // What is not wanted any more stays while something wanted cannot come: nothing may be taken out of it as if it went.
    let going = if all_come { surplus } else { &[] };
    let mut writes = transition::prelude(view, reference, &creates, &updates, going);
    if writes.iter().any(|write| !view.writable(write.name())) {
        // What would keep flows alive was refused: what relies on it must wait. New tiers take nothing away.
        (writes, updates) = (Vec::new(), Vec::new());
    }
    // New tiers before changed ones, so that what moves to a new one is never without a policy; DNS last, and only with
    // every tier: it selects every Pod, and would cut those whose own policy is still to come, or cannot come.
    let (dns, tiers): (Vec<_>, Vec<_>) =
        creates.into_iter().chain(updates).partition(|write| write.role() == Some(&Role::Dns));
    let coming = |policy: &DesiredPolicy| tiers.iter().any(|write| write.name() == policy.name);
    let complete = desired
        .allows
        .iter()
        .all(|policy| policy.role == Role::Dns || coming(policy) || view.in_place(policy, reference));
    writes.extend(tiers);
    writes.extend(dns.into_iter().filter(|write| complete || matches!(write, Write::Update { .. })));
    writes
}
