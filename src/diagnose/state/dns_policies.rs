//! The policies that let Pods ask for names, and that let everyone ask.

use serde_json::{Value, json};

use super::{
    Scene,
    dns::{BOTH, DNS, Server},
};
use crate::{
    api::Protocol,
    model::Labels,
    observe::ServiceKind,
    reach::{Direction, Pod},
};

/// Lets every Pod of the cluster ask. The DNS Pods are isolated already: nothing else of them is cut by it.
pub(super) fn let_all_ask(scene: &Scene<'_>, server: &Server<'_>) -> Value {
    let namespace = &server.pod.namespace;
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": scene.free_name(namespace, "allow-dns-from-everywhere"), "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": labels_of(server)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}}], "ports": ports_of(server)}],
        },
    })
}

/// Lets Pods ask: every Pod of the namespace where all are isolated anyway, else these alone. A policy for Pods that nothing
/// isolates would isolate them.
pub(super) fn let_ask(scene: &Scene<'_>, server: &Server<'_>, pod: &Pod) -> Value {
    let namespace = &pod.namespace;
    let own =
        scene.kinds_of_all_pods().into_iter().filter(|(_, other)| other.namespace == *namespace && !other.host_network);
    let all_isolated = own.clone().all(|(id, _)| scene.is_isolated(id, Direction::Egress));
    let (selector, name) = if all_isolated {
        (json!({}), "allow-dns-egress".to_owned())
    } else {
        (json!({"matchLabels": Scene::lasting_labels(pod)}), format!("allow-dns-egress-of-{}", pod.workload.name))
    };
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": scene.free_name(namespace, &name), "namespace": namespace},
        "spec": {
            "podSelector": selector,
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
