//! What has to be written before the wanted policies, so that a change of several of them cuts and opens nothing.
//!
//! Each policy changes atomically, several do not. Two things can go wrong in between, and both are rare:
//!
//! - **A flow moves from one policy to another** (two tiers swap their selectors, overlapping tiers exchange a caller).
//!   Whichever is written first, the flow has no policy for a moment. A *bridge* says exactly what the old one and the
//!   new one both say, stays until everything else is in place, and is removed like any policy that is no longer wanted.
//! - **Two halves cross**: an egress half that goes and an ingress half that comes can make a flow that neither the old nor
//!   the new profile allows. The half that goes is taken out first.

mod bridges;
mod changing;
mod companions;
mod crossing;
mod waiting;

use bridges::{bridges, farewells};
use changing::Changing;
pub(super) use companions::kept_companions;
use crossing::{Crossing, without};
pub(super) use waiting::without_waiting;

use super::{
    Write,
    view::{View, isolates_all},
};
use crate::observe::PolicyRow;

/// Bridges, then policies without the halves that would cross.
pub(super) fn prelude(view: &View<'_>, creates: &[Write], updates: &[Write], surplus: &[&PolicyRow]) -> Vec<Write> {
    // A change of one policy is atomic, and with nothing before there is nothing to keep.
    let ending = view.situation.desired.deny.is_none() && view.deny().is_some();
    if updates.is_empty() && surplus.is_empty() || (updates.len() + creates.len() + surplus.len() < 2 && !ending) {
        return Vec::new();
    }
    // Where only owners or labels change, nothing moves.
    let written = creates
        .iter()
        .chain(updates)
        .filter_map(|write| Changing::written(view, write))
        .filter(|change| change.before.is_none() || change.before != change.after);
    let changing: Vec<_> = written.chain(surplus.iter().map(|row| Changing::going(view, row))).collect();
    let shielded = shielded(view);
    let crossing: Vec<_> = changing.iter().map(|change| Crossing::of(view, change, &changing, shielded)).collect();
    let mut writes = farewells(view, &changing);
    writes.extend(bridges(view, &changing, &crossing, shielded));
    writes.extend(changing.iter().zip(&crossing).filter_map(|(change, crossing)| without(change, crossing)));
    writes
}

/// Is every Pod of the namespace isolated before, while and after? Then losing a policy closes, and never opens.
pub(super) fn shielded(view: &View<'_>) -> bool {
    view.situation.desired.deny.as_ref().is_some_and(|deny| view.get(deny).is_some_and(isolates_all))
}
