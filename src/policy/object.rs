//! A policy as an object of the cluster, of either kind.

use k8s_openapi::{api::networking::v1::NetworkPolicy, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::core::TypeMeta;
use serde::Serialize;

use crate::{
    api::{CiliumNetworkPolicy, PolicyKind},
    observe::{CiliumRules, PolicyRow, PolicySpec},
};

/// A policy as an object of the cluster, of either kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PolicyObject {
    /// A standard policy.
    Standard(NetworkPolicy),
    /// A policy of Cilium's own.
    Cilium(CiliumNetworkPolicy),
}

impl PolicyObject {
    /// An object that says this and nothing else.
    #[must_use]
    pub fn new(metadata: ObjectMeta, spec: PolicySpec) -> Self {
        match spec {
            PolicySpec::Standard(spec) => Self::Standard(NetworkPolicy { metadata, spec: Some(spec) }),
            PolicySpec::Cilium(rules) => {
                let kind = PolicyKind::CiliumNetworkPolicy;
                let types = TypeMeta { api_version: kind.api_version().into(), kind: kind.as_str().into() };
                let mut policy = CiliumNetworkPolicy { types: Some(types), metadata, ..CiliumNetworkPolicy::default() };
                say(&mut policy, rules);
                Self::Cilium(policy)
            }
        }
    }

    /// The object with all that it says replaced. What else stands in it stays.
    #[must_use]
    pub fn saying(self, spec: PolicySpec) -> Self {
        match (self, spec) {
            (Self::Standard(policy), PolicySpec::Standard(spec)) => {
                Self::Standard(NetworkPolicy { spec: Some(spec), ..policy })
            }
            (Self::Cilium(mut policy), PolicySpec::Cilium(rules)) => {
                say(&mut policy, rules);
                Self::Cilium(policy)
            }
            (other, spec) => Self::new(other.metadata().clone(), spec),
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> PolicyKind {
        match self {
            Self::Standard(_) => PolicyKind::NetworkPolicy,
            Self::Cilium(_) => PolicyKind::CiliumNetworkPolicy,
        }
    }

    /// Name, labels, owners.
    #[must_use]
    pub const fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Standard(policy) => &policy.metadata,
            Self::Cilium(policy) => &policy.metadata,
        }
    }

    /// The same, to be changed.
    pub const fn metadata_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Standard(policy) => &mut policy.metadata,
            Self::Cilium(policy) => &mut policy.metadata,
        }
    }

    /// What we use of it.
    #[must_use]
    pub fn row(&self) -> PolicyRow {
        match self {
            Self::Standard(policy) => policy.into(),
            Self::Cilium(policy) => policy.into(),
        }
    }
}

fn say(policy: &mut CiliumNetworkPolicy, rules: CiliumRules) {
    for (part, value) in [("spec", rules.spec), ("specs", rules.specs)] {
        policy.rest.remove(part);
        if !value.is_null() {
            policy.rest.insert(part.to_owned(), value);
        }
    }
}
