//! How a reconcile ended.

use crate::{
    api::{FlowsStatus, PolicyStatus, Reason},
    model::Problems,
    plan::{Change, Drift},
};

/// How a reconcile ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The profile is invalid; the last good policies stay.
    Invalid(Problems),
    /// A policy would be too large for the API server; the last good policies stay.
    TooLarge(String),
    /// `spec.suspend`: nothing was looked at.
    Suspended,
    /// DNS was not found; nothing was written.
    NoDns,
    /// Mode `Audit`: nothing was written.
    Audited {
        /// What would be done.
        changes: Vec<Change>,
        /// Number of wanted policies.
        wanted: usize,
        /// What it would do to flows.
        flows: Box<FlowsStatus>,
    },
    /// The policies were compared with what is wanted, and written where they differed.
    Applied(Applied),
}

/// What is in place after a reconcile, and what was done for it. Only the step that writes makes one, so that the status
/// says what is, not what was meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// The policies of the profile that are there now, by name.
    pub policies: Vec<PolicyStatus>,
    /// Number of wanted policies.
    pub wanted: usize,
    /// Number of wanted policies that are there, exactly as wanted.
    pub in_place: usize,
    /// Policies that were written for the first time.
    pub created: Vec<String>,
    /// Policies that were changed.
    pub updated: Vec<String>,
    /// Policies that were removed.
    pub deleted: Vec<String>,
    /// What could not be written.
    pub failures: Vec<Failure>,
    /// What someone else changed.
    pub drift: Vec<Drift>,
    /// Was the drift put back?
    pub repaired: bool,
    /// Does someone change the policies again and again?
    pub fighting: bool,
    /// Mode `Disabled`: nothing is wanted.
    pub disabled: bool,
}

/// A write that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind: `Forbidden`, `PolicyNameTaken`, `QuotaExceeded`, `ApplyFailed`.
    pub reason: Reason,
    /// The policy's name.
    pub policy: String,
    /// What the API server said, and what one can do.
    pub message: String,
}

impl Failure {
    /// Does it need someone to act? The others are tried again.
    #[must_use]
    pub fn needs_someone(&self) -> bool {
        self.reason != Reason::ApplyFailed
    }
}

impl Applied {
    /// Was this policy written?
    #[must_use]
    pub fn wrote(&self, policy: &str) -> bool {
        self.created.iter().chain(&self.updated).any(|name| name == policy)
    }

    /// Is everything as wanted?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.in_place == self.wanted
    }
}
