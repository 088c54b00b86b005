//! Peers that match nobody. Of other namespaces only what the profile itself names is ever said.

use std::collections::BTreeSet;

use super::{Finding, Input, near_misses};
use crate::{
    api::Reason,
    model::{NamespaceMatch, PodMatch, PodsMatch},
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
                said.insert((
                    path.to_owned(),
                    format!("namespace '{name}' does not exist"),
                    "create it or correct the name",
                ));
            }
            NamespaceMatch::Selected(selector) => {
                let advice = "label the namespace, or name it with `namespace`";
                said.insert((path.to_owned(), format!("no namespace has {selector}"), advice));
            }
        }
    }
    said.into_iter()
        .map(|(path, found, advice)| Finding::labels(Reason::NoMatchingNamespaces, None, path, (found, advice)))
        .collect()
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
            said.insert((path.to_owned(), format!("there are no {peer}{}", near(input, peer, &namespaces))));
        }
    }
    let advice = "correct the labels, wait until they run, or, for Pods on the host network, use `cidr`";
    said.into_iter().map(|(path, found)| Finding::labels(Reason::NoMatchingPods, None, path, (found, advice))).collect()
}

/// The Pods there whose labels come closest, as far as it may be told.
fn near(input: &Input<'_>, peer: &PodsMatch, namespaces: &[&str]) -> String {
    let PodMatch::Selected(selector) = &peer.pods else { return String::new() };
    let may_be_told = |namespace: &&&str| !input.discreet || **namespace == input.profile.identity.namespace;
    let told = namespaces.iter().filter(may_be_told);
    let mut pods: Vec<_> = told.flat_map(|namespace| input.world.pods.classes(namespace)).collect();
    pods.retain(|class| !class.host_network);
    pods.sort();
    let misses = near_misses(selector, &pods);
    if misses.is_empty() { String::new() } else { format!("; {}", misses.join(", ")) }
}
