//! What every reconcile has at hand.

use std::time::{Duration, Instant};

use super::Memory;
use crate::{
    cluster::{Events, Requests, SharedWorld},
    metrics::Metrics,
    model::Platform,
};

/// What every reconcile has at hand.
pub struct Context {
    /// Requests with a time limit.
    pub requests: Requests,
    /// The picture of the cluster.
    pub world: SharedWorld,
    /// The platform's settings.
    pub platform: Platform,
    /// Publishes Events.
    pub events: Events,
    /// What is remembered of profiles between reconciles.
    pub memory: Memory,
    /// Counters.
    pub metrics: Metrics,
    /// How long a profile is left alone when nothing happens.
    pub resync: Duration,
    /// When the operator started: fights are timed from here.
    pub started: Instant,
}
