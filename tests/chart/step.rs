//! The steps of the scenario.

use crate::callers::Telling;

/// What happens in turn. Each step can be reached once those of [`Step::first`] are, whatever becomes of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The operator sees the cluster, takes the Lease and renews it.
    Lead,
    /// A profile comes, and its policies are in place.
    Ready,
    /// An Event says so.
    Event,
    /// A namespace comes that the profile names.
    Namespace,
    /// A Service comes that it calls.
    Service,
    /// Endpoints come that it calls.
    Endpoints,
    /// A Pod comes that a tier selects.
    Pod,
    /// Objects come that tell a caller.
    Caller(Telling),
    /// The settings of the network say that it enforces nothing.
    NetworkSettings,
    /// Its programs say so.
    NetworkPrograms,
    /// A policy is edited, and repaired.
    Repair,
    /// The same twice, which is one Event.
    RepeatedEvent,
    /// A policy of Cilium's own is edited, and repaired.
    CompanionRepair,
    /// A tier calls the API server no more, and its policy of Cilium's own goes.
    CompanionGone,
    /// A tier goes, and its policy with it.
    TierGone,
}

impl Step {
    pub const ALL: [Self; 20] = [
        Self::Lead,
        Self::Ready,
        Self::Event,
        Self::Namespace,
        Self::Service,
        Self::Endpoints,
        Self::Pod,
        Self::Caller(Telling::Ingress),
        Self::Caller(Telling::Class),
        Self::Caller(Telling::HttpRoute),
        Self::Caller(Telling::GrpcRoute),
        Self::Caller(Telling::PodMonitor),
        Self::Caller(Telling::ServiceMonitor),
        Self::NetworkSettings,
        Self::NetworkPrograms,
        Self::Repair,
        Self::RepeatedEvent,
        Self::CompanionRepair,
        Self::CompanionGone,
        Self::TierGone,
    ];

    /// The steps that have to come before it.
    pub fn first(self) -> &'static [Self] {
        match self {
            Self::Lead => &[],
            Self::Ready => &[Self::Lead],
            _ => &[Self::Lead, Self::Ready],
        }
    }
}
