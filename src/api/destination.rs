//! What a tier calls beyond the tiers of its own profile.

use garde::Validate;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{PodsPeer, Protocol, rules};

/// A destination: exactly one of `pods`, `cidr`, `service` and `apiServer`.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(
    validation = rules::one_kind_of_destination(),
    validation = rules::destination_needs_ports(),
    validation = rules::api_server_takes_no_ports(),
    validation = rules::cidr_ports_are_numbers(),
    validation = rules::except_needs_cidr(),
    validation = rules::except_inside_cidr()
)]
pub struct Destination {
    /// A name for the destination, unique in its list; it appears in messages.
    #[schemars(length(min = 1, max = 63))]
    #[garde(custom(rules::check_dns_label))]
    #[x_kube(validation = rules::dns_label())]
    pub name: String,

    /// Pods that are no tier of this profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub pods: Option<PodsPeer>,

    /// Addresses outside the cluster, as a canonical IPv4 or IPv6 CIDR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 43))]
    #[garde(inner(custom(rules::check_cidr)))]
    #[x_kube(validation = rules::cidr())]
    pub cidr: Option<String>,

    /// Blocks inside `cidr` that are left out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[schemars(inner(length(min = 1, max = 43)))]
    #[garde(custom(rules::length(0, 32)), inner(custom(rules::check_cidr)))]
    #[x_kube(merge_strategy = ListMerge::Set, validation = rules::cidr_list())]
    pub except: Vec<String>,

    /// A Service: its Pods, at the ports that it sends to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub service: Option<ServicePeer>,

    /// The Kubernetes API server, at the addresses that the cluster publishes for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_server: Option<ApiServerPeer>,

    /// The ports to call. With `pods` and `cidr`: the ports that the destination listens on, needed.
    /// With `service`: ports of the Service; left out: all of them. With `apiServer`: not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    #[garde(custom(rules::length(1, 16)), dive)]
    pub ports: Option<Vec<DestinationPort>>,
}

/// A port of a destination.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::end_port_needs_number(), validation = rules::end_port_not_below_port())]
pub struct DestinationPort {
    /// A number from 1 to 65535, or a name: of a container port with `pods`, of a Service port with `service`.
    #[schemars(extend("maxLength" = 15))]
    #[garde(custom(rules::check_port))]
    #[x_kube(validation = rules::port())]
    pub port: IntOrString,

    /// The transport protocol.
    #[serde(default)]
    pub protocol: Protocol,

    /// The last port of a range that starts at `port`, which must then be a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    #[garde(custom(rules::check_port_number))]
    pub end_port: Option<i32>,
}

/// A Service, by name.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[garde(allow_unvalidated)]
pub struct ServicePeer {
    /// The Service's namespace. Left out: the profile's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[garde(inner(custom(rules::check_dns_label)))]
    #[x_kube(validation = rules::dns_label())]
    pub namespace: Option<String>,

    /// The Service's name.
    #[schemars(length(min = 1, max = 63))]
    #[garde(custom(rules::check_dns_label))]
    #[x_kube(validation = rules::dns_label())]
    pub name: String,
}

/// The Kubernetes API server. It has no fields: addresses and ports come from the cluster.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiServerPeer {}
