//! Random namespaces and Pods.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, ContainerPort, Namespace, Pod, PodSpec},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};

use super::{NUMBERS, PORT_NAMES, labels, protocol};
use crate::chance::Chance;

const NAMES: [&str; 4] = ["shop", "pay", "ops", "lab"];

pub fn namespaces(chance: &mut Chance) -> Vec<Namespace> {
    let count = 1 + chance.weighted(&[15, 40, 30, 15]);
    NAMES[..count].iter().map(|name| namespace(chance, name)).collect()
}

fn namespace(chance: &mut Chance, name: &str) -> Namespace {
    let mut labels = labels::labels(chance, labels::OF_NAMESPACES, 65);
    // The API server sets this one.
    labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
    let metadata = ObjectMeta { name: Some(name.to_owned()), labels: Some(labels), ..ObjectMeta::default() };
    Namespace { metadata, ..Namespace::default() }
}

pub fn pods(chance: &mut Chance, namespaces: &[Namespace]) -> Vec<Pod> {
    let count = chance.between(2, 8);
    let mut pods = Vec::new();
    for number in 0.. {
        if pods.len() >= count {
            break;
        }
        let namespace = namespaces[chance.below(namespaces.len())].metadata.name.clone().expect("a name");
        let labelled = if chance.percent(15) { 0 } else { 65 };
        let labels = labels::labels(chance, labels::OF_PODS, labelled);
        let spec = PodSpec { containers: containers(chance), ..PodSpec::default() };
        let named = |name: String, owner: Option<OwnerReference>| {
            let metadata = ObjectMeta {
                name: Some(name),
                namespace: Some(namespace.clone()),
                // A Pod without labels has no such field.
                labels: (!labels.is_empty()).then(|| labels.clone()),
                owner_references: owner.map(|owner| vec![owner]),
                ..ObjectMeta::default()
            };
            Pod { metadata, spec: Some(spec.clone()), ..Pod::default() }
        };
        if chance.percent(20) && pods.len() + 2 <= count {
            // Two replicas. nca keeps no more than two that are equal, and tells workloads apart by what is before the hash.
            let workload = format!("set{number}-5d4c");
            let owner = OwnerReference {
                api_version: "apps/v1".to_owned(),
                kind: "ReplicaSet".to_owned(),
                name: workload.clone(),
                controller: Some(true),
                ..OwnerReference::default()
            };
            pods.extend(["x", "y"].map(|end| named(format!("{workload}-{end}"), Some(owner.clone()))));
        } else {
            pods.push(named(format!("pod-{number}"), None));
        }
    }
    pods
}

fn containers(chance: &mut Chance) -> Vec<Container> {
    // Each name once in a Pod: the API says nothing of a name that two of its containers give to different ports.
    let mut names: Vec<_> = PORT_NAMES.to_vec();
    let count = chance.between(1, 2);
    let container = |number: usize| {
        let count = chance.weighted(&[20, 35, 30, 15]);
        let ports: Vec<_> = (0..count).map(|_| port(chance, &mut names)).collect();
        let ports = distinct(ports);
        Container { name: format!("c{number}"), ports: (!ports.is_empty()).then_some(ports), ..Container::default() }
    };
    (0..count).map(container).collect()
}

fn port(chance: &mut Chance, names: &mut Vec<&'static str>) -> ContainerPort {
    let name = (chance.percent(80) && !names.is_empty()).then(|| names.remove(chance.below(names.len())).to_owned());
    let container_port = i32::from(chance.one_of(&NUMBERS));
    ContainerPort { name, container_port, protocol: protocol(chance), ..ContainerPort::default() }
}

/// The API server merges a container's ports by number and protocol, so there are no two with the same.
fn distinct(ports: Vec<ContainerPort>) -> Vec<ContainerPort> {
    let mut found = BTreeMap::new();
    for port in ports {
        let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
        found.entry((port.container_port, protocol)).or_insert(port);
    }
    found.into_values().collect()
}
