//! Bridges: policies that say what an old and a new one both say, while the one becomes the other.

use super::{
    super::{Write, view::View},
    Changing, Crossing,
    changing::{Direction, covered, rules},
};
use crate::{
    observe::PolicySpec,
    policy::{Atom, bridge, pods_and, policy_spec},
};

/// Where the deny is about to go, Pods that no tier selects any more will be open; until then they need all they had.
pub(super) fn farewells(view: &View<'_>, changing: &[Changing<'_>]) -> Vec<Write> {
    if view.situation.desired.deny.is_some() || view.deny().is_none() {
        return Vec::new();
    }
    let leaving = changing.iter().filter(|change| change.after.is_some() && !change.same_pods());
    leaving
        .filter_map(|change| {
            let before = change.before.as_ref();
            let (ingress, egress) = (Direction::Ingress.of(before), Direction::Egress.of(before));
            let spec = policy_spec(&before?.pods, &rules(ingress), &rules(egress));
            create(view, change.name, change.name, spec.into())
        })
        .collect()
}

/// What moves from one policy to another, and what stays of a half that is taken out because a part of it would cross.
pub(super) fn bridges(view: &View<'_>, changing: &[Changing<'_>], crossing: &[Crossing], shielded: bool) -> Vec<Write> {
    let mut writes = Vec::new();
    for (from, crossing) in changing.iter().zip(crossing) {
        for to in changing {
            let (Some(before), Some(after)) = (&from.before, &to.after) else { continue };
            let Some(pods) = pods_and(&before.pods, &after.pods) else { continue };
            // New policies are written before changed ones, and superfluous ones go last: nothing is lost there.
            let lost_on_the_way = from.after.is_some() && to.before.is_some() && from.name != to.name;
            let both = |direction: Direction| -> Vec<Atom> {
                let kept = |atom: &Atom| {
                    !lost_on_the_way
                        || (from.same_pods() && covered(atom, direction.of(from.after.as_ref())))
                        || (to.same_pods() && covered(atom, direction.of(to.before.as_ref())))
                };
                let new = direction.of(Some(after));
                let moved = direction.of(Some(before)).iter().flat_map(|old| new.iter().filter_map(|new| old.and(new)));
                let rest =
                    crossing.of_direction(direction).iter().flat_map(|old| new.iter().filter_map(|new| old.and(new)));
                let mut atoms: Vec<_> = moved.filter(|atom| !kept(atom)).chain(rest).collect();
                atoms.sort();
                atoms.dedup();
                atoms
            };
            let (ingress, egress) = (both(Direction::Ingress), both(Direction::Egress));
            let loses_isolation = !shielded && lost_on_the_way && !from.same_pods() && !to.same_pods();
            if !ingress.is_empty() || !egress.is_empty() || loses_isolation {
                let spec = policy_spec(&pods, &rules(&ingress), &rules(&egress));
                writes.extend(create(view, from.name, to.name, spec.into()));
            }
        }
    }
    writes
}

/// A bridge, unless it stands already from a change that was interrupted.
pub(super) fn create(view: &View<'_>, from: &str, to: &str, spec: PolicySpec) -> Option<Write> {
    let policy = bridge(&view.situation.desired.identity.name, from, to, spec);
    let body = Box::new(view.body(&policy));
    view.get(&policy).is_none().then_some(Write::Create { name: policy.name, role: policy.role, body })
}
