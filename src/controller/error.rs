//! What can go wrong in a reconcile, one variant a step.

use crate::cluster::{RequestError, Trouble};

/// Why a reconcile could not be finished. What can be told in the status is no error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cluster could not be read.
    #[error("cannot read the profile or its policies: {0}")]
    Enforce(#[source] RequestError),
    /// The status could not be written.
    #[error("cannot write the status: {0}")]
    Status(#[source] RequestError),
}

impl Error {
    /// The step, for metrics.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Enforce(_) => "enforce",
            Self::Status(_) => "status",
        }
    }

    /// Did only something change meanwhile? That is no failure: the next look is already due.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        let (Self::Enforce(error) | Self::Status(error)) = self;
        matches!(error.trouble(), Trouble::Outdated | Trouble::NamespaceGoing)
    }

    /// Did only the leadership end meanwhile? The next leader looks at everything.
    #[must_use]
    pub fn is_not_leading(&self) -> bool {
        let (Self::Enforce(error) | Self::Status(error)) = self;
        error.trouble() == Trouble::NotLeading
    }
}
