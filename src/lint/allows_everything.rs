//! Rules that allow everyone, or everything.

use super::{Remark, Scene};
use crate::{
    api::Reason,
    reach::{AddressSet, Direction, NamespacesOf, Peer, Peers, PodsOf, Rule},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (policy, direction, path, rule) in scene.rules() {
        let Some(who) = everyone(rule) else { continue };
        let any_port = rule.ports.numbers.is_all();
        let verb = if direction == Direction::Ingress { "lets" } else { "lets the Pods call" };
        let (found, advice) = match (direction, any_port) {
            (_, true) => (
                format!(
                    "{verb} {who} {}: in this direction the policy protects nothing",
                    if direction == Direction::Ingress { "in at every port" } else { "at every port" }
                ),
                "name the peers and the ports",
            ),
            // One port for all of the world is what a front door is for.
            (_, false) if who != EVERY_POD => continue,
            (Direction::Ingress, false) => (format!("lets {who} in"), "name the namespaces that need it"),
            (Direction::Egress, false) => continue,
        };
        remarks.push(Remark::new(policy, path, Reason::AllowsEverything, found, advice));
    }
    remarks
}

const EVERY_POD: &str = "every Pod of every namespace";

fn everyone(rule: &Rule) -> Option<&'static str> {
    let Peers::These(peers) = &rule.peers else { return Some("everyone, inside and outside the cluster,") };
    let every_pod = Peer::Pods { namespaces: NamespacesOf::All, pods: PodsOf::All };
    let blocks = peers.iter().filter_map(|peer| match peer {
        Peer::Block { cidr, except } => Some(AddressSet::of_block(*cidr, except)),
        Peer::Pods { .. } => None,
    });
    if peers.contains(&every_pod) {
        Some(EVERY_POD)
    } else if blocks.into_iter().any(|set| set.spans().contains(&crate::reach::AddressSpan::ALL_V4)) {
        Some("every address outside the cluster")
    } else {
        None
    }
}
