//! What can go wrong on the way to the API server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use tokio_util::sync::CancellationToken;

type Applies = dyn Fn(&Method, &str) -> bool + Send + Sync;

/// A fault to install on a `FaultProxy`: what happens, to which requests, how often.
pub struct Fault {
    applies: Box<Applies>,
    pub(super) effect: Effect,
    limit: usize,
}

#[derive(Clone)]
pub(super) enum Effect {
    /// The API server never sees the request.
    Refuse(Refusal),
    /// The API server carries the request out, and the client is told that it failed.
    RefuseTooLate(Refusal),
    /// Nothing happens until the fault is removed.
    Hold,
}

#[derive(Clone)]
pub(super) struct Refusal {
    code: u16,
    message: String,
}

impl Fault {
    /// Requests are refused with this code and the `Status` that the API server sends with it.
    pub fn refuse(code: u16) -> Self {
        Self::new(Effect::Refuse(Refusal::new(code)))
    }

    /// Requests are carried out, but the client is told this code: an answer that was lost on its way.
    pub fn refuse_too_late(code: u16) -> Self {
        Self::new(Effect::RefuseTooLate(Refusal::new(code)))
    }

    /// Requests hang for ever, or until the fault is removed; then they go on to the API server.
    pub fn hold() -> Self {
        Self::new(Effect::Hold)
    }

    /// Only requests that this says yes to, by method and path (without the query).
    #[must_use]
    pub fn on(mut self, applies: impl Fn(&Method, &str) -> bool + Send + Sync + 'static) -> Self {
        self.applies = Box::new(applies);
        self
    }

    /// Only the first `limit` of them.
    #[must_use]
    pub fn times(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// With this message in the `Status`, where a program might read it.
    #[must_use]
    pub fn saying(mut self, message: &str) -> Self {
        if let Effect::Refuse(refusal) | Effect::RefuseTooLate(refusal) = &mut self.effect {
            message.clone_into(&mut refusal.message);
        }
        self
    }

    fn new(effect: Effect) -> Self {
        Self { applies: Box::new(|_, _| true), effect, limit: usize::MAX }
    }
}

/// A fault in force. It stays in force when this is dropped.
#[derive(Clone)]
pub struct Installed {
    fault: Arc<Fault>,
    hits: Arc<AtomicUsize>,
    removed: CancellationToken,
}

impl Installed {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault: Arc::new(fault), hits: Arc::default(), removed: CancellationToken::new() }
    }

    /// How many requests it has struck.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// Ends it. Requests that it holds go on.
    pub fn remove(&self) {
        self.removed.cancel();
    }

    /// Resolves when it has been removed.
    pub(super) async fn removal(&self) {
        self.removed.cancelled().await;
    }

    /// What happens to this request, which then counts as struck.
    pub(super) fn strike(&self, method: &Method, path: &str) -> Option<Effect> {
        if self.removed.is_cancelled() || !(self.fault.applies)(method, path) {
            return None;
        }
        let below = |hits| (hits < self.fault.limit).then_some(hits + 1);
        self.hits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, below).ok()?;
        Some(self.fault.effect.clone())
    }
}

impl Refusal {
    fn new(code: u16) -> Self {
        Self { code, message: format!("refused with {code} by the test") }
    }

    pub(super) fn response(&self, method: &Method) -> Response {
        let status = json!({
            "apiVersion": "v1",
            "kind": "Status",
            "metadata": {},
            "status": "Failure",
            "code": self.code,
            "reason": reason(self.code, method),
            "message": self.message,
        });
        let mut response = Response::builder().status(self.code).header(header::CONTENT_TYPE, "application/json");
        // The API server says with every 429 when to come again; clients behave differently without it.
        if self.code == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            response = response.header(header::RETRY_AFTER, "1");
        }
        response.body(Body::from(status.to_string())).expect("a status code from 100 to 999")
    }
}

fn reason(code: u16, method: &Method) -> &'static str {
    match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 if method == Method::POST => "AlreadyExists",
        409 => "Conflict",
        410 => "Expired",
        422 => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "",
    }
}
