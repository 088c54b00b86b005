//! What the operator reports.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::PolicyKind;

/// What the operator found and did. Written by the operator only.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AppNetworkProfileStatus {
    /// The generation that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The generation whose policies are in place. It stays behind `observedGeneration` while a profile is
    /// invalid: the last good policies stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_generation: Option<i64>,

    /// The state in conditions. `Ready` is the summary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,

    /// Figures for `kubectl get`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,

    /// What was found of each tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tiers: Vec<TierStatus>,

    /// The policies that this profile owns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub policies: Vec<PolicyStatus>,

    /// How often and by whom policies of this profile were changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftStatus>,

    /// With mode `Audit`: the writes that mode `Enforce` would do, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub plan: Vec<PlannedChange>,

    /// With mode `Audit`: what mode `Enforce` would do to flows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<FlowsStatus>,

    /// Policies of others that select Pods of this profile's tiers: they widen or isolate what the profile says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub foreign_policies: Vec<ForeignPolicy>,

    /// Pods of the namespace that belong to no tier; a default-deny isolates them too. No error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unassigned: Option<UnassignedPods>,
}

/// Figures for `kubectl get`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Number of tiers.
    pub tiers: i32,
    /// Policies in place and wanted, as `5/5`.
    #[schemars(length(max = 16))]
    pub policies: String,
}

/// What was found of a tier.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct TierStatus {
    /// The tier's name.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Whether the tier's selector matches any Pod. A number would change with every rollout.
    pub matched: bool,
    /// What needs attention, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 1024)))]
    pub warnings: Vec<String>,
}

/// A policy that a profile owns.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct PolicyStatus {
    /// The policy's name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// The policy's kind.
    #[serde(default)]
    pub kind: PolicyKind,
    /// The policy's uid: by it the operator knows the policy again when someone strips its owner reference.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// What the policy is for: `tier`, `dns`, `api-server`, `default-deny` or `bridge` (one that keeps flows alive during a
    /// change).
    #[schemars(length(max = 32))]
    pub role: String,
    /// A hash of what was written.
    #[schemars(length(max = 64))]
    pub hash: String,
}

/// Changes that someone else made to policies of a profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct DriftStatus {
    /// How often a policy was changed by someone else.
    pub count: i64,
    /// When that was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_time: Option<Time>,
    /// The policy that was changed last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 253))]
    pub policy: String,
    /// Who changed it: the field manager, where the API server knows it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub manager: String,
    /// What was changed: field paths, or `deleted`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 512)))]
    pub fields: Vec<String>,
}

/// A write that mode `Enforce` would do.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct PlannedChange {
    /// `Create`, `Update`, `Delete`, or `Blocked`: the name belongs to someone else.
    #[schemars(length(max = 16))]
    pub action: String,
    /// The policy's name.
    #[schemars(length(max = 253))]
    pub policy: String,
    /// The policy's kind.
    #[serde(default)]
    pub kind: PolicyKind,
    /// With `Update`: the fields that would change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 512)))]
    pub fields: Vec<String>,
}

/// What mode `Enforce` would do to flows: pairs of workloads, or of a workload and addresses outside the cluster. Whether
/// anything flows there today, nobody knows. Ends in other namespaces are named only where the profile itself names that
/// namespace: a status reveals no more than its author knew. It is as of the last look at the profile, and what happens in
/// namespaces that the profile does not name causes none.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FlowsStatus {
    /// The first flows that would be cut, wholly or at some ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub cut: Vec<FlowStatus>,
    /// Number of flows that would be cut, wholly or at some ports.
    pub cut_count: i32,
    /// How many of these have an end in a namespace that the profile does not name.
    pub cut_elsewhere: i32,
    /// Number of flows that would be opened, wholly or at some ports.
    pub opened: i32,
}

/// A flow that would be cut.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct FlowStatus {
    /// Who calls: a workload, as `shop/api[Deployment]`, or addresses.
    #[schemars(length(max = 256))]
    pub from: String,
    /// Who is called.
    #[schemars(length(max = 256))]
    pub to: String,
    /// The ports that would be lost.
    #[schemars(length(max = 256))]
    pub ports: String,
}

/// A policy of someone else that selects Pods of the profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct ForeignPolicy {
    /// The policy's name; it is in the profile's namespace.
    #[schemars(length(max = 253))]
    pub name: String,
    /// The tiers whose Pods it selects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 63)))]
    pub tiers: Vec<String>,
}

/// Pods of the namespace that belong to no tier.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct UnassignedPods {
    /// The names of the first workloads, sorted; Pods without one by their own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(max = 253)))]
    pub names: Vec<String>,
    /// The number of workloads.
    pub count: i32,
}
