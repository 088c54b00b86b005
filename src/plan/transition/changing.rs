//! A policy that changes, seen as what it allows before and after.

use super::super::{Write, disarmed::is_disarmed, view::View};
use crate::{
    model::NonEmpty,
    observe::PolicyRow,
    policy::{Allow, Atom, Role, Rule, Shape, group, read},
};

/// A policy that is created, changed or removed.
pub(super) struct Changing<'a> {
    pub(super) name: &'a str,
    pub(super) role: Option<&'a Role>,
    pub(super) row: Option<&'a PolicyRow>,
    pub(super) before: Option<Shape>,
    pub(super) after: Option<Shape>,
}

/// One of the two halves that a flow needs.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// What a policy allows in this direction.
    pub(super) fn of(self, shape: Option<&Shape>) -> &[Atom] {
        let atoms = shape.and_then(|shape| match self {
            Self::Ingress => shape.ingress.as_ref(),
            Self::Egress => shape.egress.as_ref(),
        });
        atoms.map_or(&[], Vec::as_slice)
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

impl<'a> Changing<'a> {
    pub(super) fn written(view: &View<'a>, write: &'a Write) -> Option<Self> {
        let (Write::Create { name, role, body } | Write::Update { name, role, body, .. }) = write else { return None };
        let own = &view.situation.desired.identity.namespace;
        let row = view.find(write.kind(), name);
        let before = row.and_then(|row| says(row, own));
        Some(Self { name, role: Some(role), row, before, after: read(&body.content.spec, own) })
    }

    pub(super) fn going(view: &View<'_>, row: &'a PolicyRow) -> Self {
        let own = &view.situation.desired.identity.namespace;
        Self { name: &row.name, role: None, row: Some(row), before: says(row, own), after: None }
    }

    /// Does it select the same Pods before and after, so that what it keeps is kept atomically?
    pub(super) fn same_pods(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.pods == after.pods,
            _ => false,
        }
    }
}

/// What a policy says; nothing when it is disarmed, and isolates nobody yet.
fn says(row: &PolicyRow, own: &str) -> Option<Shape> {
    (!is_disarmed(row)).then(|| read(&row.spec, own)).flatten()
}

/// Is the atom allowed by one of these?
pub(super) fn covered(atom: &Atom, by: &[Atom]) -> bool {
    by.iter().any(|other| other.covers(atom))
}

/// Atoms as rules.
pub(super) fn rules(atoms: &[Atom]) -> Vec<Rule> {
    let allow = |atom: &Atom| Allow {
        peers: NonEmpty::one(atom.peer.clone()),
        ports: NonEmpty::one(atom.port.clone()),
        who: String::new(),
        path: String::new(),
    };
    group(&atoms.iter().map(allow).collect::<Vec<_>>())
}
