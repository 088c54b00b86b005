//! The needs that usually come from the platform: DNS, monitoring, ingress controller.

use garde::Validate;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LabelSelector, PodsPeer, rules};

/// How the Pods of the profile resolve names.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::explicit_dns_needs_resolvers(), validation = rules::only_explicit_dns_takes_resolvers())]
pub struct Dns {
    /// `Auto` follows the cluster's DNS, `Explicit` allows `resolvers` only, `None` allows no DNS.
    #[serde(default)]
    pub mode: DnsMode,

    /// The resolvers, with mode `Explicit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8))]
    #[garde(custom(rules::length(1, 8)), dive)]
    pub resolvers: Option<Vec<Resolver>>,
}

/// Where the resolvers of a profile come from.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsMode {
    /// The cluster's DNS Pods, found by its Service, and node-local caches where there are any.
    #[default]
    Auto,
    /// The resolvers that are listed, and no others.
    Explicit,
    /// No DNS at all.
    None,
}

/// A DNS resolver, asked over UDP and TCP: exactly one of `pods` and `cidr`.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::one_kind_of_resolver())]
pub struct Resolver {
    /// Pods that resolve names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub pods: Option<PodsPeer>,

    /// Addresses outside the cluster or on the node, as a canonical CIDR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 43))]
    #[garde(inner(custom(rules::check_cidr)))]
    #[x_kube(validation = rules::cidr())]
    pub cidr: Option<String>,

    /// The port that the resolver listens on: the Pod's port, not the Service's.
    #[serde(default = "dns_port")]
    #[schemars(range(min = 1, max = 65535))]
    #[garde(custom(rules::check_port_number))]
    pub port: i32,
}

const fn dns_port() -> i32 {
    53
}

/// Who scrapes the tiers that have `metrics`.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[garde(allow_unvalidated)]
pub struct Monitoring {
    /// The scrapers, in place of the platform's.
    #[schemars(length(min = 1, max = 16))]
    #[garde(custom(rules::length(1, 16)), dive)]
    pub from: Vec<PlatformPeer>,
}

/// Through which Pods the tiers that have `exposed` are reached.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[garde(allow_unvalidated)]
pub struct IngressController {
    /// The controllers, in place of the platform's.
    #[schemars(length(min = 1, max = 16))]
    #[garde(custom(rules::length(1, 16)), dive)]
    pub from: Vec<PlatformPeer>,
}

/// A caller that the platform runs: Pods, or the addresses of nodes and load balancers.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::one_kind_of_platform_peer(), validation = rules::one_kind_of_namespace())]
pub struct PlatformPeer {
    /// The name of the Pods' namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[garde(inner(custom(rules::check_dns_label)))]
    #[x_kube(validation = rules::dns_label())]
    pub namespace: Option<String>,

    /// Selects the Pods' namespaces by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub namespace_selector: Option<LabelSelector>,

    /// Selects the Pods by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub pod_selector: Option<LabelSelector>,

    /// True: all Pods of the namespace, in place of `podSelector`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_pods: bool,

    /// Addresses, as a canonical CIDR, in place of Pods: for controllers on the host network, which no
    /// Pod selector matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 43))]
    #[garde(inner(custom(rules::check_cidr)))]
    #[x_kube(validation = rules::cidr())]
    pub cidr: Option<String>,
}
