//! The evaluator under test, behind one function. To put another one to the test, write `answer` anew.

use std::net::IpAddr;

use k8s_openapi::{
    api::{core::v1, networking::v1::NetworkPolicyPort},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    answer::{Answer, End, PROTOCOLS, Ports, pairs},
    case::Case,
    flows,
};

/// What it says about every pair of ends.
pub fn answer(case: &Case, addresses: &[IpAddr]) -> Answer {
    let policies: Vec<flows::Policy> = case
        .policies
        .iter()
        .map(|policy| {
            let spec = policy.spec.clone().expect("every policy here has a spec");
            (policy.metadata.namespace.clone().expect("a namespace"), spec.into())
        })
        .collect();
    let pods: Vec<_> = case.pods.iter().map(|pod| flows::End::Pod(read(case, pod))).collect();
    let end = |end: End| match end {
        End::Pod(place) => pods[place].clone(),
        End::Address(address) => flows::End::Address(address),
    };
    let probes = probes(case);
    let ports = |(from, to): (End, End)| {
        let mut flow = flows::Flow { from: end(from), to: end(to), protocol: "", port: 0 };
        let mut ports = Ports::default();
        for (place, protocol) in PROTOCOLS.iter().enumerate() {
            flow.protocol = protocol;
            for (first, last) in &probes {
                flow.port = *first;
                if flows::allowed(&policies, &flow) {
                    ports.add(place, *first, *last);
                }
            }
        }
        ports
    };
    pairs(pods.len(), addresses).into_iter().map(|pair| (pair, ports(pair))).collect()
}

fn read(case: &Case, pod: &v1::Pod) -> flows::Pod {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let ports = containers.flat_map(|container| container.ports.iter().flatten()).filter_map(|port| {
        let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
        Some((port.name.clone()?, protocol, u16::try_from(port.container_port).expect("a port")))
    });
    let namespace = pod.metadata.namespace.clone().expect("a namespace");
    flows::Pod {
        namespace_labels: case.labels_of_namespace(&namespace),
        namespace,
        labels: pod.metadata.labels.clone().unwrap_or_default(),
        ports: ports.collect(),
    }
}

/// It tells of single ports only. So every port range between two numbers that the case names is asked for by its first;
/// each named number, and its neighbours, by itself.
fn probes(case: &Case) -> Vec<(u16, u16)> {
    let of_rules = case.ports().into_iter().flat_map(|NetworkPolicyPort { port, end_port, .. }| {
        let number = match port {
            Some(IntOrString::Int(number)) => Some(*number),
            Some(IntOrString::String(_)) | None => None,
        };
        [number, *end_port].into_iter().flatten()
    });
    let containers = case.pods.iter().filter_map(|pod| pod.spec.as_ref()).flat_map(|spec| &spec.containers);
    let of_pods = containers.flat_map(|container| container.ports.iter().flatten()).map(|port| port.container_port);
    let mut starts: Vec<i32> = of_rules.chain(of_pods).flat_map(|number| number - 1..=number + 1).chain([1]).collect();
    starts.sort_unstable();
    starts.dedup();
    let starts: Vec<u16> =
        starts.into_iter().filter_map(|start| u16::try_from(start).ok()).filter(|start| *start > 0).collect();
    let lasts = starts.iter().skip(1).map(|next| next - 1).chain([u16::MAX]);
    starts.iter().copied().zip(lasts).collect()
}
