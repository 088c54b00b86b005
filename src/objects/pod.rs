//! Pods, and what they say about ports and addresses.

use serde::Deserialize;

use super::{
    metadata::Metadata,
    object::{Content, Identity},
    pod_details::{DnsConfig, HostAlias, PodCondition},
    workload::workload_of,
};
use crate::{
    api::Protocol,
    reach::{Pod, PodPort},
};

/// What is needed of the spec of a Pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodSpec {
    host_network: Option<bool>,
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    pub(super) dns_policy: Option<String>,
    pub(super) dns_config: Option<DnsConfig>,
    pub(super) host_aliases: Option<Vec<HostAlias>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
    name: Option<String>,
    image: Option<String>,
    args: Option<Vec<String>>,
    ports: Option<Vec<ContainerPort>>,
    restart_policy: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct ContainerPort {
    #[serde(default)]
    name: Option<String>,
    #[serde(rename = "containerPort")]
    number: u16,
    #[serde(default)]
    protocol: Option<Protocol>,
}

impl PodSpec {
    /// Is it on the network of its node?
    pub(crate) fn on_host_network(&self) -> bool {
        self.host_network == Some(true)
    }

    fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init_containers).flatten()
    }

    /// The names of its containers.
    pub(super) fn container_names(&self) -> impl Iterator<Item = &str> {
        self.all_containers().filter_map(|container| container.name.as_deref())
    }

    /// The images of its containers.
    pub(super) fn images(&self) -> impl Iterator<Item = &str> {
        self.all_containers().filter_map(|container| container.image.as_deref())
    }

    /// The arguments of its containers.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.all_containers().flat_map(|container| container.args.iter().flatten()).map(String::as_str)
    }

    /// The ports that its containers declare, sorted.
    pub(crate) fn ports(&self) -> Vec<PodPort> {
        // An init container with restart policy Always is a sidecar: its ports count (kubernetes/kubernetes#125285).
        let sidecars = self.init_containers.iter().flatten();
        let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
        let declared = self.containers.iter().flatten().chain(sidecars).flat_map(|one| one.ports.iter().flatten());
        let mut ports: Vec<_> = declared
            .map(|port| PodPort {
                name: port.name.clone().unwrap_or_default(),
                number: port.number,
                protocol: port.protocol.unwrap_or_default(),
            })
            .collect();
        ports.sort();
        ports
    }
}

/// What is needed of the status of a Pod.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PodStatus {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<PodIp>>,
    pub(super) conditions: Option<Vec<PodCondition>>,
}

#[derive(Debug, Deserialize)]
struct PodIp {
    #[serde(default)]
    ip: Option<String>,
}

/// Why no policy is about a Pod any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// It has finished.
    Finished,
    /// It is being deleted.
    Going,
}

/// A Pod, or why it is none any more.
pub(super) fn pod(identity: &Identity, metadata: Metadata, spec: &PodSpec, status: &PodStatus) -> Content {
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return Content::Over(Over::Finished);
    }
    if metadata.deletion_timestamp.is_some() {
        return Content::Over(Over::Going);
    }
    let controller = metadata.controller().map(|owner| (owner.kind.as_str(), owner.name.as_str()));
    let workload = workload_of(controller, &identity.name, &metadata.labels);
    let ips = status.pod_ips.iter().flatten().filter_map(|one| one.ip.as_deref());
    let mut addresses: Vec<_> = ips.chain(status.pod_ip.as_deref()).filter_map(|ip| ip.parse().ok()).collect();
    addresses.sort();
    addresses.dedup();
    let pod = Pod {
        workload,
        labels: metadata.labels,
        ports: spec.ports(),
        addresses,
        host_network: spec.on_host_network(),
        ..Pod::default()
    };
    Content::Pod(pod, spec.details(Some(status)))
}
