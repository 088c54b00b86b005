//! What is out of the ordinary about a Pod.

use std::net::IpAddr;

use serde::Deserialize;

use super::pod::{PodSpec, PodStatus};
use crate::observe::{Mesh, Names, PodDetails};

/// The settings of a Pod's resolver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DnsConfig {
    nameservers: Option<Vec<String>>,
}

/// A line that the kubelet adds to a Pod's `/etc/hosts`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HostAlias {
    ip: Option<String>,
    hostnames: Option<Vec<String>>,
}

/// A condition of a Pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodCondition {
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
}

impl PodSpec {
    /// What is out of the ordinary.
    pub(super) fn details(&self, status: Option<&PodStatus>) -> PodDetails {
        let not_ready = status.and_then(|status| status.conditions.as_ref()).is_some_and(|conditions| {
            conditions.iter().any(|one| one.kind.as_deref() == Some("Ready") && one.status.as_deref() != Some("True"))
        });
        PodDetails { not_ready, names: self.names(), aliases: self.aliases(), mesh: self.mesh() }
    }

    fn names(&self) -> Names {
        let listed = self.dns_config.iter().flat_map(|config| config.nameservers.iter().flatten());
        let listed = || listed.clone().filter_map(|address| address.parse().ok()).collect();
        match self.dns_policy.as_deref() {
            Some("Default") => Names::Node(listed()),
            Some("None") => Names::These(listed()),
            _ => Names::Cluster,
        }
    }

    fn aliases(&self) -> Vec<(String, IpAddr)> {
        let of_one = |alias: &HostAlias| {
            let address: Option<IpAddr> = alias.ip.as_deref().and_then(|ip| ip.parse().ok());
            let names = alias.hostnames.iter().flatten().cloned();
            names.filter_map(move |name| Some((name, address?))).collect::<Vec<_>>()
        };
        self.host_aliases.iter().flatten().flat_map(of_one).collect()
    }

    fn mesh(&self) -> Option<Mesh> {
        self.container_names().find_map(|name| match name {
            "istio-proxy" => Some(Mesh::Istio),
            "linkerd-proxy" => Some(Mesh::Linkerd),
            _ => None,
        })
    }
}
