//! What is allowed, gathered and grouped.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{NonEmpty, Peer, Port};

/// One thing that a profile allows: these peers at these ports, because of this field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The other ends.
    pub peers: NonEmpty<Peer>,
    /// The ports.
    pub ports: NonEmpty<Port>,
    /// Who or what it is, for people: `tier 'frontend'`, `'payment-provider'`.
    pub who: String,
    /// The field that says so.
    pub path: String,
}

/// A rule of a policy. It has peers and ports, always: a list that is empty means "everything" in a NetworkPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The other ends, sorted.
    pub peers: NonEmpty<Peer>,
    /// The ports, sorted.
    pub ports: NonEmpty<Port>,
}

/// The fewest rules that say the same: a peer's ports are joined, and peers with the same ports share a rule.
/// The order depends on the content only, so that equal needs give equal policies.
#[must_use]
pub fn group<'a>(allows: impl IntoIterator<Item = &'a Allow>) -> Vec<Rule> {
    let mut ports_of: BTreeMap<&Peer, BTreeSet<&Port>> = BTreeMap::new();
    for allow in allows {
        for peer in &allow.peers {
            ports_of.entry(peer).or_default().extend(allow.ports.iter());
        }
    }
    let mut peers_at: BTreeMap<BTreeSet<&Port>, Vec<Peer>> = BTreeMap::new();
    for (peer, ports) in ports_of {
        peers_at.entry(ports).or_default().push(peer.clone());
    }
    peers_at
        .into_iter()
        .filter_map(|(ports, peers)| {
            Some(Rule {
                peers: NonEmpty::new(peers)?.sorted(),
                ports: NonEmpty::new(ports.into_iter().cloned().collect())?,
            })
        })
        .collect()
}
