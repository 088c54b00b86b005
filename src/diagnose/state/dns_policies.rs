//! The policies that let Pods ask for names, and that let everyone ask.

use serde_json::{Value, json};

use super::{
    Scene,
    dns::{BOTH, DNS, Server},
};
use crate::{
    api::Protocol,
    model::{Labels, NAMESPACE_NAME},
    observe::ServiceKind,
    reach::{Direction, Pod},
};

/// Lets every Pod of the cluster ask. The DNS Pods are isolated already: nothing else of them is cut by it.
pub(super) fn let_all_ask(scene: &Scene<'_>, server: &Server<'_>) -> Value {
    let spec = json!({
        "podSelector": {"matchLabels": labels_of(server)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {}}], "ports": ports(|protocol| server.port(protocol))}],
    });
    policy(scene, &server.pod.namespace, "allow-dns-from-everywhere", &spec)
}

/// Lets Pods ask a server.
pub(super) fn let_ask(scene: &Scene<'_>, server: &Server<'_>, pod: &Pod) -> Value {
    let whom = (server.pod.namespace.as_str(), labels_of(server));
    let_out(scene, pod, whom, &ports(|protocol| server.port(protocol)))
}

/// Lets Pods ask the DNS that most clusters have.
pub(super) fn let_ask_the_usual(scene: &Scene<'_>, pod: &Pod) -> Value {
    let labels = Labels::from([("k8s-app".to_owned(), "kube-dns".to_owned())]);
    let_out(scene, pod, ("kube-system", labels), &ports(|_| None))
}

/// Lets out every Pod of the namespace where all are isolated anyway, else these alone: a policy for Pods that nothing isolates
/// would isolate them.
fn let_out(scene: &Scene<'_>, pod: &Pod, (to, labels): (&str, Labels), ports: &Value) -> Value {
    let mut own = scene.kinds_of_all_pods();
    own.retain(|(_, other)| other.namespace == pod.namespace && !other.host_network);
    let (selector, name) = if own.iter().all(|(id, _)| scene.is_isolated(*id, Direction::Egress)) {
        (json!({}), "allow-dns-egress".to_owned())
    } else {
        (json!({"matchLabels": Scene::lasting_labels(pod)}), format!("allow-dns-egress-of-{}", pod.workload.name))
    };
    let spec = json!({
        "podSelector": selector,
        "policyTypes": ["Egress"],
        "egress": [{
            "to": [{
                "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: to}},
                "podSelector": {"matchLabels": labels},
            }],
            "ports": ports,
        }],
    });
    policy(scene, &pod.namespace, &name, &spec)
}

fn policy(scene: &Scene<'_>, namespace: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": scene.setting.free_name(namespace, name), "namespace": namespace},
        "spec": spec,
    })
}

/// The labels by which the Service finds its Pods.
pub(super) fn labels_of(server: &Server<'_>) -> Labels {
    match &server.row.kind {
        ServiceKind::Pods(labels) => labels.clone(),
        _ => server.pod.labels.clone(),
    }
}

/// UDP and TCP, at the port that is known, else at the usual one.
fn ports(known: impl Fn(Protocol) -> Option<u16>) -> Value {
    let port = |protocol: Protocol| json!({"port": known(protocol).unwrap_or(DNS), "protocol": protocol.as_str()});
    json!(BOTH.map(port))
}
