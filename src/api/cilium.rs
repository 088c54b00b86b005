//! A `CiliumNetworkPolicy`, as far as we read and write it.
//!
//! The definition is Cilium's (`cilium.io/v2`, `pkg/k8s/apis/cilium.io/v2` in cilium/cilium). What others write there is
//! kept as it is: only the parts that we write ourselves have a type, in `policy`.

use std::borrow::Cow;

use k8s_openapi::{
    NamespaceResourceScope, api::networking::v1::NetworkPolicy, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Resource, core::TypeMeta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kinds of policies that a profile can own.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// The standard one, of `networking.k8s.io/v1`.
    #[default]
    NetworkPolicy,
    /// That of Cilium, of `cilium.io/v2`.
    CiliumNetworkPolicy,
}

impl PolicyKind {
    /// The kind as it stands in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkPolicy => "NetworkPolicy",
            Self::CiliumNetworkPolicy => "CiliumNetworkPolicy",
        }
    }

    /// Its group and version.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::CiliumNetworkPolicy => "cilium.io/v2",
        }
    }
}

/// An object that is a policy.
pub trait PolicyResource: Resource<DynamicType = ()> {
    /// Its kind.
    const KIND: PolicyKind;
}

impl PolicyResource for NetworkPolicy {
    const KIND: PolicyKind = PolicyKind::NetworkPolicy;
}

impl PolicyResource for CiliumNetworkPolicy {
    const KIND: PolicyKind = PolicyKind::CiliumNetworkPolicy;
}

/// An object of the kind `CiliumNetworkPolicy`. It has `spec`, or `specs`, or both; `status` is its own subresource.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct CiliumNetworkPolicy {
    /// Version and kind; not there in the items of some lists.
    #[serde(flatten, default)]
    pub types: Option<TypeMeta>,
    /// Name, labels, owners.
    pub metadata: ObjectMeta,
    /// All the rest, whatever it is: a policy of someone else must not fail a list.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Resource for CiliumNetworkPolicy {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        PolicyKind::CiliumNetworkPolicy.as_str().into()
    }

    fn group((): &()) -> Cow<'_, str> {
        "cilium.io".into()
    }

    fn version((): &()) -> Cow<'_, str> {
        "v2".into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        "ciliumnetworkpolicies".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_read_and_written_as_it_is() {
        let text = serde_json::json!({
            "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "theirs", "namespace": "shop"},
            "specs": [{"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchName": "example.com"}]}]}],
            "status": {"conditions": []},
        });
        let read: CiliumNetworkPolicy = serde_json::from_value(text.clone()).expect("any policy can be read");
        assert_eq!(serde_json::to_value(&read).expect("and written"), text);
        let bare = serde_json::json!({"metadata": {"name": "bare"}, "spec": null});
        assert!(serde_json::from_value::<CiliumNetworkPolicy>(bare).is_ok_and(|bare| bare.types.is_none()));
    }
}
