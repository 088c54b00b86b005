//! Companions that change.
//!
//! What a companion allows needs no second half, and it isolates nobody. So it can come early and go late without opening
//! anything that neither the old nor the new profile allows: what it loses is kept by a copy until all else is in place.

use super::{
    super::{Write, view::View},
    bridges::create,
};
use crate::policy::{DesiredPolicy, normal_value, only_to_api_server};

/// Copies of the companions that are about to change, unless all else is in place already. What is not may also be a tier
/// that waits for another one and keeps its Pods until then: they need the companion as it was. A change whose copy was
/// refused waits.
pub(in crate::plan) fn kept_companions(view: &View<'_>, going: usize, updates: &mut Vec<Write>) -> Vec<Write> {
    let desired = view.situation.desired;
    // What somebody else took may never come: nothing is kept open for that.
    let comes = |policy: &&DesiredPolicy| !view.in_place(policy) && !view.taken(policy);
    let to_come = desired.companions.iter().chain(&desired.allows).filter(comes).count();
    if to_come + going < 2 {
        return Vec::new();
    }
    let mut copies = Vec::new();
    updates.retain(|update| {
        let Write::Update { name, body, .. } = update else { return true };
        let spec = &body.content.spec;
        let Some(row) = view.find(spec.kind(), name) else { return true };
        // What someone else made of it is not worth keeping.
        if !only_to_api_server(&row.spec) || normal_value(&row.spec) == normal_value(spec) {
            return true;
        }
        let copy = create(view, name, name, row.spec.clone());
        let waits = copy.as_ref().is_some_and(|copy| !view.writable(copy.name()));
        if !waits {
            copies.extend(copy);
        }
        !waits
    });
    copies
}
