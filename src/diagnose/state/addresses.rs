//! Blocks of addresses: of one family only, where the Pods have both.

use std::{collections::BTreeSet, net::IpAddr};

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::Reason,
    reach::{Direction, Peer, Peers, Pod, Policy},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let families = |pod: &Pod| [IpAddr::is_ipv4, IpAddr::is_ipv6].map(|of| pod.addresses.iter().any(of));
    let with_both: Vec<_> = picture.pods.iter().filter(|pod| families(pod) == [true, true]).collect();
    let mut all = Vec::new();
    for policy in picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)) {
        let both = with_both
            .iter()
            .any(|pod| pod.namespace == policy.namespace && crate::lint::matches(&policy.subject, &pod.labels));
        if !both {
            continue;
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            let everyone = |rule: &crate::reach::Rule| rule.peers == Peers::Any;
            if policy.rules(direction).unwrap_or_default().iter().any(everyone) {
                continue;
            }
            let blocks = families_of_blocks(policy, direction);
            if let (1, Some(only)) = (blocks.len(), blocks.first()) {
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
fn families_of_blocks(policy: &Policy, direction: Direction) -> BTreeSet<bool> {
    let rules = policy.rules(direction).unwrap_or_default().iter();
    let blocks = rules.flat_map(|rule| rule.peers.listed()).filter_map(|peer| match peer {
        Peer::Block { cidr, .. } => Some(cidr.addr().is_ipv6()),
        Peer::Pods { .. } => None,
    });
    blocks.collect()
}
