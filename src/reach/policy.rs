//! A NetworkPolicy as the evaluator sees it: every default spelled out, nothing in it that the API server would refuse.

use ipnet::IpNet;

use crate::{
    api::Protocol,
    model::{NonEmpty, PortName, Selector},
};

use super::PortSet;

/// Which way a connection goes, seen from the Pod that a policy selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Into the Pod.
    Ingress,
    /// Out of the Pod.
    Egress,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its namespace; it selects Pods there and nowhere else.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Pods that it selects.
    pub subject: PodsOf,
    /// What it allows in; nothing when it leaves that direction alone. An empty list allows nothing.
    pub ingress: Option<Vec<Rule>>,
    /// What it allows out; nothing when it leaves that direction alone. An empty list allows nothing.
    pub egress: Option<Vec<Rule>>,
    /// Directions that it has rules for and leaves alone: nobody looks at these rules.
    pub ignored: Vec<Direction>,
}

/// A rule: these peers, at these ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Whom it is about.
    pub peers: Peers,
    /// Which ports.
    pub ports: Ports,
}

/// The other ends of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peers {
    /// Everyone, inside and outside the cluster: the list was missing or empty.
    Any,
    /// Any of these.
    These(NonEmpty<Peer>),
}

/// One entry of a rule's list of peers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// Pods: both parts must hold.
    Pods {
        /// In which namespaces.
        namespaces: NamespacesOf,
        /// Which Pods there.
        pods: PodsOf,
    },
    /// Addresses outside the cluster. Which Pods have such an address is nobody's promise: a block selects none.
    Block {
        /// The block.
        cidr: IpNet,
        /// What is left out of it; another peer or rule may still allow it.
        except: Vec<IpNet>,
    },
}

/// Which namespaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NamespacesOf {
    /// The policy's own: no namespace selector was given.
    Own,
    /// All: an empty selector was given.
    All,
    /// Those with these labels.
    Selected(Selector),
}

/// Which Pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PodsOf {
    /// All.
    All,
    /// Those with these labels.
    Selected(Selector),
}

/// The ports of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Those given by number, range or protocol; all of them when the list was missing or empty.
    pub numbers: PortSet,
    /// Those given by name: looked up on each destination Pod, by name and protocol. An address has no named ports.
    pub names: Vec<(Protocol, PortName)>,
}

impl Policy {
    /// Its rules for a direction; nothing when it leaves that direction alone.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

impl Direction {
    /// The name as the Kubernetes API spells it in `policyTypes`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    /// The field of a policy that holds the rules.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl PodsOf {
    /// The selector; nothing when it is all Pods.
    #[must_use]
    pub const fn selector(&self) -> Option<&Selector> {
        match self {
            Self::All => None,
            Self::Selected(selector) => Some(selector),
        }
    }
}

impl Peers {
    /// The peers one by one; none when it is about everyone.
    #[must_use]
    pub fn listed(&self) -> &[Peer] {
        match self {
            Self::Any => &[],
            Self::These(peers) => peers,
        }
    }
}

impl Ports {
    /// Any port of any protocol.
    #[must_use]
    pub fn any() -> Self {
        Self { numbers: PortSet::all(), names: Vec::new() }
    }
}
