//! A naive reading of `CiliumNetworkPolicy`, of the few fields that the operator writes. It panics about anything else, and
//! about a policy that isolates.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::{Value, json};

use super::{End, Flow, Pod, Policy, Rules, selector};

/// Does one of these let the Pod out to where the flow goes?
pub(super) fn lets_out(policies: &[Policy], from: &Pod, flow: &Flow) -> bool {
    policies.iter().any(|(namespace, rules)| {
        let Rules::Cilium(rule) = rules else { return false };
        assert_eq!(rule["enableDefaultDeny"], json!({"egress": false, "ingress": false}), "it isolates: {rule}");
        assert!(rule["ingress"].is_null(), "{rule}");
        *namespace == from.namespace
            && selector(&endpoints(&rule["endpointSelector"]), &from.labels)
            && list(&rule["egress"]).iter().any(|egress| allows(egress, flow))
    })
}

/// Labels of Pods carry their source: `k8s:app`.
fn endpoints(value: &Value) -> LabelSelector {
    let mut endpoints: LabelSelector = serde_json::from_value(value.clone()).expect("a selector");
    let plain = |key: &str| key.strip_prefix("k8s:").expect("a label that Kubernetes gave").to_owned();
    let labels = endpoints.match_labels.unwrap_or_default();
    endpoints.match_labels =
        Some(labels.iter().map(|(key, value)| (plain(key), value.clone())).collect::<BTreeMap<_, _>>());
    endpoints.match_expressions.iter_mut().flatten().for_each(|requirement| requirement.key = plain(&requirement.key));
    endpoints
}

fn allows(egress: &Value, flow: &Flow) -> bool {
    let fields: Vec<_> = egress.as_object().expect("a rule").keys().map(String::as_str).collect();
    assert_eq!(fields, ["toEntities", "toPorts"], "{egress}");
    assert_eq!(egress["toEntities"], json!(["kube-apiserver"]));
    let ports: Vec<_> = list(&egress["toPorts"]).iter().flat_map(|ports| list(&ports["ports"])).collect();
    assert!(!ports.is_empty(), "any port: {egress}");
    flow.to == End::ApiServer
        && ports.iter().any(|port| port["port"] == flow.port.to_string().as_str() && port["protocol"] == flow.protocol)
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}
