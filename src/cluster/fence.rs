//! Connections that send nothing unless this operator leads.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use hyper::rt::Executor;

use super::Leadership;

/// Runs the connections of the client that writes, and asks the clock each time before one of them gets to work.
///
/// A request that has passed the gate still waits for its connection to send it. A process that is stopped in between would
/// send it when it wakes up, whoever leads by then. So the connection is closed instead.
#[derive(Clone, Default)]
pub(super) struct Fence(Arc<Mutex<Option<Leadership>>>);

impl Fence {
    /// From now on connections work while this leadership lasts.
    pub(super) fn open(&self, leadership: &Leadership) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(leadership.clone());
    }

    fn is_open(&self) -> bool {
        let leadership = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leadership.as_ref().is_some_and(|leadership| leadership.rest().is_some())
    }

    async fn guard(self, mut connection: Connection) {
        poll_fn(|context| if self.is_open() { connection.as_mut().poll(context) } else { Poll::Ready(()) }).await;
    }
}

type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Executor<Connection> for Fence {
    fn execute(&self, connection: Connection) {
        tokio::spawn(self.clone().guard(connection));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;
    use crate::cluster::leadership::Moment;

    /// A connection that wants to send all the time; and how often it got to.
    fn busy() -> (Connection, Arc<AtomicUsize>) {
        let sent = Arc::<AtomicUsize>::default();
        let count = sent.clone();
        let connection = poll_fn(move |context| {
            count.fetch_add(1, Ordering::SeqCst);
            context.waker().wake_by_ref();
            Poll::Pending
        });
        (Box::pin(connection), sent)
    }

    #[tokio::test]
    async fn without_a_leadership_a_connection_is_closed_before_it_sends_anything() {
        let (connection, sent) = busy();
        Fence::default().guard(connection).await;
        assert_eq!(sent.load(Ordering::SeqCst), 0);
    }

    // Pitfall 62.
    #[tokio::test]
    async fn a_connection_is_closed_when_the_leadership_has_run_out() {
        let (connection, sent) = busy();
        let fence = Fence::default();
        fence.open(&Leadership::begin(Moment::now(), Duration::from_millis(50)));
        fence.guard(connection).await;
        assert!(sent.load(Ordering::SeqCst) > 0);
    }
}
