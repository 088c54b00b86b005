//! Blocks of addresses: of one family only, where the Pods have both.

use std::collections::BTreeSet;

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::Reason,
    reach::{Direction, Peer, Peers, Policy},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let mut all = Vec::new();
    for policy in picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)) {
        let both = picture.pods.iter().any(|pod| {
            pod.namespace == policy.namespace
                && crate::lint::matches(&policy.subject, &pod.labels)
                && pod.addresses.iter().any(std::net::IpAddr::is_ipv6)
                && pod.addresses.iter().any(std::net::IpAddr::is_ipv4)
        });
        if !both {
            continue;
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            let everyone = |rule: &crate::reach::Rule| rule.peers == Peers::Any;
            if policy.rules(direction).unwrap_or_default().iter().any(everyone) {
                continue;
            }
            let families = families(policy, direction);
            if let (1, Some(only)) = (families.len(), families.first()) {
                let (only, other) = if *only { ("IPv6", "IPv4") } else { ("IPv4", "IPv6") };
                all.push(found(
                    (Symptom::Outside, Severity::Warning, Reason::OneFamilyOnly),
                    format!("policy {}/{} spec.{}", policy.namespace, policy.name, direction.field()),
                    format!("its blocks of addresses are all {only}, and its Pods have {other} addresses too: over {other} nothing outside passes"),
                    Fix::Do(format!("add the same blocks of {other}, if the other side has such addresses")),
                ));
            }
        }
    }
    all
}

/// Is it IPv6? For each block of a direction, once.
fn families(policy: &Policy, direction: Direction) -> BTreeSet<bool> {
    let rules = policy.rules(direction).unwrap_or_default().iter();
    let peers = rules.filter_map(|rule| match &rule.peers {
        Peers::These(peers) => Some(peers),
        Peers::Any => None,
    });
    let blocks = peers.flatten().filter_map(|peer| match peer {
        Peer::Block { cidr, .. } => Some(cidr.addr().is_ipv6()),
        Peer::Pods { .. } => None,
    });
    blocks.collect()
}
