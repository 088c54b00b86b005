//! The policies that let Pods ask for names, and that let everyone ask.

use serde_json::{Value, json};

use super::dns::{BOTH, DNS, Server};
use crate::{api::Protocol, model::Labels, observe::ServiceKind};

/// Lets every Pod of the cluster ask.
pub(super) fn let_all_ask(server: &Server<'_>) -> Value {
    let labels = labels_of(server);
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-dns-from-everywhere", "namespace": server.pod.namespace},
        "spec": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": ports_of(server)}],
        },
    })
}

/// Lets every Pod of a namespace ask.
pub(super) fn let_ask(server: &Server<'_>, namespace: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-dns-egress", "namespace": namespace},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{
                "to": [{
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": server.pod.namespace}},
                    "podSelector": {"matchLabels": labels_of(server)},
                }],
                "ports": ports_of(server),
            }],
        },
    })
}

/// The labels by which the Service finds its Pods.
pub(super) fn labels_of(server: &Server<'_>) -> Labels {
    match &server.row.kind {
        ServiceKind::Pods(labels) => labels.clone(),
        _ => server.pod.labels.clone(),
    }
}

fn ports_of(server: &Server<'_>) -> Value {
    let port =
        |protocol: Protocol| json!({"port": server.port(protocol).unwrap_or(DNS), "protocol": protocol.as_str()});
    json!(BOTH.map(port))
}
