//! The Pods of a scenario, each with the probe in it.

use serde_json::{Value, json};

use crate::place::{Place, Server};

/// Where the probe of every Pod listens; no profile opens it.
pub const CLOSED: u16 = 7999;

/// The same object with the probe in its Pods, and these ports declared that its first container listens on.
pub fn with_probe(mut object: Value, listens: &[u16]) -> Value {
    let spec = match object["kind"].as_str() {
        Some("Pod") => &mut object["spec"],
        Some("Deployment") => &mut object["spec"]["template"]["spec"],
        _ => return object,
    };
    let containers = spec["containers"].as_array_mut().expect("a list of containers");
    let first = containers.first_mut().expect("a container");
    let is_probe = first["name"] == "probe";
    if first["ports"].is_null() {
        first["ports"] = json!([]);
    }
    let ports = first["ports"].as_array_mut().expect("a list of ports");
    ports.extend(listens.iter().map(|port| json!({"containerPort": port})));
    if is_probe {
        ports.push(json!({"containerPort": CLOSED}));
        first["args"].as_array_mut().expect("arguments").push(json!(CLOSED.to_string()));
    } else {
        containers.push(json!({
            "name": "probe", "image": "docker.io/appnet-lab/probe:1", "imagePullPolicy": "Never",
            "args": ["serve", CLOSED.to_string()], "ports": [{"containerPort": CLOSED}],
        }));
    }
    object
}

/// Starts Pods that are probes themselves.
pub fn start(place: &Place, servers: impl IntoIterator<Item = Server>) {
    start_all(place, servers.into_iter().map(|server| (server.object(), &[][..])));
}

/// Starts these objects, each with the ports that its first container listens on and does not declare.
pub fn start_all<'p>(place: &Place, objects: impl IntoIterator<Item = (Value, &'p [u16])>) {
    let objects: Vec<_> = objects.into_iter().map(|(object, listens)| with_probe(object, listens)).collect();
    let deployments = objects.iter().filter(|object| object["kind"] == "Deployment");
    let deployments: Vec<_> = deployments.filter_map(|object| object["metadata"]["name"].as_str()).collect();
    place.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
    for deployment in deployments {
        place.kubectl(&["rollout", "status", &format!("deployment/{deployment}"), "--timeout=90s"]);
    }
    place.wait_for_pods();
}

/// The objects of a file with several documents.
pub fn objects(yaml: &str) -> Vec<Value> {
    yaml.split("\n---\n").map(|document| serde_saphyr::from_str(document).expect("an object")).collect()
}
