//! Ports by a name that no container has.

use super::{Remark, Scene, scene::matches};
use crate::{
    api::{Protocol, Reason},
    reach::{Direction, Peer, Peers, Pod, Policy, Rule},
};

/// Ingress: no Pod of the policy has a port of that name. Egress: none of the peers has.
pub(super) fn names_that_nobody_has(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (policy, direction, path, rule) in scene.rules() {
        let called = called(scene, policy, direction, rule);
        if called.is_empty() {
            continue;
        }
        for (protocol, name) in &rule.ports.names {
            let has = |pod: &&&Pod| has_port(pod, *protocol, name.as_str());
            if called.iter().filter(has).count() == 0 {
                let found = format!(
                    "names the {} port '{}', which no container of the Pods that are called has, as {} '{}'",
                    protocol.as_str(),
                    name.as_str(),
                    called[0].workload.kind,
                    called[0].workload.name
                );
                let (path, advice) = (format!("{path}.ports"), "name one that they have, or use the number");
                remarks.push(Remark::new(policy, path, Reason::NamedPortNotFound, found, advice));
            }
        }
    }
    remarks
}

fn has_port(pod: &Pod, protocol: Protocol, name: &str) -> bool {
    pod.ports.iter().any(|port| port.protocol == protocol && port.name == name)
}

/// The Pods whose ports a rule names.
fn called<'a>(scene: &Scene<'a>, policy: &Policy, direction: Direction, rule: &Rule) -> Vec<&'a Pod> {
    match (direction, &rule.peers) {
        (Direction::Ingress, _) => scene.selected(policy).collect(),
        (Direction::Egress, Peers::Any) => Vec::new(),
        (Direction::Egress, Peers::These(peers)) => {
            let of_peer = |peer: &Peer| match peer {
                Peer::Block { .. } => Vec::new(),
                Peer::Pods { namespaces, pods } => {
                    let there = scene.namespaces_of(namespaces, &policy.namespace).flat_map(|name| scene.pods_in(name));
                    there.copied().filter(|pod| !pod.host_network && matches(pods, &pod.labels)).collect()
                }
            };
            peers.iter().flat_map(of_peer).collect()
        }
    }
}
