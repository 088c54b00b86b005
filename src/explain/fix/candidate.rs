//! A change that may help, and the state that it makes.

use serde_json::Value;

use super::super::{answer::ChangeShown, setting::Setting};
use crate::reach::Policy;

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
    /// The policies that it writes; nothing when it cannot be made.
    pub(super) fn policies(&self, setting: &Setting<'_>) -> Option<Vec<Policy>> {
        match &self.act {
            Act::Policy(policy) => Some(vec![policy.clone()]),
            Act::Profile(_, value) => Some(setting.profiles.policies(&setting.profiles.read(value)?)),
        }
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
