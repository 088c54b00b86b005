//! Whom a rule is about.

use std::fmt;

use super::{Cidr, Selector};
use crate::api;

/// The label that the API server sets on every Namespace to its name; nobody can forge it (KEP-2161).
pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The other end of an allowed flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Pods, by namespace and labels.
    Pods(PodsMatch),
    /// Addresses outside the cluster. A block never selects a Pod reliably: what it means for Pods is undefined.
    Block {
        /// The block.
        cidr: Cidr,
        /// Smaller blocks inside it that are left out; sorted.
        except: Vec<Cidr>,
    },
}

/// Pods, by namespace and labels; both must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodsMatch {
    /// In which namespaces.
    pub namespace: NamespaceMatch,
    /// Which Pods there.
    pub pods: PodMatch,
}

/// Which namespaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespaceMatch {
    /// The policy's own.
    Own,
    /// The one of this name.
    Named(String),
    /// Those that have these labels.
    Selected(Selector),
}

/// Which Pods of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodMatch {
    /// All of them; only where the user asked for it.
    All,
    /// Those that have these labels.
    Selected(Selector),
}

impl NamespaceMatch {
    /// The selector that a policy needs to name these namespaces; none for the policy's own.
    #[must_use]
    pub fn selector(&self) -> Option<Selector> {
        match self {
            Self::Own => None,
            Self::Named(name) => Some(Selector::of_label(NAMESPACE_NAME, name)),
            Self::Selected(selector) => Some(selector.clone()),
        }
    }
}

impl PodMatch {
    /// What a selector means where an empty one matches everything; nothing when the API server would not take it.
    #[must_use]
    pub fn of(selector: &api::LabelSelector) -> Option<Self> {
        if *selector == api::LabelSelector::default() {
            return Some(Self::All);
        }
        Selector::parse(selector).map(Self::Selected)
    }

    /// Does a Pod with these labels match?
    #[must_use]
    pub fn matches(&self, labels: &super::Labels) -> bool {
        match self {
            Self::All => true,
            Self::Selected(selector) => selector.matches(labels),
        }
    }
}

impl fmt::Display for PodMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all Pods"),
            Self::Selected(selector) => write!(f, "Pods with {selector}"),
        }
    }
}

impl fmt::Display for PodsMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            NamespaceMatch::Own => write!(f, "{}", self.pods),
            NamespaceMatch::Named(name) => write!(f, "{} in namespace '{name}'", self.pods),
            NamespaceMatch::Selected(selector) => write!(f, "{} in namespaces with {selector}", self.pods),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pods(pods) => pods.fmt(f),
            Self::Block { cidr, except } if except.is_empty() => cidr.fmt(f),
            Self::Block { cidr, except } => {
                let except: Vec<_> = except.iter().map(ToString::to_string).collect();
                write!(f, "{cidr} except {}", except.join(", "))
            }
        }
    }
}
