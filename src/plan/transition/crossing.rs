//! Halves that go and would meet a half that comes.

use super::{
    super::{Body, Content, Earlier, Write, view::View},
    Changing,
    changing::{Direction, covered, rules},
};
use crate::{
    model::{NamespaceMatch, Peer, PodMatch},
    observe::PolicyRow,
    policy::{Atom, Role, pods_and, policy_spec, ports_may_overlap},
};

/// The halves of a policy that have to be taken out before anything is added elsewhere.
#[derive(Default)]
pub(super) struct Crossing {
    ingress: Vec<Atom>,
    egress: Vec<Atom>,
}

impl Crossing {
    pub(super) fn of(view: &View<'_>, change: &Changing<'_>, changing: &[Changing<'_>], shielded: bool) -> Self {
        // Where Pods are open unless selected, a policy that stops selecting them opens them: nothing to take out.
        if !shielded && !change.same_pods() {
            return Self::default();
        }
        let crosses = |direction: Direction| -> Vec<Atom> {
            let atoms = direction.of(change.before.as_ref()).iter();
            atoms
                .filter(|atom| {
                    goes(view, change, atom, direction, changing) && meets(view, change, atom, direction, changing)
                })
                .cloned()
                .collect()
        };
        Self { ingress: crosses(Direction::Ingress), egress: crosses(Direction::Egress) }
    }

    pub(super) fn of_direction(&self, direction: Direction) -> &[Atom] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// The policy as it is, without what would cross; nothing when nothing would.
pub(super) fn without(change: &Changing<'_>, crossing: &Crossing) -> Option<Write> {
    let (row, before) = (change.row?, change.before.as_ref()?);
    let written = row.spec.standard()?;
    if crossing.ingress.is_empty() && crossing.egress.is_empty() {
        return None;
    }
    let left = |direction: Direction| -> Vec<Atom> {
        let taken = crossing.of_direction(direction);
        direction.of(Some(before)).iter().filter(|atom| !taken.contains(atom)).cloned().collect()
    };
    let mut spec = policy_spec(&before.pods, &rules(&left(Direction::Ingress)), &rules(&left(Direction::Egress)));
    spec.policy_types.clone_from(&written.policy_types);
    let content = Content { labels: row.labels.clone(), annotations: row.annotations.clone(), spec: spec.into() };
    Some(Write::Update {
        name: change.name.to_owned(),
        role: change.role.cloned().unwrap_or_else(|| Role::Bridge(String::new())),
        body: Box::new(kept_owners(content, row)),
        fields: vec!["spec".into()],
    })
}

/// The owners as they are: only the rules change here.
fn kept_owners(content: Content, row: &PolicyRow) -> Body {
    let earlier = row.owners.iter().filter(|owner| owner.kind == "NetworkPolicy");
    Body {
        content,
        controller: row.owners.iter().find(|owner| owner.controller == Some(true)).cloned(),
        after: earlier.map(|owner| Earlier::There { name: owner.name.clone(), uid: owner.uid.clone() }).collect(),
    }
}

/// Is a part of this half gone afterwards? What stays of it gets a bridge; where that part cannot be said as a rule
/// (a port that changes between name and number) the half stays whole, because cutting is worse.
fn goes(view: &View<'_>, change: &Changing<'_>, atom: &Atom, direction: Direction, changing: &[Changing<'_>]) -> bool {
    let Some(before) = &change.before else { return false };
    let kept = change.same_pods() && covered(atom, direction.of(change.after.as_ref()));
    let unsayable = |new: &Atom| {
        peers_may_overlap(view, &new.peer, &atom.peer)
            && ports_may_overlap(&new.port, &atom.port)
            && atom.and(new).is_none()
    };
    !kept
        && !changing.iter().filter_map(|other| other.after.as_ref()).any(|after| {
            pods_and(&before.pods, &after.pods).is_some() && direction.of(Some(after)).iter().any(unsayable)
        })
}

/// Does a half of the other direction come that makes a flow with this one?
fn meets(view: &View<'_>, change: &Changing<'_>, atom: &Atom, direction: Direction, changing: &[Changing<'_>]) -> bool {
    let Some(before) = &change.before else { return false };
    let other = direction.other();
    changing.iter().any(|change| {
        let Some(after) = &change.after else { return false };
        let known = |new: &Atom| change.same_pods() && covered(new, other.of(change.before.as_ref()));
        may_be(view, &atom.peer, &after.pods)
            && other.of(Some(after)).iter().any(|new| {
                !known(new) && may_be(view, &new.peer, &before.pods) && ports_may_overlap(&new.port, &atom.port)
            })
    })
}

/// Could an address or Pod be both?
fn peers_may_overlap(view: &View<'_>, a: &Peer, b: &Peer) -> bool {
    match (a, b) {
        (Peer::Pods(a), Peer::Pods(b)) => {
            namespaces_may_overlap(view, &a.namespace, &b.namespace) && pods_and(&a.pods, &b.pods).is_some()
        }
        (Peer::Block { cidr: a, .. }, Peer::Block { cidr: b, .. }) => a.contains(b) || b.contains(a),
        _ => false,
    }
}

/// Can the peer be one of these Pods of the profile's own namespace?
fn may_be(view: &View<'_>, peer: &Peer, pods: &PodMatch) -> bool {
    let Peer::Pods(peer) = peer else { return false };
    namespaces_may_overlap(view, &peer.namespace, &NamespaceMatch::Own) && pods_and(&peer.pods, pods).is_some()
}

fn namespaces_may_overlap(view: &View<'_>, a: &NamespaceMatch, b: &NamespaceMatch) -> bool {
    let own = || NamespaceMatch::Named(view.situation.desired.identity.namespace.clone()).selector();
    match (a.selector().or_else(own), b.selector().or_else(own)) {
        (Some(a), Some(b)) => a.may_overlap(&b),
        _ => true,
    }
}
