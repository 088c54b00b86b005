//! Who may call a tier, and the peer shape "these Pods" that sources and destinations share.

use garde::Validate;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{LabelSelector, rules};

/// Someone who may call a tier: exactly one of `tier`, `pods` and `cidr`.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(
    validation = rules::one_kind_of_source(),
    validation = rules::except_needs_cidr(),
    validation = rules::except_inside_cidr()
)]
pub struct Source {
    /// The name of a tier of this profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub tier: Option<String>,

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

    /// Names of declared ports of the called tier. Left out: all of them, never "any port".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    #[schemars(inner(length(min = 1, max = 63)))]
    #[garde(custom(rules::length(1, 16)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub ports: Option<Vec<String>>,
}

/// Pods, by namespace and labels. Both parts must hold for the same Pod.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::one_kind_of_namespace(), validation = rules::pods_are_selected())]
pub struct PodsPeer {
    /// The name of the Pods' namespace. Left out, with `namespaceSelector` too: the profile's own namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[garde(inner(custom(rules::check_dns_label)))]
    #[x_kube(validation = rules::dns_label())]
    pub namespace: Option<String>,

    /// Selects the Pods' namespaces by label. Whoever may label namespaces may join it;
    /// `namespace` cannot be forged.
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
}
