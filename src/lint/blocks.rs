//! Blocks of addresses that hold more than one thinks, or less.

use super::{Remark, Scene, scene::peers};
use crate::{
    api::Reason,
    reach::{AddressSet, Direction, Peer},
};

/// Where clouds hand out credentials to whoever asks.
const METADATA: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];

pub(super) fn check(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (policy, direction, path, rule) in scene.rules() {
        for (path, peer) in peers(rule, &path, direction) {
            let Peer::Block { cidr, except } = peer else { continue };
            let set = AddressSet::of_block(*cidr, except);
            let metadata =
                METADATA.iter().filter_map(|address| address.parse().ok()).find(|address| set.contains(*address));
            if let Some(address) =
                metadata.filter(|_| direction == Direction::Egress && cidr.prefix_len() < cidr.max_prefix_len())
            {
                let found = format!("has the block '{cidr}', which holds {address}, where clouds hand out credentials");
                let advice = format!("add '{address}/{}' to `except`", if address.is_ipv4() { 32 } else { 128 });
                let path = format!("{path}.ipBlock");
                remarks.push(Remark::new(policy, path, Reason::MetadataReachable, found, advice));
            }
            let inside = scene.picture.pods.iter().filter(|pod| !pod.host_network).find(|pod| {
                // A block for the whole world has Pods in it, and nobody thinks that it selects them.
                cidr.prefix_len() > 0 && pod.addresses.iter().any(|address| set.contains(*address))
            });
            if let Some(pod) = inside {
                let found = format!(
                    "has the block '{cidr}', which holds Pods (as {}/{}): what a block means for Pods is not defined, and \
                     Cilium ignores it",
                    pod.namespace, pod.name
                );
                let path = format!("{path}.ipBlock");
                remarks.push(Remark::new(policy, path, Reason::BlockHoldsPods, found, "select them by labels"));
            }
        }
    }
    remarks
}
