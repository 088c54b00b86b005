//! A profile whose every part is known to be good.

use super::{NonEmpty, Peer, PodsMatch, Port, PortRange, Selector};
use crate::api::{DeletionPolicy, DriftPolicy, Isolation, Mode, Protocol};

/// Which profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Its namespace.
    pub namespace: String,
    /// Its name; at most 63 characters.
    pub name: String,
    /// Its uid: a profile that was deleted and created anew is another one. Empty for a file on disk.
    pub uid: String,
}

/// A validated profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Which profile.
    pub identity: Identity,
    /// Its generation.
    pub generation: i64,
    /// What to do with the policies.
    pub mode: Mode,
    /// Touch nothing.
    pub suspend: bool,
    /// Which Pods are isolated.
    pub isolation: Isolation,
    /// What to do about drift.
    pub drift_policy: DriftPolicy,
    /// What deletion of the profile does.
    pub deletion_policy: DeletionPolicy,
    /// The tiers, in the order of the profile.
    pub tiers: NonEmpty<Tier>,
    /// How names are resolved.
    pub dns: DnsNeed,
    /// Who scrapes; empty when neither the profile nor the platform says.
    pub monitoring: Vec<Peer>,
    /// Through whom exposed tiers are reached; empty when neither the profile nor the platform says.
    pub ingress_controllers: Vec<Peer>,
    /// Destinations of every tier: the platform's and the profile's.
    pub telemetry: Vec<Destination>,
}

/// A group of Pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its name, unique in the profile.
    pub name: String,
    /// Where it stands in the profile, as `spec.tiers[1]`.
    pub path: String,
    /// Its Pods.
    pub selector: Selector,
    /// What they listen on.
    pub ports: Vec<NamedPort>,
    /// Who may call it.
    pub from: Vec<Caller>,
    /// Its ports that the ingress controller reaches.
    pub exposed: Option<NonEmpty<Port>>,
    /// Its ports that monitoring scrapes.
    pub metrics: Option<NonEmpty<Port>>,
    /// What it calls beyond the tiers of the profile.
    pub to: Vec<Destination>,
}

/// A port that a tier declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// The name that the profile uses for it.
    pub name: String,
    /// The port.
    pub port: Port,
}

/// Someone who may call a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A tier of the same profile, by its position in [`Profile::tiers`].
    Tier {
        /// The calling tier's position.
        tier: usize,
        /// The called ports.
        ports: NonEmpty<Port>,
        /// The field that says so.
        path: String,
    },
    /// Anyone else.
    Other {
        /// The caller.
        peer: Peer,
        /// The called ports.
        ports: NonEmpty<Port>,
        /// The field that says so.
        path: String,
    },
}

/// Something that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name in the profile or the platform's configuration.
    pub name: String,
    /// The field that says so.
    pub path: String,
    /// What it is.
    pub kind: DestinationKind,
}

/// The kinds of destinations, each with what it needs and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationKind {
    /// Pods or addresses, at known ports.
    Peer {
        /// Whom.
        peer: Peer,
        /// Where.
        ports: NonEmpty<Port>,
    },
    /// A Service, to be looked up; its ports, or all of them.
    Service {
        /// Which.
        service: ServiceRef,
        /// Ports of the Service; none means all that it has.
        ports: Option<NonEmpty<ServicePort>>,
    },
    /// The API server, to be looked up.
    ApiServer,
}

/// A port of a Service: number or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The transport protocol.
    pub protocol: Protocol,
    /// Number, range or name, as the Service has it (not its Pods).
    pub range: PortRange,
}

/// A Service, by namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// How names are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsNeed {
    /// As the cluster does.
    Auto,
    /// By these only.
    Explicit(NonEmpty<Resolver>),
    /// Not at all.
    None,
}

/// A DNS resolver, asked over UDP and TCP: answers that do not fit a datagram come over TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolver {
    /// Who resolves.
    pub peer: Peer,
    /// On which port.
    pub port: u16,
}

impl Profile {
    /// Every Pods peer that the profile names, with the field that names it: callers, destinations, scrapers, controllers.
    pub fn pod_peers(&self) -> impl Iterator<Item = (&str, &PodsMatch)> {
        let callers = self.tiers.iter().flat_map(|tier| &tier.from).filter_map(|caller| match caller {
            Caller::Other { peer, path, .. } => Some((path.as_str(), peer)),
            Caller::Tier { .. } => None,
        });
        let destinations =
            self.tiers.iter().flat_map(|tier| &tier.to).chain(&self.telemetry).filter_map(|to| match &to.kind {
                DestinationKind::Peer { peer, .. } => Some((to.path.as_str(), peer)),
                DestinationKind::Service { .. } | DestinationKind::ApiServer => None,
            });
        // Peers that no tier has a use for are nobody's warning.
        let scraped = self.tiers.iter().any(|tier| tier.metrics.is_some());
        let exposed = self.tiers.iter().any(|tier| tier.exposed.is_some());
        let monitoring = self.monitoring.iter().filter(move |_| scraped).map(|peer| ("spec.monitoring", peer));
        let controllers =
            self.ingress_controllers.iter().filter(move |_| exposed).map(|peer| ("spec.ingressController", peer));
        callers.chain(destinations).chain(monitoring).chain(controllers).filter_map(|(path, peer)| match peer {
            Peer::Pods(pods) => Some((path, pods)),
            Peer::Block { .. } => None,
        })
    }
}
