//! Counters, with labels from closed sets only: a label that can take any value would grow without end.

mod registry;

pub use registry::{Metrics, ReconcileTimer};
