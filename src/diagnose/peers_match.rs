//! Peers that match nobody. Of other namespaces only what the profile itself names is ever said.

use std::collections::BTreeSet;

use super::{Finding, Input};
use crate::{
    api::Reason,
    model::{NamespaceMatch, PodsMatch},
};

fn found<'a>(input: &Input<'a>, peer: &'a PodsMatch) -> Vec<&'a str> {
    input.world.namespaces.matching(&peer.namespace, &input.profile.identity.namespace).collect()
}

/// Peers whose namespace is not there.
pub(super) fn namespaces(input: &Input<'_>) -> Vec<Finding> {
    let mut said = BTreeSet::new();
    for (path, peer) in input.profile.pod_peers() {
        if !found(input, peer).is_empty() {
            continue;
        }
        match &peer.namespace {
            NamespaceMatch::Own => {}
            NamespaceMatch::Named(name) => {
                said.insert(format!("{path}: namespace '{name}' does not exist; create it or correct the name"));
            }
            NamespaceMatch::Selected(selector) => {
                said.insert(format!(
                    "{path}: no namespace has {selector}; label the namespace, or name it with `namespace`"
                ));
            }
        }
    }
    said.into_iter().map(|message| Finding::labels(Reason::NoMatchingNamespaces, None, message)).collect()
}

/// Peers whose namespace is there, with no Pod that matches.
pub(super) fn pods(input: &Input<'_>) -> Vec<Finding> {
    let mut said = BTreeSet::new();
    for (path, peer) in input.profile.pod_peers() {
        let namespaces = found(input, peer);
        // On the host network a Pod has its node's address, and no selector matches it.
        let matches = |namespace: &&str| {
            input.world.pods.classes(namespace).any(|class| !class.host_network && peer.pods.matches(&class.labels))
        };
        if !namespaces.is_empty() && !namespaces.iter().any(matches) {
            said.insert(format!("{path}: there are no {peer}; correct the labels, wait until they run, or, for Pods on the host network, use `cidr`"));
        }
    }
    said.into_iter().map(|message| Finding::labels(Reason::NoMatchingPods, None, message)).collect()
}
