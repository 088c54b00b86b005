//! What every reconcile has at hand.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::Memory;
use crate::{
    cluster::{Events, Requests, SharedWorld, Told},
    metrics::Metrics,
    model::Platform,
};

/// The present term, as it comes and goes.
pub type Terms = watch::Receiver<Option<Arc<Term>>>;

/// What every reconcile has at hand.
pub struct Context {
    /// The picture of the cluster.
    pub world: SharedWorld,
    /// The platform's settings.
    pub platform: Platform,
    /// Counters.
    pub metrics: Metrics,
    /// How long a profile is left alone when nothing happens.
    pub resync: Duration,
    /// When the operator started: fights are timed from here.
    pub started: Instant,
    /// The present term; none while another operator leads.
    pub term: Terms,
}

impl Context {
    /// The present term; none while another operator leads.
    #[must_use]
    pub fn term(&self) -> Option<Arc<Term>> {
        self.term.borrow().clone()
    }
}

/// All that a reconcile writes with, and all that is remembered between reconciles. It comes and goes with a leadership:
/// what an earlier one remembered may be wrong by now, and what it began can write nothing any more.
pub struct Term {
    /// Requests that write while this leadership lasts.
    pub requests: Requests,
    /// Publishes Events.
    pub events: Events,
    /// What is remembered of profiles between reconciles.
    pub memory: Memory,
    /// What the log said of looks that failed.
    pub told: Told,
}

impl Term {
    /// A term that remembers nothing yet.
    #[must_use]
    pub fn new(requests: Requests) -> Self {
        let events = Events::new(&requests, std::env::var("HOSTNAME").ok());
        Self { requests, events, memory: Memory::default(), told: Told::default() }
    }
}
