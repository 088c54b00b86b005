//! The evaluator under test, behind one function. To put another one to the test, write `answer` anew.
//!
//! Pods are numbered as they stand in the picture.

use std::{collections::BTreeMap, net::IpAddr};

use appnet::{
    api::Protocol,
    observe::Workload,
    reach::{self, AddressSpan, Connection, Direction, Outcome, Picture, Pod, PodPort, PodsOf, Policy, PortSet, Reach},
};
use k8s_openapi::api::core::v1;

use crate::{
    answer::{Answer, End, PROTOCOLS, Ports, pairs},
    case::Case,
};

/// What it says about every pair of ends: by rows of the map, which have to agree with what it says when it is asked about the
/// pair, about single ports, and after it was told of the policies one by one.
pub fn answer(case: &Case, addresses: &[IpAddr]) -> Answer {
    let picture = picture(case);
    let reach = Reach::new(&picture);
    let told = told_one_by_one(&picture);
    let (rows, rows_told) = (rows(&reach), rows(&told));
    let end = |end: End| match end {
        End::Pod(place) => reach::End::Pod(u32::try_from(place).expect("a few Pods")),
        End::Address(address) => reach::End::Address(address),
    };
    let ports = |(from, to): (End, End)| {
        let (from, to) = (end(from), end(to));
        let found = reach.ports_between(from, to);
        assert_eq!(found, told.ports_between(from, to), "{from:?} to {to:?}, told one by one");
        assert_eq!(found, rows(from, to), "{from:?} to {to:?}, by rows");
        assert_eq!(found, rows_told(from, to), "{from:?} to {to:?}, by rows, told one by one");
        for protocol in reach::PROTOCOLS {
            for port in [1, 79, 80, 81, 8079, 8080, 8081, 65535].into_iter().chain(edges(&found, protocol)) {
                let outcome = reach.query(&Connection { from, to, protocol, port }).outcome();
                let expected = if found.contains(protocol, port) { Outcome::Allowed } else { Outcome::Denied };
                assert_eq!(outcome, expected, "{from:?} to {to:?} {protocol:?} {port}");
            }
        }
        told_apart(&found)
    };
    pairs(case.pods.len(), addresses).into_iter().map(|pair| (pair, ports(pair))).collect()
}

fn told_apart(found: &PortSet) -> Ports {
    let mut ports = Ports::default();
    for (place, protocol) in PROTOCOLS.iter().enumerate() {
        found.spans(protocol_of(protocol)).iter().for_each(|(first, last)| ports.add(place, *first, *last));
    }
    ports
}

fn edges(ports: &PortSet, protocol: Protocol) -> impl Iterator<Item = u16> + '_ {
    let spans = ports.spans(protocol).iter();
    let beside = spans.flat_map(|(first, last)| [first - 1, *first, *last, last.saturating_add(1)]);
    beside.filter(|port| *port > 0)
}

/// The same state, but reached by changes: a wrong policy first, then the right one in its place, and two that go again.
fn told_one_by_one(picture: &Picture) -> Reach {
    let mut reach = Reach::new(&Picture { policies: Vec::new(), pods: Vec::new(), ..picture.clone() });
    let (early, late) = picture.pods.split_at(picture.pods.len() / 2);
    for pod in early {
        reach.add_pod(pod);
    }
    for policy in &picture.policies {
        reach.put_policy(&Policy { subject: PodsOf::All, ..policy.clone() });
        // It stops everything, so that it would be seen to have stayed; and it shares its peers, so that they must not go with it.
        let shut =
            Policy { subject: PodsOf::All, ingress: Some(Vec::new()), egress: Some(Vec::new()), ..policy.clone() };
        let gone = Policy { name: format!("{}-gone", policy.name), ..shut };
        reach.put_policy(&gone);
        let alike = Policy { name: format!("{}-alike", policy.name), ..policy.clone() };
        reach.put_policy(&alike);
        reach.put_policy(policy);
        reach.remove_policy(&gone.namespace, &gone.name);
        reach.remove_policy(&alike.namespace, &alike.name);
    }
    for pod in late {
        reach.add_pod(pod);
    }
    reach
}

/// What the rows of the map say: each pair from both of its ends.
fn rows(reach: &Reach) -> impl Fn(reach::End, reach::End) -> PortSet + '_ {
    let mut rows = reach.rows();
    let mut found: BTreeMap<(u32, u32), [PortSet; 2]> = BTreeMap::new();
    let mut outside = Vec::new();
    for class in 0..u32::try_from(reach.classes()).expect("a few classes") {
        for (place, direction) in [Direction::Egress, Direction::Ingress].into_iter().enumerate() {
            for (other, ports) in rows.of(class, direction).to_vec() {
                let pair = if direction == Direction::Egress { (class, other) } else { (other, class) };
                found.entry(pair).or_default()[place] = rows.ports(ports).clone();
            }
            for (span, ports) in rows.addresses(class, direction) {
                outside.push((class, direction, span, rows.ports(ports).clone()));
            }
        }
    }
    move |from, to| match (from, to) {
        (reach::End::Pod(from), reach::End::Pod(to)) => {
            let [calls, called] = found.get(&(reach.class_of(from), reach.class_of(to))).cloned().unwrap_or_default();
            assert_eq!(calls, called, "{from} to {to}, from both ends");
            calls
        }
        (reach::End::Pod(pod), reach::End::Address(address)) => {
            at(&outside, reach.class_of(pod), Direction::Egress, address)
        }
        (reach::End::Address(address), reach::End::Pod(pod)) => {
            at(&outside, reach.class_of(pod), Direction::Ingress, address)
        }
        (reach::End::Address(_), reach::End::Address(_)) => PortSet::all(),
    }
}

fn at(
    outside: &[(u32, Direction, AddressSpan, PortSet)],
    class: u32,
    direction: Direction,
    address: IpAddr,
) -> PortSet {
    let mut here =
        outside.iter().filter(|(of, to, span, _)| (*of, *to) == (class, direction) && span.contains(address));
    let ports = here.next().map(|(_, _, _, ports)| ports.clone()).unwrap_or_default();
    assert!(here.next().is_none(), "{address} stands in two spans");
    ports
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
