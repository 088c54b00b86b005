//! A tier: a group of Pods with the same network needs.

use garde::Validate;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{DeclaredPort, Destination, LabelSelector, Source, rules};

/// A group of Pods with the same network needs.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(
    validation = rules::callers_need_declared_ports(),
    validation = rules::from_names_declared_ports(),
    validation = rules::exposed_names_declared_ports(),
    validation = rules::metrics_names_declared_ports()
)]
pub struct Tier {
    /// The tier's name, unique in the profile; part of the name of its policy.
    #[schemars(length(min = 1, max = 63))]
    #[garde(custom(rules::check_dns_label))]
    #[x_kube(validation = rules::dns_label())]
    pub name: String,

    /// Which Pods of the profile's namespace belong to the tier. Never empty: an empty selector
    /// would take every Pod of the namespace.
    #[garde(dive)]
    pub pod_selector: LabelSelector,

    /// What the Pods of the tier listen on. Names are used by `from`, `exposed` and `metrics`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[garde(custom(rules::length(0, 16)), dive)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub ports: Vec<DeclaredPort>,

    /// Who may call the tier. Each entry writes both halves: the ingress of this tier and, where the
    /// caller is a tier of this profile, the egress of the caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[garde(custom(rules::length(0, 32)), dive)]
    pub from: Vec<Source>,

    /// Set: the tier is reached through the ingress controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub exposed: Option<PortUse>,

    /// Set: the tier is scraped by monitoring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub metrics: Option<PortUse>,

    /// Destinations that are no tier of this profile: other namespaces, Services, addresses, the API server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[garde(custom(rules::length(0, 32)), dive)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub to: Vec<Destination>,
}

/// Which of the tier's declared ports a need is about.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[garde(allow_unvalidated)]
pub struct PortUse {
    /// Names of declared ports. Left out: all declared ports of the tier, never "any port".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    #[schemars(inner(length(min = 1, max = 63)))]
    #[garde(custom(rules::length(1, 16)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub ports: Option<Vec<String>>,
}
