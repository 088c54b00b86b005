//! Changes that have to wait for a policy that cannot be written.
//!
//! A Pod that moves from one tier to another is kept by writing the other one first. When that write is refused (a
//! quota, a webhook, a missing right, a name that is taken), the policy that would let the Pod go must keep it.

use super::{
    super::{Write, view::View},
    Changing,
    changing::{Direction, covered},
    shielded,
};
use crate::policy::{DesiredPolicy, pods_and, read};

/// The changes that may be done although some wanted policies cannot be written now. One that waits is itself missing
/// for others, so this goes on until nothing more has to wait.
pub(in crate::plan) fn without_waiting(view: &View<'_>, creates: &[Write], mut updates: Vec<Write>) -> Vec<Write> {
    loop {
        let coming = |name: &str| creates.iter().chain(&updates).any(|write| write.name() == name);
        let allows = view.situation.desired.allows.iter();
        let missing: Vec<_> = allows.filter(|allow| !coming(&allow.name) && !view.is(allow)).collect();
        let before = updates.len();
        updates.retain(|update| !missing.iter().any(|missing| relies_on(view, update, missing)));
        if updates.len() == before {
            return updates;
        }
    }
}

/// Does this change take something from a Pod that the missing policy was to give it?
fn relies_on(view: &View<'_>, update: &Write, missing: &DesiredPolicy) -> bool {
    let own = &view.situation.desired.identity.namespace;
    let (Some(change), Some(after)) = (Changing::written(view, update), read(&missing.spec, own)) else { return false };
    let Some(before) = &change.before else { return false };
    if pods_and(&before.pods, &after.pods).is_none() {
        return false;
    }
    // Where Pods are open unless selected, one that no policy selects for a moment is open for that moment.
    if !shielded(view) && !change.same_pods() {
        return true;
    }
    let there = view.get(missing).and_then(|row| read(&row.spec, own)).filter(|there| there.pods == after.pods);
    [Direction::Ingress, Direction::Egress].into_iter().any(|direction| {
        let lost = |atom: &&_| !(change.same_pods() && covered(atom, direction.of(change.after.as_ref())));
        let given = |old: &_| {
            let new = direction.of(Some(&after)).iter();
            new.filter_map(|new| new.and(old)).any(|atom| !covered(&atom, direction.of(there.as_ref())))
        };
        direction.of(Some(before)).iter().filter(lost).any(given)
    })
}
