//! Requests with a time limit.

use std::{future::Future, time::Duration};

use kube::Client;

use super::RequestError;

/// A client whose requests end in time.
#[derive(Clone)]
pub struct Requests {
    /// The client.
    pub(super) client: Client,
    /// The longest that a request may take. The client itself would wait for ever for an answer.
    pub(super) timeout: Duration,
}

impl Requests {
    /// Waits for an answer, but not for ever.
    ///
    /// # Errors
    /// What the API server answered, or that it did not.
    pub async fn within<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, RequestError> {
        match tokio::time::timeout(self.timeout, request).await {
            Ok(answer) => answer.map_err(RequestError::from),
            Err(_) => Err(RequestError::TimedOut(self.timeout)),
        }
    }
}
