//! `/healthz`, `/readyz` and `/metrics`.

use std::net::SocketAddr;

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{cluster::Ready, metrics::Metrics};

/// Why the endpoints are not there.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

#[derive(Clone)]
struct Shared {
    ready: Ready,
    metrics: Metrics,
}

/// Serves until it is told to stop. Gives the address, which matters when port 0 was asked for.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    ready: Ready,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<SocketAddr, ServeError> {
    let listen = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let local = listener.local_addr().map_err(listen)?;
    let router = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(|State(shared): State<Shared>| async move { shared.metrics.text() }))
        .with_state(Shared { ready, metrics });
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the HTTP endpoints ended");
        }
    });
    Ok(local)
}

/// Ready when every watch has seen everything once: before that the operator knows too little to write anything.
async fn readiness(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if shared.ready.is_ready() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the watches have not seen everything yet")
    }
}
