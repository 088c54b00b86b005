//! A cluster as `kubectl get -A -o json` writes it: Pods with all that Pods have.

use appnet::{
    api::Protocol,
    model::{Labels, Selector},
    reach::{NamespacesOf, PROTOCOLS, Peer, Peers, Picture, Pod, PodsOf, Policy, Ports, Rule},
};
use serde_json::{Value, json};

/// All objects of a picture. `whole`: as the API server hands them out, with status, volumes and so on; otherwise only what
/// policies look at, and each Pod by itself.
pub fn objects(picture: &Picture, whole: bool) -> [Vec<Value>; 3] {
    [
        picture.namespaces.iter().map(|(name, labels)| namespace(name, labels)).collect(),
        picture.pods.iter().enumerate().map(|(at, one)| if whole { whole_pod(at, one) } else { pod(one) }).collect(),
        picture.policies.iter().map(policy).collect(),
    ]
}

/// A dump.
pub fn dump(picture: &Picture, whole: bool) -> Vec<u8> {
    let items = objects(picture, whole).concat();
    // With blanks and line breaks, as kubectl writes it.
    serde_json::to_vec_pretty(&json!({"apiVersion": "v1", "kind": "List", "items": items})).expect("it is JSON")
}

fn namespace(name: &str, labels: &Labels) -> Value {
    let mut labels = labels.clone();
    labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn ports(pod: &Pod) -> Vec<Value> {
    let ports = pod.ports.iter();
    ports
        .map(|port| json!({"name": port.name, "containerPort": port.number, "protocol": port.protocol.as_str()}))
        .collect()
}

fn pod(pod: &Pod) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": pod.namespace, "name": pod.name, "labels": pod.labels},
        "spec": {"containers": [{"name": "main", "image": "shop/app:1", "ports": ports(pod)}]},
    })
}

fn whole_pod(at: usize, pod: &Pod) -> Value {
    let uid = |of: &str| format!("{of}{at:07x}-8f6d-4c53-9a35-3f1f6c1d2e4b");
    let time = "2026-03-01T09:30:00Z";
    let app = &pod.workload.name;
    let hash = pod.labels.get("pod-template-hash").cloned().unwrap_or_default();
    let address = format!("10.{}.{}.{}", at >> 16 & 255, at >> 8 & 255, at & 255);
    let env: Vec<_> = (0..12)
        .map(
            |number| json!({"name": format!("SETTING_{number:02}"), "value": format!("the value of setting {number}")}),
        )
        .collect();
    let conditions: Vec<_> = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        .map(|kind| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": time}))
        .to_vec();
    let probe = json!({
        "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": 5, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3,
    });
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": {"checksum/config": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "prometheus.io/scrape": "true"},
            "creationTimestamp": time,
            "generateName": format!("{app}-{hash}-"),
            "labels": pod.labels,
            "name": pod.name,
            "namespace": pod.namespace,
            "ownerReferences": [{
                "apiVersion": "apps/v1", "blockOwnerDeletion": true, "controller": true, "kind": "ReplicaSet",
                "name": format!("{app}-{hash}"), "uid": uid("b"),
            }],
            "resourceVersion": (at + 1000).to_string(),
            "uid": uid("a"),
        },
        "spec": {
            "containers": [{
                "name": "main", "image": format!("registry.example.com/shop/{app}:1.14.2"), "imagePullPolicy": "IfNotPresent",
                "env": env, "ports": ports(pod), "livenessProbe": probe, "readinessProbe": probe,
                "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                "volumeMounts": [
                    {"mountPath": "/etc/config", "name": "config", "readOnly": true},
                    {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "kube-api-access-x7k2p", "readOnly": true},
                ],
            }],
            "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "nodeName": format!("node-{:03}", at % 100),
            "preemptionPolicy": "PreemptLowerPriority", "priority": 0, "restartPolicy": "Always", "schedulerName": "default-scheduler",
            "securityContext": {}, "serviceAccount": app, "serviceAccountName": app, "terminationGracePeriodSeconds": 30,
            "tolerations": [
                {"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
                {"effect": "NoExecute", "key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 300},
            ],
            "volumes": [
                {"name": "config", "configMap": {"defaultMode": 420, "name": format!("{app}-config")}},
                {"name": "kube-api-access-x7k2p", "projected": {"defaultMode": 420, "sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
                ]}},
            ],
        },
        "status": {
            "conditions": conditions,
            "containerStatuses": [{
                "containerID": format!("containerd://{}", uid("c")), "image": format!("registry.example.com/shop/{app}:1.14.2"),
                "imageID": "registry.example.com/shop/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "lastState": {}, "name": "main", "ready": true, "restartCount": 0, "started": true, "state": {"running": {"startedAt": time}},
            }],
            "hostIP": format!("192.0.2.{}", at % 100), "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
            "qosClass": "Burstable", "startTime": time,
        },
    })
}

fn policy(policy: &Policy) -> Value {
    let mut spec = json!({"podSelector": pods_of(&policy.subject), "policyTypes": []});
    for (direction, field, peers, rules) in
        [("Ingress", "ingress", "from", &policy.ingress), ("Egress", "egress", "to", &policy.egress)]
    {
        let Some(rules) = rules else { continue };
        if let Some(types) = spec["policyTypes"].as_array_mut() {
            types.push(direction.into());
        }
        spec[field] = rules.iter().map(|one| rule(one, peers)).collect();
    }
    let metadata = json!({"namespace": policy.namespace, "name": policy.name});
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
}

fn rule(rule: &Rule, field: &str) -> Value {
    let mut written = json!({});
    if let Peers::These(peers) = &rule.peers {
        written[field] = peers.iter().map(peer).collect();
    }
    let ports = ports_of(&rule.ports);
    if !ports.is_empty() {
        written["ports"] = ports.into();
    }
    written
}

fn peer(peer: &Peer) -> Value {
    match peer {
        Peer::Block { cidr, except } => {
            json!({"ipBlock": {"cidr": cidr.to_string(), "except": except.iter().map(ToString::to_string).collect::<Vec<_>>()}})
        }
        Peer::Pods { namespaces, pods } => {
            let mut written = json!({"podSelector": pods_of(pods)});
            match namespaces {
                NamespacesOf::Own => {}
                NamespacesOf::All => written["namespaceSelector"] = json!({}),
                NamespacesOf::Selected(namespaces) => written["namespaceSelector"] = selector(namespaces),
            }
            written
        }
    }
}

fn pods_of(pods: &PodsOf) -> Value {
    pods.selector().map_or_else(|| json!({}), selector)
}

/// The expressions of the clusters here have one value each, and stand behind the labels: `app=api,tier notin (db)`.
fn selector(selector: &Selector) -> Value {
    let text = selector.to_string();
    let expression = |text: &str| {
        let words: Vec<_> = text.split(' ').collect();
        let [key, operator, value] = words[..] else { panic!("no expression of one value: {text}") };
        let operator = if operator == "in" { "In" } else { "NotIn" };
        json!({"key": key, "operator": operator, "values": [value.trim_matches(['(', ')'])]})
    };
    let expressions: Vec<_> = text.split(',').skip(selector.labels().len()).map(expression).collect();
    json!({"matchLabels": selector.labels(), "matchExpressions": expressions})
}

/// Nothing for all ports of all protocols.
fn ports_of(ports: &Ports) -> Vec<Value> {
    if ports.numbers.is_all() {
        return Vec::new();
    }
    let spans = |protocol: Protocol| ports.numbers.spans(protocol).iter().map(move |span| (protocol, *span));
    let numbers = PROTOCOLS.into_iter().flat_map(spans).map(|(protocol, (first, last))| {
        let mut port = json!({"protocol": protocol.as_str(), "port": first});
        if last != first {
            port["endPort"] = last.into();
        }
        port
    });
    let names =
        ports.names.iter().map(|(protocol, name)| json!({"protocol": protocol.as_str(), "port": name.as_str()}));
    numbers.chain(names).collect()
}
