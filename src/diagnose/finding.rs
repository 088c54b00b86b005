//! What a check found.

use crate::api::{ConditionType, Reason};

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The condition that it makes false.
    pub condition: ConditionType,
    /// Its kind.
    pub reason: Reason,
    /// The tier that it is about, if it is about one.
    pub tier: Option<String>,
    /// What was found, where, and what one can do. It holds no counts: they change with every rollout.
    pub message: String,
}

impl Finding {
    pub(super) fn labels(reason: Reason, tier: Option<&str>, message: String) -> Self {
        Self { condition: ConditionType::LabelsMatched, reason, tier: tier.map(str::to_owned), message }
    }
}
