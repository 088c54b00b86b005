//! What can go wrong with a request, sorted by who can help.

use super::NotLeading;
use crate::api::Reason;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The API server did not answer in time.
    #[error("the API server did not answer within {0:?}")]
    TimedOut(std::time::Duration),
    /// It was not asked, or not long enough: only the leader writes.
    #[error(transparent)]
    NotLeading(NotLeading),
    /// It answered with an error, or could not be reached.
    #[error("{0}")]
    Kube(kube::Error),
}

/// What a failure means for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The object changed, went or came meanwhile: look again.
    Outdated,
    /// The namespace is going: nothing is to be done any more.
    NamespaceGoing,
    /// Another operator leads, and looks at everything itself.
    NotLeading,
    /// Someone has to act; the reason says who.
    Permanent(Reason),
    /// Try again later.
    Passing,
}

impl RequestError {
    /// What the failure means.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let status = match self {
            Self::Kube(kube::Error::Api(status)) => status,
            Self::NotLeading(_) => return Trouble::NotLeading,
            Self::Kube(_) | Self::TimedOut(_) => return Trouble::Passing,
        };
        let going = status
            .details
            .iter()
            .flat_map(|details| &details.causes)
            .any(|cause| cause.reason == "NamespaceTerminating");
        match status.code {
            403 if going => Trouble::NamespaceGoing,
            // The quota plugin answers 403 as RBAC does; only its words tell them apart.
            403 if status.message.contains("exceeded quota") => Trouble::Permanent(Reason::QuotaExceeded),
            401 | 403 => Trouble::Permanent(Reason::Forbidden),
            404 | 409 => Trouble::Outdated,
            413 => Trouble::Permanent(Reason::TooLarge),
            400 | 405 | 422 => Trouble::Permanent(Reason::ApplyFailed),
            _ => Trouble::Passing,
        }
    }
}

impl From<kube::Error> for RequestError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Service(inner) => match inner.downcast_ref::<NotLeading>() {
                Some(not_leading) => Self::NotLeading(*not_leading),
                None => Self::Kube(error),
            },
            _ => Self::Kube(error),
        }
    }
}
