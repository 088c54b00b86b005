//! What is there, seen from one profile.

use std::collections::BTreeSet;

use super::{Body, Content, Earlier, Ownership, Situation, differences, ownership};
use crate::{
    api::PolicyKind,
    model::PodMatch,
    observe::PolicyRow,
    policy::{Desired, DesiredPolicy, Role, policy_name, selected_pods},
};

/// What is there, sorted by whose it is.
pub(super) struct View<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) alive: BTreeSet<&'a str>,
}

impl<'a> View<'a> {
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        Self { situation, alive: situation.observed.iter().map(|row| row.uid.as_str()).collect() }
    }

    pub(super) fn owner(&self, row: &PolicyRow) -> Ownership {
        ownership(row, &self.situation.desired.identity, self.situation.known)
    }

    pub(super) fn ours(&self) -> impl Iterator<Item = &'a PolicyRow> {
        self.situation.observed.iter().copied().filter(|row| self.owner(row) == Ownership::Ours)
    }

    /// What is ours and not wanted any more. What someone gave our owner and the name of a wanted policy of another kind is
    /// none of ours: a name stands for one policy.
    pub(super) fn surplus(&self) -> Vec<&'a PolicyRow> {
        let wanted: BTreeSet<_> = self.situation.desired.policies().map(|policy| policy.name.as_str()).collect();
        self.ours().filter(|row| !wanted.contains(row.name.as_str())).collect()
    }

    /// The policy of this kind and name, if it is ours to write.
    pub(super) fn find(&self, kind: PolicyKind, name: &str) -> Option<&'a PolicyRow> {
        self.named(kind, name).find(|row| self.owner(row) != Ownership::Foreign)
    }

    /// The wanted policy as it is there, if it is ours to write.
    pub(super) fn get(&self, policy: &DesiredPolicy) -> Option<&'a PolicyRow> {
        self.find(policy.kind(), &policy.name)
    }

    pub(super) fn taken(&self, policy: &DesiredPolicy) -> bool {
        self.named(policy.kind(), &policy.name).any(|row| self.owner(row) == Ownership::Foreign)
    }

    fn named(&self, kind: PolicyKind, name: &str) -> impl Iterator<Item = &'a PolicyRow> {
        self.situation.observed.iter().copied().filter(move |row| row.kind() == kind && row.name == name)
    }

    /// The deny that is there, wanted or not. Its role label may have been changed: the name decides. One that is only
    /// offered counts where a deny is wanted; else it is not ours to remove.
    pub(super) fn deny(&self) -> Option<&'a PolicyRow> {
        let desired = self.situation.desired;
        self.row_of(&policy_name(&desired.identity.name, &Role::DefaultDeny), desired.deny.is_some())
    }

    fn row_of(&self, name: &str, wanted: bool) -> Option<&'a PolicyRow> {
        let row = self.find(PolicyKind::NetworkPolicy, name);
        row.filter(|row| wanted || self.owner(row) == Ownership::Ours)
    }

    /// May this name be written in this run?
    pub(super) fn writable(&self, name: &str) -> bool {
        !self.situation.held.contains(name) && !self.situation.failed.contains(name)
    }

    /// The policy of this role, for what is to go after it: one that is there, wanted or not, or that comes in this stage.
    fn earlier(&self, role: &Role) -> Option<Earlier> {
        let name = policy_name(&self.situation.desired.identity.name, role);
        let wanted = self.situation.desired.policies().find(|policy| policy.role == *role);
        match self.row_of(&name, wanted.is_some()) {
            Some(row) => Some(Earlier::There { name, uid: row.uid.clone() }),
            None if self.writable(&name) && !self.taken(wanted?) => Some(Earlier::New { name }),
            None => None,
        }
    }

    /// What goes before this policy when the profile is deleted: what isolates its Pods and allows them less than it does.
    /// Each names all of these and not only the last, so that the order holds where someone deleted one of them.
    fn after(&self, policy: &DesiredPolicy) -> Vec<Earlier> {
        let tiers = || self.situation.desired.allows.iter().map(|allow| &allow.role).filter(|role| **role != Role::Dns);
        let (deny, dns) = (&Role::DefaultDeny, &Role::Dns);
        let roles = match (&policy.role, policy.kind()) {
            (Role::DefaultDeny, _) => vec![],
            (Role::Dns, _) => vec![deny.clone()],
            (Role::Tier(_), _) | (Role::Bridge(_), PolicyKind::NetworkPolicy) => vec![deny.clone(), dns.clone()],
            (Role::ApiServer(tier), _) => vec![deny.clone(), dns.clone(), Role::Tier(tier.clone())],
            // The copy of a companion, whose Pods may have moved to any tier.
            (Role::Bridge(_), PolicyKind::CiliumNetworkPolicy) => {
                [deny, dns].into_iter().chain(tiers()).cloned().collect()
            }
        };
        roles.iter().filter_map(|role| self.earlier(role)).collect()
    }

    pub(super) fn body(&self, policy: &DesiredPolicy) -> Body {
        let Desired { identity, orphan, .. } = self.situation.desired;
        Body::new(Content::of(policy, identity, *orphan), identity, *orphan, self.after(policy))
    }

    /// Is this policy there, and exactly as wanted?
    pub(super) fn is(&self, policy: &DesiredPolicy) -> bool {
        self.get(policy).is_some_and(|row| differences(&self.body(policy), row, &self.alive).is_empty())
    }

    /// Is this policy there, as wanted or as someone else made it and it is left? What is missing, or could not be
    /// written, is not in place.
    pub(super) fn in_place(&self, policy: &DesiredPolicy) -> bool {
        let left = self.situation.held.contains(&policy.name) && !self.situation.failed.contains(&policy.name);
        self.is(policy) || (left && self.get(policy).is_some())
    }
}

/// Does the deny that is there really isolate every Pod, both directions?
pub(super) fn isolates_all(row: &PolicyRow) -> bool {
    let Some(spec) = row.spec.standard() else { return false };
    let types = spec.policy_types.as_deref().unwrap_or_default();
    selected_pods(spec) == Some(PodMatch::All)
        && ["Ingress", "Egress"].iter().all(|kind| types.iter().any(|other| other == kind))
}
