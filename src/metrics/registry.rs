//! All metrics of the operator.

use std::{sync::Arc, time::Instant};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{
    controller::Error,
    report::{Applied, Outcome},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabel {
    step: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerbLabel {
    verb: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// All metrics of the operator.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    reconciles: Family<OutcomeLabel, Counter>,
    errors: Family<StepLabel, Counter>,
    duration: Histogram,
    writes: Family<VerbLabel, Counter>,
    write_failures: Family<ReasonLabel, Counter>,
    statuses: Counter,
    drift: Counter,
    leader: Gauge,
    leader_transitions: Counter,
}

/// The time a reconcile has taken so far.
#[must_use]
pub struct ReconcileTimer(Instant);

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("appnet");
        let metrics = Self {
            reconciles: Family::default(),
            errors: Family::default(),
            duration: Histogram::new(exponential_buckets(0.0005, 4.0, 9)),
            writes: Family::default(),
            write_failures: Family::default(),
            statuses: Counter::default(),
            drift: Counter::default(),
            leader: Gauge::default(),
            leader_transitions: Counter::default(),
            registry: Arc::default(),
        };
        registry.register("reconciles", "Looks at profiles, by how they ended", metrics.reconciles.clone());
        registry.register(
            "reconcile_errors",
            "Looks at profiles that could not be finished, by step",
            metrics.errors.clone(),
        );
        registry.register_with_unit(
            "reconcile_duration",
            "How long a look at a profile takes",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register("policy_writes", "Writes of policies, by verb", metrics.writes.clone());
        registry.register(
            "policy_write_failures",
            "Writes of policies that failed, by reason",
            metrics.write_failures.clone(),
        );
        registry.register("status_writes", "Writes of statuses", metrics.statuses.clone());
        registry.register("drift", "Policies that someone else had changed", metrics.drift.clone());
        registry.register("leader", "Whether this operator is the one that writes", metrics.leader.clone());
        registry.register(
            "leader_transitions",
            "Times that this operator became the leader or ceased to be it",
            metrics.leader_transitions.clone(),
        );
        Self { registry: Arc::new(registry), ..metrics }
    }
}

impl Metrics {
    /// Starts the clock of a reconcile.
    pub fn reconcile_started(&self) -> ReconcileTimer {
        ReconcileTimer(Instant::now())
    }

    /// A reconcile ended like this.
    pub fn reconciled(&self, outcome: &Outcome, timer: ReconcileTimer) {
        let outcome = match outcome {
            Outcome::Invalid(_) | Outcome::TooLarge(_) => "refused",
            Outcome::Suspended => "suspended",
            Outcome::NoDns => "waiting",
            Outcome::Audited { .. } => "audited",
            Outcome::Applied(applied) if applied.is_complete() => "applied",
            Outcome::Applied(_) => "incomplete",
        };
        self.reconciles.get_or_create(&OutcomeLabel { outcome }).inc();
        self.duration.observe(timer.0.elapsed().as_secs_f64());
    }

    /// A reconcile could not be finished.
    pub fn failed(&self, error: &Error) {
        self.errors.get_or_create(&StepLabel { step: error.step() }).inc();
    }

    /// What a reconcile wrote.
    pub fn applied(&self, applied: &Applied) {
        let count =
            |verb, policies: &Vec<String>| self.writes.get_or_create(&VerbLabel { verb }).inc_by(policies.len() as u64);
        count("create", &applied.created);
        count("update", &applied.updated);
        count("delete", &applied.deleted);
        for failure in &applied.failures {
            self.write_failures.get_or_create(&ReasonLabel { reason: failure.reason.as_str() }).inc();
        }
        if applied.repaired {
            self.drift.inc_by(applied.drift.len() as u64);
        }
    }

    /// The operator became the leader, or ceased to be it.
    pub fn leading(&self, leads: bool) {
        if self.leader.set(i64::from(leads)) != i64::from(leads) {
            self.leader_transitions.inc();
        }
    }

    /// A status was written.
    pub fn status_written(&self) {
        self.statuses.inc();
    }

    /// All metrics in the text format that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
