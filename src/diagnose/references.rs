//! What the profile refers to and was not found.

use super::{Finding, Input};
use crate::api::ConditionType;

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    input
        .resolved
        .unresolved
        .iter()
        .map(|missing| Finding {
            condition: ConditionType::ReferencesResolved,
            reason: missing.reason,
            tier: None,
            path: missing.path.clone(),
            found: missing.message.clone(),
            advice: String::new(),
        })
        .collect()
}
