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
    /// The field of the profile, as `spec.tiers[1].podSelector`.
    pub path: String,
    /// What was found. It holds no counts: they change with every rollout.
    pub found: String,
    /// What one can do.
    pub advice: String,
}

impl Finding {
    pub(super) fn labels(
        reason: Reason,
        tier: Option<&str>,
        path: String,
        (found, advice): (String, impl Into<String>),
    ) -> Self {
        let (condition, tier, advice) = (ConditionType::LabelsMatched, tier.map(str::to_owned), advice.into());
        Self { condition, reason, tier, path, found, advice }
    }

    /// What was found and what one can do, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let Self { found, advice, .. } = self;
        if advice.is_empty() { found.clone() } else { format!("{found}; {advice}") }
    }

    /// Is it true although only a part of the cluster was read, as files hold one? `peopled`: some Pods of the profile's namespace are
    /// in that part. Namespaces and Services that are not in it may be elsewhere.
    #[must_use]
    pub fn holds_for_a_part(&self, peopled: bool) -> bool {
        self.condition == ConditionType::LabelsMatched
            && self.reason != Reason::NoMatchingNamespaces
            && (self.tier.is_none() || peopled)
    }

    /// The message with its place, for where no field stands beside it. A message about a tier names the tier.
    #[must_use]
    pub fn told(&self) -> String {
        if self.tier.is_some() { self.message() } else { format!("{}: {}", self.path, self.message()) }
    }
}
