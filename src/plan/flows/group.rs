//! Flows that read as one: the same end, the same ports, the same reasons.

use std::collections::{BTreeSet, HashMap};

use super::{Crowd, Effect, Flow};
use crate::reach::{Cause, FarEnd, PortSet};

/// Flows that read as one.
#[derive(Clone, Debug)]
pub struct Group<'f> {
    /// What happens to them.
    pub effect: Effect,
    /// Who calls, in words.
    pub from: String,
    /// Who is called, in words.
    pub to: String,
    /// The ports before.
    pub before: &'f PortSet,
    /// The ports after.
    pub after: &'f PortSet,
    /// Why ports are lost: what all its flows have in common; where there is nothing, what any of them has.
    pub causes: Vec<Cause>,
    /// The flows.
    pub flows: Vec<&'f Flow>,
}

/// One end, and all that flows of a group have in common: is it the one that is called?
type Key<'f> = (bool, &'f FarEnd, &'f PortSet, &'f PortSet);

fn key(flow: &Flow, called: bool) -> Key<'_> {
    let one = &flow.difference;
    (called, if called { &one.to } else { &one.from }, &one.before, &one.after)
}

/// Groups: each flow is in one, together with as many others as can be. Cut ones first, then by who is called.
#[must_use]
pub fn groups<'f>(flows: &'f [Flow], crowd: &Crowd<'_>) -> Vec<Group<'f>> {
    let mut sizes: HashMap<Key<'f>, usize> = HashMap::new();
    for flow in flows {
        for called in [true, false] {
            *sizes.entry(key(flow, called)).or_default() += 1;
        }
    }
    let mut members: HashMap<Key<'f>, Vec<&'f Flow>> = HashMap::new();
    for flow in flows {
        let (to_one, of_one) = (key(flow, true), key(flow, false));
        members.entry(if sizes[&to_one] >= sizes[&of_one] { to_one } else { of_one }).or_default().push(flow);
    }
    let mut groups: Vec<_> = members.into_iter().map(|(key, flows)| group(key, flows, crowd)).collect();
    // The last part tells groups apart that read the same, so that a plan is printed the same each time.
    groups.sort_by(|one, other| {
        (one.effect, &one.to, &one.from, one.before, one.after, &one.flows).cmp(&(
            other.effect,
            &other.to,
            &other.from,
            other.before,
            other.after,
            &other.flows,
        ))
    });
    groups
}

fn group<'f>((called, near, before, after): Key<'f>, flows: Vec<&'f Flow>, crowd: &Crowd<'_>) -> Group<'f> {
    let far = flows.iter().map(|flow| if called { &flow.difference.from } else { &flow.difference.to });
    let far = crowd.describe(&far.collect::<Vec<_>>(), near);
    let near = near.to_string();
    let (from, to) = if called { (far, near) } else { (near, far) };
    let causes = shared(flows.iter().map(|flow| &flow.causes[..]));
    Group { effect: Effect::of(before, after), from, to, before, after, causes, flows }
}

/// The causes that all have; where there is none, those that any has. Sorted.
pub(super) fn shared<'c>(all: impl Iterator<Item = &'c [Cause]> + Clone) -> Vec<Cause> {
    let any: BTreeSet<_> = all.clone().flatten().collect();
    let shared: Vec<_> = any.iter().filter(|cause| all.clone().all(|causes| causes.contains(cause))).collect();
    if shared.is_empty() { any.into_iter().cloned().collect() } else { shared.into_iter().copied().cloned().collect() }
}
