//! One connection: allowed or not, and what decides.

use std::net::IpAddr;

use super::{
    Direction, PolicyId, PortSet, Reach,
    engine::CompiledRule,
    peer_sets::PeersId,
    population::{ClassId, PodId},
};
use crate::api::Protocol;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A Pod.
    Pod(PodId),
    /// An address outside the cluster.
    Address(IpAddr),
}

/// A connection at a port of the Pod that is called, after any Service translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection {
    /// Who calls.
    pub from: End,
    /// Who is called.
    pub to: End,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
}

/// What is known of a connection: both ends must let it pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the policies of the caller say.
    pub egress: Gate,
    /// What the policies of the called say.
    pub ingress: Gate,
}

/// What the policies of one end say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// No policy isolates this end in this direction, so all may pass.
    Open,
    /// A rule lets it pass; the first one that does, in the order of the policies.
    Allowed(RuleAt),
    /// Policies isolate this end, and none of their rules lets it pass.
    Denied,
    /// The other end is on the host network. On the wire it is its node, and what policies say of nodes is not defined:
    /// the node of a Pod may always call it, other nodes may not, and blocks of addresses match nodes on some CNIs only.
    Unknown,
}

/// A rule of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleAt {
    /// The policy.
    pub policy: PolicyId,
    /// Its rule's position in the list for that direction, from 0.
    pub rule: u32,
}

/// A verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Both ends let it pass.
    Allowed,
    /// One end stops it.
    Denied,
    /// Nobody can tell.
    Unknown,
}

impl Verdict {
    /// In a word. What one end stops is stopped, whatever else is unknown.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match (self.egress, self.ingress) {
            (Gate::Denied, _) | (_, Gate::Denied) => Outcome::Denied,
            (Gate::Unknown, _) | (_, Gate::Unknown) => Outcome::Unknown,
            _ => Outcome::Allowed,
        }
    }
}

impl Reach {
    /// Is a new connection allowed, and by which rule?
    ///
    /// A Pod's connection to itself is answered as if it were to another Pod like it; what really happens is up to the CNI.
    #[must_use]
    pub fn query(&self, connection: &Connection) -> Verdict {
        let Connection { from, to, .. } = connection;
        Verdict {
            egress: self.gate(*from, *to, Direction::Egress, connection),
            ingress: self.gate(*to, *from, Direction::Ingress, connection),
        }
    }

    fn gate(&self, subject: End, peer: End, direction: Direction, connection: &Connection) -> Gate {
        let End::Pod(pod) = subject else { return Gate::Open };
        let isolating = self.isolating(pod, direction);
        if isolating.is_empty() {
            return Gate::Open;
        }
        let peer = self.seen(peer);
        for policy in isolating {
            for (position, rule) in self.rules(*policy, direction).iter().enumerate() {
                if self.is_about(rule, peer) && self.has_port(rule, connection) {
                    return Gate::Allowed(RuleAt { policy: *policy, rule: super::words::number(position) });
                }
            }
        }
        if matches!(peer, Seen::Node) { Gate::Unknown } else { Gate::Denied }
    }

    /// The policies that isolate a Pod in a direction.
    #[must_use]
    pub fn isolating(&self, pod: PodId, direction: Direction) -> &[PolicyId] {
        &self.side(direction).isolating[self.population.class(pod) as usize]
    }

    pub(super) fn seen(&self, end: End) -> Seen {
        match end {
            End::Address(address) => Seen::Address(address),
            End::Pod(pod) => {
                let class = self.population.class(pod);
                if self.population.classes[class as usize].host_network { Seen::Node } else { Seen::Class(class) }
            }
        }
    }

    pub(super) fn is_about(&self, rule: &CompiledRule, peer: Seen) -> bool {
        match peer {
            Seen::Class(class) => self.sets.has(rule.peers, class),
            Seen::Address(address) => self.sets.has_address(rule.peers, address),
            Seen::Node => rule.peers == PeersId::ANY,
            Seen::AnyPod => self.sets.has_every_pod(rule.peers),
        }
    }

    pub(super) fn has_port(&self, rule: &CompiledRule, connection: &Connection) -> bool {
        let Connection { to, protocol, port, .. } = connection;
        if self.ports.get(rule.numbers).contains(*protocol, *port) {
            return true;
        }
        let End::Pod(to) = to else { return false };
        !rule.names.is_empty()
            && self.population.classes[self.population.class(*to) as usize]
                .ports
                .iter()
                .any(|(of, name, number)| (of, number) == (protocol, port) && rule.names.contains(&(*of, *name)))
    }

    /// The ports at which one end may call the other: those that both ends let pass for certain.
    #[must_use]
    pub fn ports_between(&self, from: End, to: End) -> PortSet {
        self.ports_through(from, to, Direction::Egress, to).intersection(&self.ports_through(
            to,
            from,
            Direction::Ingress,
            to,
        ))
    }

    /// The ports at which the policies of `subject` let it speak with `peer`.
    pub(super) fn ports_through(&self, subject: End, peer: End, direction: Direction, called: End) -> PortSet {
        match subject {
            End::Pod(pod) => self.ports_through_as(pod, self.seen(peer), direction, called),
            End::Address(_) => PortSet::all(),
        }
    }

    pub(super) fn ports_through_as(&self, subject: PodId, peer: Seen, direction: Direction, called: End) -> PortSet {
        let isolating = self.isolating(subject, direction);
        if isolating.is_empty() {
            return PortSet::all();
        }
        let rules = isolating.iter().flat_map(|policy| self.rules(*policy, direction));
        let about = rules.filter(|rule| self.is_about(rule, peer));
        about.fold(PortSet::default(), |ports, rule| ports.union(&self.rule_ports(rule, called)))
    }

    /// The ports of a rule at an end.
    pub(super) fn rule_ports(&self, rule: &CompiledRule, called: End) -> PortSet {
        let numbers = self.ports.get(rule.numbers);
        let End::Pod(pod) = called else { return numbers.clone() };
        let ports = &self.population.classes[self.population.class(pod) as usize].ports;
        let named = ports.iter().filter(|(protocol, name, _)| rule.names.contains(&(*protocol, *name)));
        numbers.union(&PortSet::of(named.map(|(protocol, _, port)| (*protocol, (*port, *port)))))
    }
}

/// An end as the rules of the other end see it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    Class(ClassId),
    Address(IpAddr),
    Node,
    /// A Pod of which nothing is known, not even its namespace.
    AnyPod,
}
