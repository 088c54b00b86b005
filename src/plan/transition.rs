//! What has to be written before the wanted policies, so that a change of several of them cuts and opens nothing.
//!
//! Each policy changes atomically, several do not. Two things can go wrong in between, and both are rare:
//!
//! - **A flow moves from one policy to another** (two tiers swap their selectors, overlapping tiers exchange a caller).
//!   Whichever is written first, the flow has no policy for a moment. A *bridge* says exactly what the old one and the
//!   new one both say, stays until everything else is in place, and is removed like any policy that is no longer wanted.
//! - **Two halves cross**: an egress half that goes and an ingress half that comes can make a flow that neither the old nor
//!   the new profile allows. The half that goes is taken out first.

use super::{Body, Content, DenyReference, Write, stage::View};
use crate::{
    model::{NamespaceMatch, NonEmpty, Peer, PodMatch},
    observe::PolicyRow,
    policy::{Allow, Atom, Role, Shape, bridge, group, pods_and, policy_spec, ports_may_overlap, read},
};

/// A policy that changes, with what it says before and after.
struct Changing<'a> {
    name: &'a str,
    role: Option<&'a Role>,
    row: Option<&'a PolicyRow>,
    before: Option<Shape>,
    after: Option<Shape>,
}

#[derive(Clone, Copy)]
enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    fn of(self, shape: Option<&Shape>) -> &[Atom] {
        let atoms = shape.and_then(|shape| match self {
            Self::Ingress => shape.ingress.as_ref(),
            Self::Egress => shape.egress.as_ref(),
        });
        atoms.map_or(&[], Vec::as_slice)
    }

    const fn other(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

/// Bridges, then policies without the halves that would cross.
pub(super) fn prelude(
    view: &View<'_>,
    reference: &DenyReference,
    creates: &[Write],
    updates: &[Write],
    surplus: &[&PolicyRow],
) -> Vec<Write> {
    // A change of one policy is atomic, and with nothing before there is nothing to keep.
    if updates.len() + creates.len() + surplus.len() < 2 || updates.is_empty() && surplus.is_empty() {
        return Vec::new();
    }
    let changing: Vec<_> = creates
        .iter()
        .chain(updates)
        .filter_map(|write| written(view, write))
        .chain(surplus.iter().map(|row| going(row)))
        .collect();
    let shielded = shielded(view);
    let mut writes = bridges(view, reference, &changing, shielded);
    writes.extend(without_crossing(view, &changing, shielded));
    writes
}

fn written<'a>(view: &View<'a>, write: &'a Write) -> Option<Changing<'a>> {
    let (Write::Create { name, role, body } | Write::Update { name, role, body, .. }) = write else { return None };
    let row = view.get(name);
    let before = row.and_then(|row| read(&row.spec));
    Some(Changing { name, role: Some(role), row, before, after: read(&body.content.spec) })
}

fn going(row: &PolicyRow) -> Changing<'_> {
    Changing { name: &row.name, role: None, row: Some(row), before: read(&row.spec), after: None }
}

/// Is every Pod of the namespace isolated before, while and after? Then losing a policy closes, and never opens.
fn shielded(view: &View<'_>) -> bool {
    let armed = |row: &PolicyRow| {
        read(&row.spec)
            .is_some_and(|shape| shape.pods == PodMatch::All && shape.ingress.is_some() && shape.egress.is_some())
    };
    view.situation.desired.deny.as_ref().is_some_and(|deny| view.get(&deny.name).is_some_and(armed))
}

/// Does the policy select the same Pods before and after, so that what it keeps is kept atomically?
fn same_pods(change: &Changing<'_>) -> bool {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => before.pods == after.pods,
        _ => false,
    }
}

fn covered(atom: &Atom, by: &[Atom]) -> bool {
    by.iter().any(|other| other.covers(atom))
}

fn bridges(view: &View<'_>, reference: &DenyReference, changing: &[Changing<'_>], shielded: bool) -> Vec<Write> {
    let mut writes = Vec::new();
    // New policies are written before changed ones, and superfluous ones go last: only changed ones need a bridge.
    let updates = || changing.iter().filter(|change| change.before.is_some() && change.after.is_some());
    for from in updates() {
        for to in updates().filter(|to| to.name != from.name) {
            let (Some(before), Some(after)) = (&from.before, &to.after) else { continue };
            let Some(pods) = pods_and(&before.pods, &after.pods) else { continue };
            let moved = |direction: Direction| -> Vec<Atom> {
                let kept = |atom: &Atom| {
                    (same_pods(from) && covered(atom, direction.of(from.after.as_ref())))
                        || (same_pods(to) && covered(atom, direction.of(to.before.as_ref())))
                };
                let old = direction.of(Some(before));
                let both = old.iter().flat_map(|a| direction.of(Some(after)).iter().filter_map(|b| a.and(b)));
                both.filter(|atom| !kept(atom)).collect()
            };
            let (ingress, egress) = (moved(Direction::Ingress), moved(Direction::Egress));
            let loses_isolation = !shielded && !same_pods(from) && !same_pods(to);
            if ingress.is_empty() && egress.is_empty() && !loses_isolation {
                continue;
            }
            let spec = policy_spec(&pods, &group(&allows(&ingress)), &group(&allows(&egress)));
            let policy = bridge(&view.situation.desired.identity.name, from.name, to.name, spec);
            if view.get(&policy.name).is_none() {
                let body = Box::new(view.body(&policy, reference));
                writes.push(Write::Create { name: policy.name.clone(), role: policy.role.clone(), body });
            }
        }
    }
    writes
}

fn allows(atoms: &[Atom]) -> Vec<Allow> {
    let allow = |atom: &Atom| Allow {
        peers: NonEmpty::one(atom.peer.clone()),
        ports: NonEmpty::one(atom.port.clone()),
        who: String::new(),
        path: String::new(),
    };
    atoms.iter().map(allow).collect()
}

/// Each policy that holds a half which goes and would meet one that comes, without that half.
fn without_crossing(view: &View<'_>, changing: &[Changing<'_>], shielded: bool) -> Vec<Write> {
    changing
        .iter()
        .filter_map(|change| {
            let (row, before) = (change.row?, change.before.as_ref()?);
            // Where Pods are open unless selected, a policy that stops selecting them opens them: nothing to take out.
            if !shielded && !same_pods(change) {
                return None;
            }
            let stays = |direction: Direction| -> Vec<Atom> {
                let goes = |atom: &&Atom| {
                    goes(change, atom, direction, changing) && meets(view, before, atom, direction, changing)
                };
                direction.of(Some(before)).iter().filter(|atom| !goes(atom)).cloned().collect()
            };
            let (ingress, egress) = (stays(Direction::Ingress), stays(Direction::Egress));
            let all = |direction: Direction, left: &[Atom]| direction.of(Some(before)).len() == left.len();
            if all(Direction::Ingress, &ingress) && all(Direction::Egress, &egress) {
                return None;
            }
            let mut spec = policy_spec(&before.pods, &group(&allows(&ingress)), &group(&allows(&egress)));
            spec.policy_types.clone_from(&row.spec.policy_types);
            let content = Content { labels: row.labels.clone(), annotations: row.annotations.clone(), spec };
            Some(Write::Update {
                name: change.name.to_owned(),
                role: change.role.cloned().unwrap_or_else(|| Role::Bridge(String::new())),
                body: Box::new(kept_owners(content, row)),
                fields: vec!["spec".into()],
            })
        })
        .collect()
}

/// The owners as they are: only the rules change here.
fn kept_owners(content: Content, row: &PolicyRow) -> Body {
    let deny = row.owners.iter().find(|owner| owner.kind == "NetworkPolicy");
    Body {
        content,
        controller: row.owners.iter().find(|owner| owner.controller == Some(true)).cloned(),
        deny: deny.map_or(DenyReference::None, |owner| DenyReference::To {
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        }),
    }
}

/// Is this half certainly gone afterwards? One that another policy may still say stays: cutting is worse.
fn goes(change: &Changing<'_>, atom: &Atom, direction: Direction, changing: &[Changing<'_>]) -> bool {
    let Some(before) = &change.before else { return false };
    !changing.iter().any(|other| {
        let Some(after) = &other.after else { return false };
        pods_and(&before.pods, &after.pods).is_some()
            && direction
                .of(Some(after))
                .iter()
                .any(|new| peers_may_overlap(&new.peer, &atom.peer) && ports_may_overlap(&new.port, &atom.port))
    })
}

/// Does a half of the other direction come that makes a flow with this one?
fn meets(view: &View<'_>, before: &Shape, atom: &Atom, direction: Direction, changing: &[Changing<'_>]) -> bool {
    let other = direction.other();
    changing.iter().any(|change| {
        let Some(after) = &change.after else { return false };
        let known = |new: &Atom| same_pods(change) && covered(new, other.of(change.before.as_ref()));
        may_be(view, &atom.peer, &after.pods)
            && other.of(Some(after)).iter().any(|new| {
                !known(new) && may_be(view, &new.peer, &before.pods) && ports_may_overlap(&new.port, &atom.port)
            })
    })
}

fn peers_may_overlap(a: &Peer, b: &Peer) -> bool {
    match (a, b) {
        (Peer::Pods(a), Peer::Pods(b)) => {
            let namespaces = match (a.namespace.selector(), b.namespace.selector()) {
                (Some(a), Some(b)) => a.may_overlap(&b),
                _ => true,
            };
            namespaces && pods_and(&a.pods, &b.pods).is_some()
        }
        (Peer::Block { cidr: a, .. }, Peer::Block { cidr: b, .. }) => a.contains(b) || b.contains(a),
        _ => false,
    }
}

/// Can the peer be one of these Pods of the profile's own namespace?
fn may_be(view: &View<'_>, peer: &Peer, pods: &PodMatch) -> bool {
    let Peer::Pods(peer) = peer else { return false };
    let own = NamespaceMatch::Named(view.situation.desired.identity.namespace.clone()).selector();
    let namespace = match (peer.namespace.selector(), own) {
        (Some(wanted), Some(own)) => wanted.may_overlap(&own),
        _ => true,
    };
    namespace && pods_and(&peer.pods, pods).is_some()
}
