//! The evaluator under test, behind one function. To put another one to the test, write `answer` anew.
//!
//! Pods are numbered as they stand in the picture.

use std::net::IpAddr;

use appnet::{
    api::Protocol,
    observe::Workload,
    reach::{self, Picture, Pod, PodPort, Policy, Reach},
};
use k8s_openapi::api::core::v1;

use crate::{
    answer::{Answer, End, PROTOCOLS, Ports, pairs},
    case::Case,
};

/// What it says about every pair of ends.
pub fn answer(case: &Case, addresses: &[IpAddr]) -> Answer {
    let reach = Reach::new(&picture(case));
    let end = |end: End| match end {
        End::Pod(place) => reach::End::Pod(u32::try_from(place).expect("a few Pods")),
        End::Address(address) => reach::End::Address(address),
    };
    let ports = |(from, to): (End, End)| {
        let found = reach.ports_between(end(from), end(to));
        let mut ports = Ports::default();
        for (place, protocol) in PROTOCOLS.iter().enumerate() {
            found.spans(protocol_of(protocol)).iter().for_each(|(first, last)| ports.add(place, *first, *last));
        }
        ports
    };
    pairs(case.pods.len(), addresses).into_iter().map(|pair| (pair, ports(pair))).collect()
}

fn protocol_of(name: &str) -> Protocol {
    match name {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        other => panic!("no such protocol: {other}"),
    }
}

fn picture(case: &Case) -> Picture {
    let name = |name: &Option<String>| name.clone().expect("a name");
    Picture {
        namespaces: case
            .namespaces
            .iter()
            .map(|namespace| (name(&namespace.metadata.name), namespace.metadata.labels.clone().unwrap_or_default()))
            .collect(),
        pods: case.pods.iter().map(read).collect(),
        policies: case
            .policies
            .iter()
            .map(|policy| {
                let spec = policy.spec.as_ref().expect("every policy here has a spec");
                Policy::read(&name(&policy.metadata.namespace), &name(&policy.metadata.name), spec)
                    .unwrap_or_else(|refusals| panic!("refused: {refusals:?}"))
            })
            .collect(),
        ..Picture::default()
    }
}

fn read(pod: &v1::Pod) -> Pod {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let ports = containers.flat_map(|container| container.ports.iter().flatten()).map(|port| PodPort {
        name: port.name.clone().unwrap_or_default(),
        number: u16::try_from(port.container_port).expect("a port"),
        protocol: protocol_of(port.protocol.as_deref().unwrap_or("TCP")),
    });
    let name = pod.metadata.name.clone().expect("a name");
    Pod {
        namespace: pod.metadata.namespace.clone().expect("a namespace"),
        workload: Workload { kind: "Pod".into(), name: name.clone() },
        name,
        labels: pod.metadata.labels.clone().unwrap_or_default(),
        ports: ports.collect(),
        ..Pod::default()
    }
}
