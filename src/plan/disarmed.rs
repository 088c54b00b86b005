//! Policies that isolate nobody yet.
//!
//! What isolates comes into force only when everything that is to go after it has it as an owner; the uid for that only
//! the API server gives. So where something is to refer to a new policy, it is created with a selector that no Pod can
//! match, and gets its own selector with a later write.

use super::{Body, Write};
use crate::{
    observe::{PolicyRow, PolicySpec},
    policy::disarmed_selector,
};

/// The same, isolating nobody.
pub(super) fn disarm(mut body: Body) -> Body {
    if let PolicySpec::Standard(spec) = &mut body.content.spec {
        spec.pod_selector = Some(disarmed_selector());
    }
    body
}

/// Does this policy wait to be armed?
pub(super) fn is_disarmed(row: &PolicyRow) -> bool {
    row.spec.standard().is_some_and(|spec| spec.pod_selector == Some(disarmed_selector()))
}

/// The same writes, but what others of them refer to is created disarmed before them, and armed where it would have been
/// created. `held_back` is not armed yet at all.
pub(super) fn first_disarmed(writes: Vec<Write>, held_back: Vec<Write>) -> Vec<Write> {
    let bodies = || writes.iter().chain(&held_back).filter_map(Write::body);
    let referred: Vec<_> = writes
        .iter()
        .chain(&held_back)
        .map(|write| matches!(write, Write::Create { .. }) && bodies().any(|body| body.goes_after_new(write.name())))
        .collect();
    let (mut first, mut then) = (Vec::new(), Vec::new());
    let armed = writes.len();
    for (position, (write, referred)) in writes.into_iter().chain(held_back).zip(referred).enumerate() {
        match write {
            Write::Create { name, role, body } if referred => {
                let disarmed = Box::new(disarm((*body).clone()));
                first.push(Write::Create { name: name.clone(), role: role.clone(), body: disarmed });
                if position < armed {
                    then.push(Write::Update { name, role, body, fields: vec!["spec.podSelector".into()] });
                }
            }
            write if position < armed => then.push(write),
            _ => {}
        }
    }
    // What goes first when the profile is deleted comes first, so that its uid is there for the others.
    first.sort_by_key(|write| write.role().is_some_and(|role| *role != crate::policy::Role::Dns));
    first.extend(then);
    first
}
