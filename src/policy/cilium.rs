//! The way to the API server, in words of Cilium's own.
//!
//! Cilium gives nodes and API servers identities, and does not match these by blocks of addresses unless its agent runs
//! with `policy-cidr-match-mode: nodes` (cilium/cilium#20550). So beside the standard policy of a tier stands a
//! `CiliumNetworkPolicy` that allows the same by identity. Its types are a part of `pkg/policy/api` in cilium/cilium.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Companion;
use crate::{
    model::{Port, PortRange, Selector, selector::Expression},
    observe::{CiliumRules, PolicySpec},
};

/// The identity of every API server of the cluster.
const API_SERVER: &str = "kube-apiserver";

/// Labels that Kubernetes gave, as Cilium's reading of standard policies has them: without it a label of any source would
/// do, also those that Cilium keeps for itself (`reserved:host`).
const SOURCE: &str = "k8s:";

/// One rule of a `CiliumNetworkPolicy`: `{endpointSelector, enableDefaultDeny, egress}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    endpoint_selector: EndpointSelector,
    enable_default_deny: DefaultDeny,
    egress: [Egress; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EndpointSelector {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    match_labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    match_expressions: Vec<Requirement>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

/// Both false: the policy isolates nobody, it only allows. Left out, its egress rule would isolate.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultDeny {
    egress: bool,
    ingress: bool,
}

/// Both lists must hold: this identity, at one of these ports.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Egress {
    to_entities: [String; 1],
    to_ports: [Ports; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ports {
    ports: Vec<PortProtocol>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PortProtocol {
    port: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_port: Option<u16>,
    protocol: String,
}

/// Lets these Pods call the API server at these ports.
pub(super) fn to_api_server(pods: &Selector, companion: &Companion) -> PolicySpec {
    let rule = Rule {
        endpoint_selector: selector(pods),
        enable_default_deny: DefaultDeny { egress: false, ingress: false },
        egress: [Egress {
            to_entities: [API_SERVER.into()],
            to_ports: [Ports { ports: companion.ports.iter().map(port).collect() }],
        }],
    };
    // Numbers, texts and lists: there is nothing that could not be written.
    let spec = serde_json::to_value(rule).unwrap_or_default();
    PolicySpec::Cilium(CiliumRules { spec, ..CiliumRules::default() })
}

/// Does it say nothing else than a policy that we write: some Pods, the API server, some ports?
#[must_use]
pub fn only_to_api_server(spec: &PolicySpec) -> bool {
    let PolicySpec::Cilium(CiliumRules { spec, specs }) = spec else { return false };
    let Ok(Rule { enable_default_deny, egress: [egress], .. }) = Rule::deserialize(spec) else { return false };
    let isolates = enable_default_deny.egress || enable_default_deny.ingress;
    specs.is_null() && !isolates && egress.to_entities == [API_SERVER] && !egress.to_ports[0].ports.is_empty()
}

fn selector(pods: &Selector) -> EndpointSelector {
    let requirement = |key: &str, operator: &str, values: &[String]| Requirement {
        key: format!("{SOURCE}{key}"),
        operator: operator.into(),
        values: values.to_vec(),
    };
    EndpointSelector {
        match_labels: pods.labels().iter().map(|(key, value)| (format!("{SOURCE}{key}"), value.clone())).collect(),
        match_expressions: pods
            .expressions()
            .iter()
            .map(|expression| match expression {
                Expression::In(key, values) => requirement(key, "In", values),
                Expression::NotIn(key, values) => requirement(key, "NotIn", values),
                Expression::Exists(key) => requirement(key, "Exists", &[]),
                Expression::DoesNotExist(key) => requirement(key, "DoesNotExist", &[]),
            })
            .collect(),
    }
}

fn port(port: &Port) -> PortProtocol {
    let (first, end_port) = match &port.range {
        PortRange::Numbers(first, last) => (first.to_string(), (first != last).then_some(*last)),
        PortRange::Name(name) => (name.as_str().to_owned(), None),
    };
    PortProtocol { port: first, end_port, protocol: port.protocol.as_str().into() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ours(spec: Value, specs: Value) -> bool {
        only_to_api_server(&PolicySpec::Cilium(CiliumRules { spec, specs }))
    }

    fn rule(default_deny: &Value, entity: &str, ports: &Value) -> Value {
        json!({
            "endpointSelector": {"matchLabels": {"k8s:app": "api"}},
            "enableDefaultDeny": default_deny,
            "egress": [{"toEntities": [entity], "toPorts": [{"ports": ports}]}],
        })
    }

    #[test]
    fn a_policy_that_says_more_than_we_write_is_not_taken_for_ours() {
        let open = || json!({"egress": false, "ingress": false});
        let port = || json!([{"port": "6443", "protocol": "TCP"}]);
        let good = || rule(&open(), API_SERVER, &port());
        assert!(ours(good(), Value::Null));
        assert!(!ours(good(), json!([good()])), "a second rule beside it");
        assert!(!ours(rule(&open(), "world", &port()), Value::Null), "everybody outside of the cluster");
        assert!(!ours(rule(&open(), API_SERVER, &json!([])), Value::Null), "no port is any port");
        for (egress, ingress) in [(true, false), (false, true), (true, true)] {
            let isolates = json!({"egress": egress, "ingress": ingress});
            assert!(!ours(rule(&isolates, API_SERVER, &port()), Value::Null), "egress {egress}, ingress {ingress}");
        }
        assert!(!only_to_api_server(&PolicySpec::default()), "a standard policy");
    }
}
