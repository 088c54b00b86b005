//! A way to the API server on which a test can break things and see every request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kube::{Client, Config};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control_plane::{ControlPlane, client};
use super::fault::{Effect, Fault, Installed};

// More than the API server itself accepts.
const LARGEST_REQUEST: usize = 8 << 20;

/// An HTTP server in front of the API server. It passes everything on, with the administrator's rights or those of
/// whom a request impersonates, until a test installs a fault. It ends when it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    way: Arc<Way>,
    server: JoinHandle<()>,
}

/// A request that came to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub method: Method,
    /// Without the query.
    pub path: String,
    pub query: String,
    pub user_agent: String,
}

impl Seen {
    /// Does it ask for a change?
    pub fn is_write(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&self.method)
    }
}

struct Way {
    upstream: Client,
    faults: Mutex<Vec<Installed>>,
    seen: Mutex<Vec<Seen>>,
}

impl FaultProxy {
    /// Begins to serve on a free loopback port.
    pub async fn start(control_plane: &ControlPlane) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free loopback port");
        let address = listener.local_addr().expect("it is bound");
        let way =
            Arc::new(Way { upstream: control_plane.client().await, faults: Mutex::default(), seen: Mutex::default() });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&way));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { address, way, server }
    }

    /// A configuration that leads through this proxy, over plain HTTP and without credentials or retries.
    pub fn config(&self) -> Config {
        let mut config = Config::new(format!("http://{}", self.address).parse().expect("an address is a URI"));
        config.default_retry = false;
        config
    }

    /// A client that goes through this proxy.
    pub fn client(&self) -> Client {
        client(self.config())
    }

    /// Puts a fault in force. Where several apply to a request, the first strikes.
    pub fn install(&self, fault: Fault) -> Installed {
        let installed = Installed::new(fault);
        held(&self.way.faults).push(installed.clone());
        installed
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        held(&self.way.seen).clone()
    }

    /// The requests among them that ask for a change. Leases of leader election are among these.
    pub fn writes(&self) -> Vec<Seen> {
        self.requests().into_iter().filter(Seen::is_write).collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        held(&self.way.seen).clear();
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

// A test that panicked in a predicate has said so already; the others go on.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn handle(State(way): State<Arc<Way>>, request: Request) -> Response {
    let seen = Seen {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        user_agent: request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default(),
    };
    held(&way.seen).push(seen.clone());
    let faults = held(&way.faults).clone();
    let struck = faults.iter().find_map(|fault| Some((fault, fault.strike(&seen.method, &seen.path)?)));
    match struck {
        None => forward(&way.upstream, request).await,
        Some((_, Effect::Refuse(refusal))) => refusal.response(&seen.method),
        Some((_, Effect::RefuseTooLate(refusal))) => {
            forward(&way.upstream, request).await;
            refusal.response(&seen.method)
        }
        Some((fault, Effect::Hold)) => {
            fault.removal().await;
            forward(&way.upstream, request).await
        }
    }
}

/// The request as a whole, since all requests are small; the answer piece by piece, since a watch has no end.
async fn forward(upstream: &Client, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    remove_connection_headers(&mut head.headers);
    // It named the proxy; the client puts the API server's name there.
    head.headers.remove(header::HOST);
    let answer = match to_bytes(body, LARGEST_REQUEST).await {
        Ok(body) => upstream.send(Request::from_parts(head, body.into())).await,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    match answer {
        Ok(answer) => {
            let mut answer = answer.map(Body::new);
            remove_connection_headers(answer.headers_mut());
            answer
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

// They speak of one of the two connections.
fn remove_connection_headers(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE] {
        headers.remove(name);
    }
}
