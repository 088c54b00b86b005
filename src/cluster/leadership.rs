//! The right to write, which runs out by itself, and the gate that asks for it.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use http::{Request, Response, Uri};
use kube::{Client, client::Body};
use tower::BoxError;

/// A moment on this machine, by two clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// How long ago that was, or longer: by the clock that says more.
    ///
    /// The steady clock stands still while the machine is suspended, and the wall clock does not. When someone sets the
    /// wall clock forward, a leader stops for nothing and is elected anew: no harm. Setting it back changes nothing.
    pub(super) fn age(&self) -> Duration {
        self.steady.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }
}

/// One leadership, from an election to its end. It does not come back: who is elected again gets another.
///
/// Whether it is still in force is asked of the clock at each use. A timer that should have ended it may not have run: the
/// process can be stopped, or the machine.
#[derive(Clone)]
pub struct Leadership(Option<Arc<Mutex<Hold>>>);

struct Hold {
    /// When the request began that renewed the Lease last. Others count from when they saw its outcome, which is later.
    renewed: Moment,
    deadline: Duration,
    over: bool,
}

impl Leadership {
    /// One that never ends: there is no election.
    #[must_use]
    pub const fn endless() -> Self {
        Self(None)
    }

    /// None at all: for those who only read.
    pub(super) fn never() -> Self {
        Self::begin(Moment::now(), Duration::ZERO)
    }

    pub(super) fn begin(renewed: Moment, deadline: Duration) -> Self {
        Self(Some(Arc::new(Mutex::new(Hold { renewed, deadline, over: false }))))
    }

    fn hold(&self) -> Option<MutexGuard<'_, Hold>> {
        self.0.as_ref().map(|hold| hold.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn renew(&self, renewed: Moment) {
        if let Some(mut hold) = self.hold() {
            hold.renewed = renewed;
        }
    }

    pub(super) fn end(&self) {
        if let Some(mut hold) = self.hold() {
            hold.over = true;
        }
    }

    /// How long ago it was renewed.
    pub(super) fn age(&self) -> Duration {
        self.hold().map_or(Duration::ZERO, |hold| hold.renewed.age())
    }

    /// How long it lasts if it is not renewed; nothing when it is over.
    #[must_use]
    pub fn rest(&self) -> Option<Duration> {
        let Some(hold) = self.hold() else { return Some(Duration::MAX) };
        let rest = hold.deadline.checked_sub(hold.renewed.age()).filter(|rest| !rest.is_zero());
        rest.filter(|_| !hold.over)
    }
}

/// Why a write was not sent, or its answer not waited for.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this operator is not the leader any more, and only the leader writes")]
pub struct NotLeading;

/// A client that looks through one and writes through the other, this only while the leadership lasts. This is the one place that
/// decides it.
///
/// A write takes no longer than the leadership would last without being renewed. The API server is told that too, so that it
/// gives up a request that waits there when we cannot tell it any more.
pub(super) fn gated(reader: &Client, writer: &Client, leadership: &Leadership) -> Client {
    let (looking, writing, leadership) = (reader.clone(), writer.clone(), leadership.clone());
    let service = tower::service_fn(move |request: Request<Body>| {
        let looks = request.method().is_safe();
        let (client, leadership) = (if looks { looking.clone() } else { writing.clone() }, leadership.clone());
        async move { if looks { Ok(client.send(request).await?) } else { pass(client, leadership, request).await } }
    });
    Client::new(service, reader.default_namespace())
}

async fn pass(client: Client, leadership: Leadership, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let rest = leadership.rest().ok_or(NotLeading)?;
    let mut sent = pin!(client.send(bounded(request, rest)));
    let mut end = pin!(tokio::time::sleep(rest));
    poll_fn(|context| {
        // Before the request gets on, not after: a process that was stopped half-way must not send it when it wakes up.
        if leadership.rest().is_none() || end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(NotLeading.into()));
        }
        sent.as_mut().poll(context).map_err(BoxError::from)
    })
    .await
}

/// The request with a time limit for the API server.
fn bounded(mut request: Request<Body>, rest: Duration) -> Request<Body> {
    if rest == Duration::MAX {
        return request;
    }
    let uri = request.uri();
    let mark = if uri.query().is_none() { '?' } else { '&' };
    // Zero would mean "as long as you like".
    let limit = rest.as_millis().max(1);
    if let Ok(uri) = format!("{uri}{mark}timeout={limit}ms").parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::cluster::RequestError;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn ago(seconds: u64) -> Moment {
        let ago = Duration::from_secs(seconds);
        let now = Moment::now();
        Moment { steady: now.steady.checked_sub(ago).expect("after boot"), wall: now.wall - ago }
    }

    #[test]
    fn it_ends_at_the_deadline_by_the_clock_alone_and_is_prolonged_by_a_renewal() {
        let leadership = Leadership::begin(ago(4), DEADLINE);
        assert!(leadership.rest().is_some_and(|rest| rest <= Duration::from_secs(6)));
        leadership.renew(ago(11));
        assert_eq!(leadership.rest(), None);
        leadership.renew(ago(1));
        assert!(leadership.rest().is_some_and(|rest| rest > Duration::from_secs(6)));
    }

    #[test]
    fn what_has_ended_does_not_come_back() {
        let leadership = Leadership::begin(ago(1), DEADLINE);
        leadership.end();
        leadership.renew(Moment::now());
        assert_eq!(leadership.rest(), None);
    }

    // Pitfall 62.
    #[test]
    fn a_machine_that_slept_has_lost_the_time_although_its_steady_clock_stood_still() {
        let now = Moment::now();
        let slept = Moment { steady: now.steady, wall: now.wall - Duration::from_secs(3600) };
        assert_eq!(Leadership::begin(slept, DEADLINE).rest(), None);
        let set_back = Moment { steady: now.steady, wall: now.wall + Duration::from_secs(3600) };
        assert!(Leadership::begin(set_back, DEADLINE).rest().is_some());
    }

    /// A client of an API server that answers reads, and leaves those who write waiting; and how many writes came to it.
    fn server() -> (Client, Arc<AtomicUsize>) {
        let writes = Arc::<AtomicUsize>::default();
        let count = writes.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let count = count.clone();
            async move {
                if !request.method().is_safe() {
                    count.fetch_add(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                }
                Ok::<_, BoxError>(Response::new(Body::empty()))
            }
        });
        (Client::new(service, "default"), writes)
    }

    async fn ask(client: &Client, method: &str) -> Result<(), String> {
        let request = Request::builder().method(method).uri("/apis/a").body(Body::empty()).expect("a request");
        client.send(request).await.map(drop).map_err(|error| RequestError::from(error).to_string())
    }

    #[tokio::test]
    async fn whoever_does_not_lead_reads_and_none_of_its_writes_is_sent() {
        let (client, writes) = server();
        let over = gated(&client, &client, &Leadership::begin(ago(11), DEADLINE));
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(ask(&over, method).await, Err(NotLeading.to_string()), "{method}");
        }
        assert_eq!(ask(&over, "GET").await, Ok(()));
        assert_eq!(writes.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_write_under_way_ends_with_the_leadership() {
        let (client, writes) = server();
        let leadership = Leadership::begin(Moment::now(), Duration::from_millis(150));
        assert_eq!(ask(&gated(&client, &client, &leadership), "PUT").await, Err(NotLeading.to_string()));
        assert_eq!(leadership.rest(), None);
        assert_eq!(writes.load(Ordering::SeqCst), 1);
    }

    fn limited(uri: &str, rest: Duration) -> String {
        let request = Request::put(uri).body(Body::empty()).expect("a request");
        bounded(request, rest).uri().to_string()
    }

    #[test]
    fn the_api_server_is_told_how_long_a_write_may_take() {
        assert_eq!(limited("/apis/a?x=y", Duration::from_millis(8_050)), "/apis/a?x=y&timeout=8050ms");
        assert_eq!(limited("https://h:6443/apis/a", Duration::from_micros(3)), "https://h:6443/apis/a?timeout=1ms");
        assert_eq!(limited("/apis/a?x=y", Duration::MAX), "/apis/a?x=y");
    }
}
