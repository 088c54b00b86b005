//! The writes that may be done on the strength of one live read.
//!
//! The order comes from an exhaustive model of spec changes, crashes, stale reads, drift and garbage collection:
//!
//! 1. whoever writes has just read the profile and its policies live;
//! 2. creates and updates before deletes; companions, tiers, then DNS, then the deny;
//! 3. the deny is created disarmed, and armed only after a live read shows every allow as wanted;
//! 4. every policy refers to those that are to go before it when the profile is deleted, as long as they are there: DNS to
//!    the deny, a tier to both, a companion to these and to its tier. What others are to refer to is created disarmed too;
//! 5. an allow goes only after a live read shows the deny armed, and the deny of a living profile only after a live
//!    read shows every wanted allow in place.
//!
//! Companions only allow: they come before the policy that isolates their Pods and go after it, whoever misses one loses
//! nothing else, and so nothing waits for one.
//!
//! So a stage ends where the next write would need a newer look.

use std::collections::BTreeSet;

use super::{
    Body, differences,
    disarmed::{disarm, first_disarmed, is_disarmed},
    transition,
    view::{View, isolates_all},
};
use crate::{
    api::PolicyKind,
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
        /// The policy's kind.
        kind: PolicyKind,
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
            Self::Create { name, .. } | Self::Update { name, .. } | Self::Delete { name, .. } => name,
        }
    }

    /// The policy's kind.
    #[must_use]
    pub const fn kind(&self) -> PolicyKind {
        match self {
            Self::Create { body, .. } | Self::Update { body, .. } => body.content.spec.kind(),
            Self::Delete { kind, .. } => *kind,
        }
    }

    pub(super) fn body(&self) -> Option<&Body> {
        match self {
            Self::Create { body, .. } | Self::Update { body, .. } => Some(body),
            Self::Delete { .. } => None,
        }
    }

    fn delete(row: &PolicyRow) -> Self {
        Self::Delete { kind: row.kind(), name: row.name.clone() }
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
        desired.policies().filter(|policy| view.taken(policy)).map(|policy| policy.name.clone()).collect();
    // Without a deny of our own there is no uid that the allows could refer to, and no order that would be safe.
    if desired.deny.as_ref().is_some_and(|deny| taken.contains(&deny.name)) {
        return Stage { taken, ..Stage::default() };
    }
    let deny = view.deny();
    let mut surplus = view.surplus();
    surplus.retain(|row| deny.is_none_or(|deny| deny.uid != row.uid));

    let mut writes: Vec<_> = match (&desired.deny, deny) {
        (Some(wanted), None) if view.writable(&wanted.name) => vec![create(wanted, disarm(view.body(wanted)))],
        _ => Vec::new(),
    };
    writes.extend(allows(&view, &surplus, &taken));
    if !writes.is_empty() {
        return Stage { writes, taken, more: true };
    }

    // Whether every allow is in place, this live read shows: only then may the deny be armed, or go, and only then may
    // an allow go that is not wanted any more.
    let in_place = desired.allows.iter().all(|allow| view.in_place(allow));
    if !in_place {
        return Stage { taken, ..Stage::default() };
    }
    let (writes, more) = match (&desired.deny, deny) {
        (Some(wanted), Some(row)) if !view.is(wanted) && view.writable(&row.name) => {
            let body = view.body(wanted);
            let fields = differences(&body, row, &view.alive);
            let role = Role::DefaultDeny;
            (vec![Write::Update { name: row.name.clone(), role, body: Box::new(body), fields }], !surplus.is_empty())
        }
        (Some(_), Some(row)) if isolates_all(row) => (deletions(&view, surplus), false),
        (None, Some(row)) if view.writable(&row.name) => (vec![Write::delete(row)], !surplus.is_empty()),
        // No deny, or one that someone disarmed and that is left alone: without it an allow that goes would open its Pods.
        (Some(_), _) | (None, Some(_)) => (Vec::new(), false),
        (None, None) => (deletions(&view, surplus), false),
    };
    Stage { writes, taken, more }
}

/// Without a deny, DNS goes first, and nothing goes while it stays: it selects every Pod, and would cut those whose own
/// policy went before it. Companions go last, and only when nothing that isolates stays and no other one is missing.
fn deletions(view: &View<'_>, mut surplus: Vec<&PolicyRow>) -> Vec<Write> {
    let desired = view.situation.desired;
    let dns = policy_name(&desired.identity.name, &Role::Dns);
    if desired.deny.is_none() && surplus.iter().any(|row| row.name == dns && !view.writable(&dns)) {
        return Vec::new();
    }
    let stays = |row: &&PolicyRow| row.kind() == PolicyKind::NetworkPolicy && !view.writable(&row.name);
    let companions_stay = surplus.iter().any(stays) || !desired.companions.iter().all(|policy| view.in_place(policy));
    surplus.retain(|row| view.writable(&row.name) && !(companions_stay && row.kind() != PolicyKind::NetworkPolicy));
    surplus.sort_by_key(|row| (row.kind(), row.name != dns));
    surplus.into_iter().map(Write::delete).collect()
}

fn create(policy: &DesiredPolicy, body: Body) -> Write {
    Write::Create { name: policy.name.clone(), role: policy.role.clone(), body: Box::new(body) }
}

/// The companions and allows that are not as wanted: what keeps flows alive first, then companions, then new tiers, then
/// changed ones, then DNS.
fn allows(view: &View<'_>, surplus: &[&PolicyRow], taken: &[String]) -> Vec<Write> {
    let desired = view.situation.desired;
    let writable = |policy: &&DesiredPolicy| view.writable(&policy.name) && !taken.contains(&policy.name);
    let mut creates = Vec::new();
    let mut updates = Vec::new();
    for policy in desired.companions.iter().chain(&desired.allows).filter(writable) {
        let body = view.body(policy);
        match view.get(policy) {
            None => creates.push(create(policy, body)),
            Some(row) => {
                let fields = differences(&body, row, &view.alive);
                if !fields.is_empty() {
                    let (name, role) = (policy.name.clone(), policy.role.clone());
                    let update = Write::Update { name, role, body: Box::new(body), fields };
                    // One that is armed comes like a new one.
                    if is_disarmed(row) { creates.push(update) } else { updates.push(update) }
                }
            }
        }
    }
    let mut updates = transition::without_waiting(view, &creates, updates);
    let coming = |policy: &DesiredPolicy| creates.iter().chain(&updates).any(|write| write.name() == policy.name);
    let all_come = desired.allows.iter().all(|policy| coming(policy) || view.in_place(policy));
    // What is not wanted any more stays while something wanted cannot come: nothing may be taken out of it as if it went.
    let going = if all_come { surplus } else { &[] };
    let mut writes = transition::prelude(view, &creates, &updates, going);
    if writes.iter().any(|write| !view.writable(write.name())) {
        // What would keep flows alive was refused: what relies on it must wait. New tiers take nothing away.
        (writes, updates) = (Vec::new(), Vec::new());
    }
    let kept = transition::kept_companions(view, surplus.len(), &mut updates);
    writes.extend(kept);
    // Before the policies that isolate their Pods.
    let (companions, creates_and_updates): (Vec<_>, Vec<_>) =
        creates.into_iter().chain(updates).partition(|write| write.kind() == PolicyKind::CiliumNetworkPolicy);
    writes.extend(companions);
    // New tiers before changed ones, so that what moves to a new one is never without a policy; DNS last, and only with
    // every tier, or where every Pod is isolated anyway: it selects every Pod, and would cut those whose own policy is still
    // to come, or cannot come.
    let (dns, tiers): (Vec<_>, Vec<_>) =
        creates_and_updates.into_iter().partition(|write| write.role() == Some(&Role::Dns));
    let coming = |policy: &DesiredPolicy| tiers.iter().any(|write| write.name() == policy.name);
    let complete =
        desired.allows.iter().all(|policy| policy.role == Role::Dns || coming(policy) || view.in_place(policy));
    writes.extend(tiers);
    let in_force = |name: &str| view.find(PolicyKind::NetworkPolicy, name).is_some_and(|row| !is_disarmed(row));
    let (dns, held_back): (Vec<_>, Vec<_>) =
        dns.into_iter().partition(|write| complete || transition::shielded(view) || in_force(write.name()));
    writes.extend(dns);
    first_disarmed(writes, held_back)
}
