//! What is there, seen from one profile.

use std::collections::BTreeSet;

use super::{Body, Content, DenyReference, Ownership, Situation, differences, ownership};
use crate::{
    observe::PolicyRow,
    policy::{Desired, DesiredPolicy, Role, disarmed_selector, policy_name},
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

    /// The policy of this name, if it is ours to write.
    pub(super) fn get(&self, name: &str) -> Option<&'a PolicyRow> {
        self.situation.observed.iter().copied().find(|row| row.name == name && self.owner(row) != Ownership::Foreign)
    }

    pub(super) fn taken(&self, name: &str) -> bool {
        self.situation.observed.iter().any(|row| row.name == name && self.owner(row) == Ownership::Foreign)
    }

    /// The deny that is there, wanted or not. Its role label may have been changed: the name decides too.
    pub(super) fn deny(&self) -> Option<&'a PolicyRow> {
        let name = policy_name(&self.situation.desired.identity.name, &Role::DefaultDeny);
        self.get(&name)
    }

    /// What the allows are to refer to.
    pub(super) fn reference(&self) -> DenyReference {
        match (&self.situation.desired.deny, self.deny()) {
            (_, Some(row)) => DenyReference::To { name: row.name.clone(), uid: row.uid.clone() },
            (Some(wanted), None) if !self.situation.held.contains(&wanted.name) => DenyReference::ToTheNewOne,
            (_, None) => DenyReference::None,
        }
    }

    pub(super) fn body(&self, policy: &DesiredPolicy, reference: &DenyReference) -> Body {
        let Desired { identity, orphan, .. } = self.situation.desired;
        Body::new(Content::of(policy, identity, *orphan), identity, *orphan, reference.clone())
    }

    /// A deny that isolates nobody yet.
    pub(super) fn disarmed(&self, deny: &DesiredPolicy) -> Body {
        let mut body = self.body(deny, &DenyReference::None);
        body.content.spec.pod_selector = Some(disarmed_selector());
        body
    }

    /// Is this policy there, and exactly as wanted? One that is left alone counts as such.
    pub(super) fn is(&self, policy: &DesiredPolicy, reference: &DenyReference) -> bool {
        let held = self.situation.held.contains(&policy.name);
        held || self
            .get(&policy.name)
            .is_some_and(|row| differences(&self.body(policy, reference), row, &self.alive).is_empty())
    }
}
