//! A change that may help, and the state that it makes.

use serde_json::Value;

use super::super::{answer::ChangeShown, setting::Setting};
use crate::reach::{Picture, Policy};

/// A change that may help.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// How it is shown.
    pub shown: ChangeShown,
    /// What it does.
    pub act: Act,
}

/// What a change does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// The profile at this position becomes this.
    Profile(usize, Value),
    /// A policy becomes this, or is new.
    Policy(Policy),
}

impl Candidate {
    /// Makes the change in a state; false when that cannot be.
    pub(super) fn apply(&self, setting: &Setting<'_>, picture: &mut Picture) -> bool {
        match &self.act {
            Act::Policy(policy) => put(picture, policy.clone()),
            Act::Profile(_, value) => {
                let Some(profile) = setting.profiles.read(value) else { return false };
                for policy in setting.profiles.policies(&profile) {
                    put(picture, policy);
                }
            }
        }
        true
    }

    /// Would one of the two undo the other?
    pub(super) fn clashes(&self, other: &Self) -> bool {
        match (&self.act, &other.act) {
            (Act::Profile(one, _), Act::Profile(other, _)) => one == other,
            (Act::Policy(one), Act::Policy(other)) => one.namespace == other.namespace && one.name == other.name,
            _ => false,
        }
    }
}

fn put(picture: &mut Picture, policy: Policy) {
    let same = |known: &&mut Policy| known.namespace == policy.namespace && known.name == policy.name;
    match picture.policies.iter_mut().find(same) {
        Some(known) => *known = policy,
        None => picture.policies.push(policy),
    }
}
