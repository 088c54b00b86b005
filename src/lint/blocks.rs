//! Blocks of addresses that hold more than one thinks, or less.

use std::{collections::HashMap, net::IpAddr};

use ipnet::IpNet;

use super::{Remark, Scene, scene::peers};
use crate::{
    api::Reason,
    reach::{AddressSet, Direction, Peer, Picture},
};

/// Where clouds hand out credentials to whoever asks.
const METADATA: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];

pub(super) fn check(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let pods = sorted(scene.picture);
    // The same few blocks are in many policies.
    let mut known = HashMap::new();
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
            // A block for the whole world has Pods in it, and nobody thinks that it selects them.
            let inside = Some((cidr, except)).filter(|(cidr, _)| cidr.prefix_len() > 0);
            let inside = inside.and_then(|block| *known.entry(block).or_insert_with(|| first_in(&pods, cidr, &set)));
            if let Some(pod) = inside.and_then(|place| scene.picture.pods.get(place)) {
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

/// The addresses of Pods, each with the Pod's position. Sorted, so that a cluster with as many blocks as Pods does not take one
/// look at each Pod for each block.
fn sorted(picture: &Picture) -> Vec<(IpAddr, usize)> {
    let pods = picture.pods.iter().enumerate().filter(|(_, pod)| !pod.host_network);
    let mut all: Vec<_> =
        pods.flat_map(|(place, pod)| pod.addresses.iter().map(move |address| (*address, place))).collect();
    all.sort_unstable();
    all
}

/// The first of the Pods whose address is in the block, and not in what is taken out of it.
fn first_in(pods: &[(IpAddr, usize)], cidr: &IpNet, set: &AddressSet) -> Option<usize> {
    let begin = pods.partition_point(|(address, _)| *address < cidr.network());
    let inside = pods[begin..].iter().take_while(|(address, _)| *address <= cidr.broadcast());
    inside.filter(|(address, _)| set.contains(*address)).map(|(_, place)| *place).min()
}
