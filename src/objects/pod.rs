//! Pods, and what they say about ports and addresses.

use serde::Deserialize;

use super::{
    metadata::Metadata,
    object::{Content, Identity},
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
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
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
    Content::Pod(Pod {
        workload,
        labels: metadata.labels,
        ports: spec.ports(),
        addresses,
        host_network: spec.on_host_network(),
        ..Pod::default()
    })
}
