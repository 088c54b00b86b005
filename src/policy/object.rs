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

#[cfg(test)]
mod tests {
    use k8s_openapi::api::networking::v1::NetworkPolicySpec;
    use serde_json::{Value, json};

    use super::*;

    fn named(name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.into()), resource_version: Some(format!("of-{name}")), ..ObjectMeta::default() }
    }

    fn standard(direction: &str) -> PolicySpec {
        let spec = NetworkPolicySpec { policy_types: Some(vec![direction.into()]), ..NetworkPolicySpec::default() };
        PolicySpec::Standard(spec)
    }

    fn cilium(spec: Value, specs: Value) -> PolicySpec {
        PolicySpec::Cilium(CiliumRules { spec, specs })
    }

    #[test]
    fn an_object_of_either_kind_says_what_it_is_and_hands_out_its_own_metadata() {
        let objects = [
            (PolicyKind::NetworkPolicy, standard("Ingress")),
            (PolicyKind::CiliumNetworkPolicy, cilium(json!({"endpointSelector": {}}), Value::Null)),
        ];
        for (kind, spec) in objects {
            let mut object = PolicyObject::new(named("deny"), spec.clone());
            assert_eq!((object.kind(), object.metadata()), (kind, &named("deny")));
            *object.metadata_mut() = named("allow");
            assert_eq!((object.metadata(), object.row().spec), (&named("allow"), spec), "{kind:?}");
        }
    }

    #[test]
    fn what_an_object_says_is_replaced_whole_and_the_rest_of_it_stays() {
        let object = PolicyObject::new(named("deny"), standard("Ingress")).saying(standard("Egress"));
        assert_eq!(object, PolicyObject::new(named("deny"), standard("Egress")));

        let old = cilium(json!({"endpointSelector": {"old": "one"}}), json!([{"old": "more"}]));
        let PolicyObject::Cilium(mut policy) = PolicyObject::new(named("api"), old) else {
            panic!("a policy of Cilium")
        };
        policy.rest.insert("status".into(), json!({"derived": 7}));
        let new = cilium(json!({"endpointSelector": {"new": "one"}}), Value::Null);
        let PolicyObject::Cilium(said) = PolicyObject::Cilium(policy.clone()).saying(new.clone()) else {
            panic!("a policy of Cilium")
        };
        let rest = json!({"spec": {"endpointSelector": {"new": "one"}}, "status": {"derived": 7}});
        assert_eq!((Value::Object(said.rest), &said.types, &said.metadata), (rest, &policy.types, &policy.metadata));

        let other = PolicyObject::Cilium(policy).saying(standard("Egress"));
        assert_eq!(other, PolicyObject::new(named("api"), standard("Egress")), "of the other kind");
    }
}
