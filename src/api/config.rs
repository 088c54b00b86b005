//! The operator's configuration file: what the platform team says once for all profiles.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Destination, PlatformPeer, Resolver, rules};

/// The operator's configuration file (`--config`). Every field may be left out; unknown fields are refused.
#[derive(JsonSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct OperatorConfig {
    /// Namespaces in which profiles are refused, in addition to `kube-system`, `openshift-dns` and the operator's own.
    #[garde(inner(custom(rules::check_dns_label)))]
    pub protected_namespaces: Vec<String>,

    /// How profiles with DNS mode `Auto` resolve names.
    #[garde(dive)]
    pub dns: DnsDefaults,

    /// The scrapers, for profiles that name none.
    #[garde(dive)]
    pub monitoring: Vec<PlatformPeer>,

    /// The ingress controllers, for profiles that name none.
    #[garde(dive)]
    pub ingress_controllers: Vec<PlatformPeer>,

    /// Whether scrapers and ingress controllers are looked for where neither a profile nor this file names them.
    pub discovery: Discovery,

    /// Destinations that every tier of every profile may call.
    #[garde(dive)]
    pub telemetry: Vec<Destination>,

    /// The blocks that CIDRs of profiles must lie in. Empty: no ceiling.
    #[garde(inner(custom(rules::check_cidr)))]
    pub cidr_ceiling: Vec<String>,

    /// The CNI, where it cannot be seen from its Pods, and whether policies of Cilium's own are written.
    pub cni: Cni,
}

/// Where DNS is, when the cluster's own DNS Service does not tell.
#[derive(JsonSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct DnsDefaults {
    /// Addresses of node-local DNS caches, as CIDRs (`169.254.20.10/32`). Left out: `169.254.20.10/32`
    /// where Pods labelled `k8s-app: node-local-dns` run, else none.
    #[garde(inner(custom(rules::check_cidr)))]
    pub node_local: Vec<String>,

    /// Resolvers in place of the cluster's DNS Service.
    #[garde(dive)]
    pub resolvers: Vec<Resolver>,
}

/// Which CNI the cluster has.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cni {
    /// Find out from the Pods that run. Policies of Cilium's own are written where the cluster knows them.
    #[default]
    Auto,
    /// Cilium. It is told where the cluster does not know policies of Cilium's own.
    Cilium,
    /// One that enforces standard NetworkPolicies. Nothing else is written.
    Standard,
}

/// How scrapers and ingress controllers are known that nobody names.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// From the cluster's own objects: the addresses that ingress controllers and load balancers publish, `IngressClasses`,
    /// Gateways, and Prometheus objects that read the app's monitors, in namespaces that the platform protects or that a class or
    /// Gateway vouches for. Labels and addresses alone never count.
    #[default]
    Auto,
    /// Not at all: they have to be named.
    None,
}
