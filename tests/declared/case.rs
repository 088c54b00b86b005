//! What profiles are about: a few Pods, addresses and Services.

use std::{collections::BTreeMap, net::IpAddr};

use appnet::api::{AppNetworkProfileSpec, Destination, Protocol, Source};
use ipnet::IpNet;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub type Labels = BTreeMap<String, String>;

/// Some profiles, and a cluster that they meet.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub profiles: Vec<Profile>,
    pub namespaces: BTreeMap<String, Labels>,
    pub pods: Vec<Pod>,
    pub services: Vec<Service>,
    /// Do caches run on the nodes, as Pods on the host network in `kube-system`?
    pub node_local_dns: bool,
}

#[derive(Clone, Debug)]
pub struct Profile {
    pub namespace: &'static str,
    pub name: &'static str,
    pub spec: AppNetworkProfileSpec,
}

#[derive(Clone, Debug)]
pub struct Pod {
    pub namespace: &'static str,
    pub labels: Labels,
    /// Ports that have names: name, protocol, number.
    pub ports: Vec<(&'static str, Protocol, u16)>,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub namespace: &'static str,
    pub name: &'static str,
    pub to: To,
    pub cluster_ip: Option<&'static str>,
    pub ports: Vec<ServicePort>,
}

/// Where a Service sends to.
#[derive(Clone, Debug)]
pub enum To {
    Pods(Labels),
    Addresses(Vec<&'static str>),
}

#[derive(Clone, Debug)]
pub struct ServicePort {
    pub name: &'static str,
    pub protocol: Protocol,
    pub port: u16,
    pub target: IntOrString,
}

/// A Pod by its place in the case, or an address outside of the cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Pod(usize),
    Address(IpAddr),
}

pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl Case {
    /// Every Pod; and of every block that anyone speaks of, the first and the last address, and those right before and after.
    pub fn ends(&self) -> Vec<End> {
        let mut addresses: Vec<IpAddr> = self.blocks().iter().flat_map(|block| around(block)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        (0..self.pods.len()).map(End::Pod).chain(addresses.into_iter().map(End::Address)).collect()
    }

    fn blocks(&self) -> Vec<String> {
        let mut blocks = Vec::new();
        for Profile { spec, .. } in &self.profiles {
            let sources = spec.tiers.iter().flat_map(|tier| &tier.from);
            let destinations = spec.tiers.iter().flat_map(|tier| &tier.to).chain(&spec.telemetry);
            blocks.extend(sources.flat_map(|Source { cidr, except, .. }| cidr.iter().chain(except)).cloned());
            blocks.extend(destinations.flat_map(|Destination { cidr, except, .. }| cidr.iter().chain(except)).cloned());
            let monitoring = spec.monitoring.iter().flat_map(|need| &need.from);
            let controllers = spec.ingress_controller.iter().flat_map(|need| &need.from);
            blocks.extend(monitoring.chain(controllers).filter_map(|peer| peer.cidr.clone()));
            blocks.extend(spec.dns.resolvers.iter().flatten().filter_map(|resolver| resolver.cidr.clone()));
        }
        for service in &self.services {
            let addresses = if let To::Addresses(addresses) = &service.to { &addresses[..] } else { &[] };
            blocks.extend(addresses.iter().chain(&service.cluster_ip).map(|address| format!("{address}/32")));
        }
        blocks.extend(self.node_local_dns.then(|| "169.254.20.10/32".to_owned()));
        blocks.sort();
        blocks.dedup();
        blocks
    }
}

fn around(block: &str) -> Vec<IpAddr> {
    match block.parse().expect("a block") {
        IpNet::V4(block) => {
            let (first, last) = (block.network().to_bits(), block.broadcast().to_bits());
            [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)]
                .into_iter()
                .flatten()
                .map(|bits| IpAddr::V4(bits.into()))
                .collect()
        }
        IpNet::V6(block) => {
            let (first, last) = (block.network().to_bits(), block.broadcast().to_bits());
            [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)]
                .into_iter()
                .flatten()
                .map(|bits| IpAddr::V6(bits.into()))
                .collect()
        }
    }
}
