//! The resource itself: kind, names, print columns, and the rules that need to see the whole object.

use garde::Validate;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AppNetworkProfileStatus, Destination, Dns, IngressController, Monitoring, Tier, rules};

/// Describes the network needs of one app: its tiers, who may call them, and what they call.
/// The operator writes default-deny and allow NetworkPolicies for it, keeps them as described,
/// and reports in the status what drifted, what matches nothing and what is missing.
#[derive(CustomResource, KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "appnet.dev",
    version = "v1alpha1",
    kind = "AppNetworkProfile",
    plural = "appnetworkprofiles",
    shortname = "appnet",
    category = "appnet",
    namespaced,
    status = "AppNetworkProfileStatus",
    derive = "PartialEq",
    doc = "Describes the network needs of one app: its tiers, who may call them, and what they call. The operator writes default-deny and allow NetworkPolicies for it, keeps them as described, and reports in the status what drifted, what matches nothing and what is missing.",
    validation = rules::profile_name(),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status", description = "Whether the policies are in place as the profile asks"),
    printcolumn(name = "Tiers", type_ = "integer", json_path = ".status.summary.tiers", description = "Number of tiers"),
    printcolumn(name = "Policies", type_ = "string", json_path = ".status.summary.policies", description = "NetworkPolicies in place / wanted"),
    printcolumn(name = "Labels", type_ = "string", json_path = ".status.conditions[?(@.type==\"LabelsMatched\")].status", description = "Whether every selector matches something"),
    printcolumn(name = "Drift", type_ = "integer", json_path = ".status.drift.count", description = "How often a policy was changed by someone else"),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", description = "Enforce, Audit or Disabled"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp", description = "Time since the profile was created"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "Why Ready is what it is", priority = 1),
    printcolumn(name = "CNI", type_ = "string", json_path = ".status.conditions[?(@.type==\"EnforcementDetected\")].reason", description = "Whether something was found that enforces policies", priority = 1),
    printcolumn(name = "Last-Repair", type_ = "date", json_path = ".status.drift.lastTime", description = "Time since the last drift", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", description = "What to do next", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::tiers_in_from_exist())]
pub struct AppNetworkProfileSpec {
    /// What the operator does with the policies: `Enforce` writes them, `Audit` writes nothing and
    /// reports in `status.plan` what it would do, `Disabled` removes what was written, the deny first and
    /// policies of Cilium's own some 20 seconds after the others.
    #[serde(default)]
    pub mode: Mode,

    /// True: touch nothing, keep the policies and the conditions as they are, and say so in the status.
    #[serde(default)]
    pub suspend: bool,

    /// Which Pods are isolated. `Namespace`: every Pod of the namespace, by a default-deny policy;
    /// `Tiers`: only the Pods that a tier selects.
    #[serde(default)]
    pub isolation: Isolation,

    /// What happens when someone else edits or deletes a policy: `Repair` puts it back, `Report` only says so.
    #[serde(default)]
    pub drift_policy: DriftPolicy,

    /// What happens to the policies when the profile is deleted: `Delete` removes them (the deny before
    /// the allows), `Orphan` leaves them in place, owned by nobody.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// The groups of Pods that the app is made of. Each becomes one NetworkPolicy.
    #[schemars(length(min = 1, max = 32))]
    #[garde(custom(rules::length(1, 32)), dive)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tiers: Vec<Tier>,

    /// How the Pods resolve names. Left out: `Auto`.
    #[serde(default)]
    #[garde(dive)]
    pub dns: Dns,

    /// Who scrapes the tiers that have `metrics`. Left out: the platform's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub monitoring: Option<Monitoring>,

    /// Through which Pods the tiers that have `exposed` are reached. Left out: the platform's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(dive)]
    pub ingress_controller: Option<IngressController>,

    /// Destinations that every tier may call: tracing, logging, metrics push.
    /// They come in addition to the platform's setting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[garde(custom(rules::length(0, 16)), dive)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub telemetry: Vec<Destination>,
}

/// What the operator does with the policies of a profile.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Write the policies and keep them right.
    #[default]
    Enforce,
    /// Write nothing; report in `status.plan` what would be written.
    Audit,
    /// Remove the policies that were written, in safe order.
    Disabled,
}

/// Which Pods a profile isolates.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Every Pod of the namespace, by a default-deny policy.
    #[default]
    Namespace,
    /// Only the Pods that a tier selects.
    Tiers,
}

/// What happens when someone else changes a policy of the profile.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Put it back at once and tell who changed which field.
    #[default]
    Repair,
    /// Leave it and tell who changed which field.
    Report,
}

/// What happens to the policies when the profile is deleted.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// The garbage collector removes them, the default-deny before the allows.
    #[default]
    Delete,
    /// They stay, owned by nobody.
    Orphan,
}
