//! What a policy says, by its kind.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use serde::Serialize;
use serde_json::Value;

use crate::api::PolicyKind;

/// What a policy says, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PolicySpec {
    /// A standard policy.
    Standard(NetworkPolicySpec),
    /// A policy of Cilium's own.
    Cilium(CiliumRules),
}

/// The rules of a `CiliumNetworkPolicy`: whatever stands in them, so that nothing is overlooked when they are compared.
/// Missing is `Null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CiliumRules {
    /// One rule.
    pub spec: Value,
    /// More rules, in a list beside it.
    pub specs: Value,
}

impl PolicySpec {
    /// The kind of policy that this stands in.
    #[must_use]
    pub const fn kind(&self) -> PolicyKind {
        match self {
            Self::Standard(_) => PolicyKind::NetworkPolicy,
            Self::Cilium(_) => PolicyKind::CiliumNetworkPolicy,
        }
    }

    /// What a standard policy says.
    #[must_use]
    pub const fn standard(&self) -> Option<&NetworkPolicySpec> {
        match self {
            Self::Standard(spec) => Some(spec),
            Self::Cilium(_) => None,
        }
    }
}

impl Default for PolicySpec {
    fn default() -> Self {
        Self::Standard(NetworkPolicySpec::default())
    }
}

impl From<NetworkPolicySpec> for PolicySpec {
    fn from(spec: NetworkPolicySpec) -> Self {
        Self::Standard(spec)
    }
}
