//! One form for policies that say the same.
//!
//! The API server adds defaults and keeps the difference between "missing" and "empty" where there is none in
//! meaning; comparing texts would find drift for ever and write for ever.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use serde_json::Value;

use crate::observe::PolicySpec;

/// One form for all that says the same: as a value with the fields `spec` and, where Cilium has it, `specs`.
#[must_use]
pub fn normal_value(spec: &PolicySpec) -> Value {
    match spec {
        PolicySpec::Standard(spec) => serde_json::json!({"spec": normal(spec)}),
        // Its definition has no defaults for what we write. What is empty has a meaning there: "any port", for one.
        PolicySpec::Cilium(rules) => {
            let specs = if rules.specs.as_array().is_some_and(Vec::is_empty) { &Value::Null } else { &rules.specs };
            serde_json::json!({"spec": without_nulls(&rules.spec), "specs": without_nulls(specs)})
        }
    }
}

/// A field that is null is one that is missing.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The policy with every default of the API server spelled out, and what is empty without meaning left out.
#[must_use]
pub fn normal(spec: &NetworkPolicySpec) -> NetworkPolicySpec {
    let mut spec = spec.clone();
    spec.pod_selector = Some(spec.pod_selector.unwrap_or_default());
    spec.pod_selector.iter_mut().for_each(selector);
    // No list and an empty list both allow nothing; a list with an empty rule allows everything and stays.
    spec.ingress = spec.ingress.filter(|rules| !rules.is_empty());
    spec.egress = spec.egress.filter(|rules| !rules.is_empty());
    for rule in spec.ingress.iter_mut().flatten() {
        (rule.from, rule.ports) = (peers(rule.from.take()), ports(rule.ports.take()));
    }
    for rule in spec.egress.iter_mut().flatten() {
        (rule.to, rule.ports) = (peers(rule.to.take()), ports(rule.ports.take()));
    }
    if spec.policy_types.as_ref().is_none_or(Vec::is_empty) {
        // API text: Ingress always, Egress only with egress rules.
        let egress = spec.egress.as_ref().map(|_| "Egress".to_owned());
        spec.policy_types = Some(std::iter::once("Ingress".to_owned()).chain(egress).collect());
    }
    spec
}

/// Missing and empty lists of peers both mean "everyone".
fn peers(peers: Option<Vec<NetworkPolicyPeer>>) -> Option<Vec<NetworkPolicyPeer>> {
    let mut peers = peers.filter(|peers| !peers.is_empty());
    for peer in peers.iter_mut().flatten() {
        peer.pod_selector.iter_mut().chain(peer.namespace_selector.iter_mut()).for_each(selector);
        if let Some(block) = &mut peer.ip_block {
            block.except = block.except.take().filter(|except| !except.is_empty());
        }
    }
    peers
}

/// Missing and empty lists of ports both mean "any port"; a missing protocol means TCP.
fn ports(ports: Option<Vec<NetworkPolicyPort>>) -> Option<Vec<NetworkPolicyPort>> {
    let mut ports = ports.filter(|ports| !ports.is_empty());
    for port in ports.iter_mut().flatten() {
        port.protocol.get_or_insert_with(|| "TCP".into());
    }
    ports
}

/// A missing and an empty selector are different as peers, so only what is inside is made equal.
fn selector(selector: &mut LabelSelector) {
    selector.match_labels = selector.match_labels.take().filter(|labels| !labels.is_empty());
    selector.match_expressions = selector.match_expressions.take().filter(|expressions| !expressions.is_empty());
    for expression in selector.match_expressions.iter_mut().flatten() {
        expression.values = expression.values.take().filter(|values| !values.is_empty());
    }
}
