//! Random profiles: whatever the resource can say, often of the same ends and ports.

use appnet::api::{
    ApiServerPeer, AppNetworkProfileSpec, DeclaredPort, DeletionPolicy, Destination, DestinationPort, Dns, DnsMode,
    DriftPolicy, IngressController, Isolation, LabelSelector, Mode, Monitoring, PlatformPeer, PodsPeer, PortUse,
    Protocol, Requirement, RequirementOperator, Resolver, ServicePeer, Source, Tier,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::cluster::{APPS, NUMBERS, PARTS, PORT_NAMES, PROTOCOLS};
use crate::{case::labels, chance::Chance};

/// Blocks, with what may be cut out of each.
const BLOCKS: [(&str, &[&str]); 6] = [
    ("203.0.113.0/24", &["203.0.113.0/25", "203.0.113.99/32", "203.0.113.255/32"]),
    ("203.0.113.64/26", &["203.0.113.99/32"]),
    ("198.51.100.7/32", &[]),
    ("0.0.0.0/0", &["10.0.0.0/8", "203.0.113.0/24", "255.255.255.255/32"]),
    ("2001:db8::/32", &["2001:db8:1::/48"]),
    ("::/0", &["2001:db8::/32"]),
];
const NAMESPACES: [&str; 6] = ["shop", "jobs", "watch", "edge", "logs", "kube-system"];
/// From the first to the last, both included. They touch, overlap and hold single numbers that are used too.
const RANGES: [(i32, i32); 5] = [(8080, 8090), (9000, 9090), (80, 443), (1, 65535), (9091, 65535)];

pub fn spec(chance: &mut Chance) -> AppNetworkProfileSpec {
    let count = if chance.percent(15) { 8 } else { chance.between(1, 7) };
    let tiers: Vec<_> = (0..count).map(|position| tier(chance, position, count)).collect();
    let peers = |chance: &mut Chance| (0..chance.between(1, 2)).map(|_| platform_peer(chance)).collect::<Vec<_>>();
    AppNetworkProfileSpec {
        mode: Mode::Enforce,
        suspend: false,
        isolation: if chance.percent(65) { Isolation::Namespace } else { Isolation::Tiers },
        drift_policy: DriftPolicy::Repair,
        deletion_policy: DeletionPolicy::Delete,
        dns: dns(chance),
        monitoring: Some(Monitoring { from: peers(chance) }),
        ingress_controller: Some(IngressController { from: peers(chance) }),
        telemetry: destinations(chance, &[55, 30, 15]),
        tiers,
    }
}

fn dns(chance: &mut Chance) -> Dns {
    let mode = [DnsMode::Auto, DnsMode::Explicit, DnsMode::None][chance.weighted(&[45, 40, 15])];
    let resolver = |chance: &mut Chance| {
        let cidr = chance.percent(40).then(|| chance.one_of(&["198.51.100.7/32", "203.0.113.64/26"]).to_owned());
        let pods = cidr.is_none().then(|| pods(chance));
        Resolver { pods, cidr, port: chance.one_of(&[53, 53, 5353]) }
    };
    let resolvers = (mode == DnsMode::Explicit).then(|| (0..chance.between(1, 2)).map(|_| resolver(chance)).collect());
    Dns { mode, resolvers }
}

fn tier(chance: &mut Chance, position: usize, tiers: usize) -> Tier {
    let ports: Vec<_> = (0..chance.between(1, 4)).map(|number| declared(chance, number)).collect();
    let need = |chance: &mut Chance| chance.percent(25).then(|| PortUse { ports: used(chance, ports.len()) });
    Tier {
        name: format!("t{position}"),
        pod_selector: selector(chance),
        exposed: need(chance),
        metrics: need(chance),
        from: (0..chance.weighted(&[25, 30, 25, 20])).map(|_| source(chance, tiers, ports.len())).collect(),
        to: destinations(chance, &[45, 30, 25]),
        ports,
    }
}

fn declared(chance: &mut Chance, number: usize) -> DeclaredPort {
    let (port, end_port) = port(chance, true);
    DeclaredPort { name: format!("p{number}"), port, protocol: protocol(chance), end_port }
}

fn port(chance: &mut Chance, or_name: bool) -> (IntOrString, Option<i32>) {
    match chance.weighted(&[55, 20, if or_name { 25 } else { 0 }]) {
        0 => (IntOrString::Int(chance.one_of(&NUMBERS).into()), None),
        1 => {
            let (first, last) = chance.one_of(&RANGES);
            (IntOrString::Int(first), Some(last))
        }
        _ => (IntOrString::String(chance.one_of(&PORT_NAMES).to_owned()), None),
    }
}

fn protocol(chance: &mut Chance) -> Protocol {
    PROTOCOLS[chance.weighted(&[70, 20, 10])]
}

/// Names of some declared ports; or all of them, by leaving them out.
fn used(chance: &mut Chance, declared: usize) -> Option<Vec<String>> {
    if chance.percent(50) {
        return None;
    }
    let first = chance.below(declared);
    Some((first..=chance.between(first, declared - 1)).map(|number| format!("p{number}")).collect())
}

fn source(chance: &mut Chance, tiers: usize, declared: usize) -> Source {
    let ports = used(chance, declared);
    match chance.weighted(&[50, 30, 20]) {
        0 => Source { tier: Some(format!("t{}", chance.below(tiers))), ports, ..Source::default() },
        1 => Source { pods: Some(pods(chance)), ports, ..Source::default() },
        _ => {
            let (cidr, except) = block(chance);
            Source { cidr: Some(cidr), except, ports, ..Source::default() }
        }
    }
}

/// So many by their weights.
fn destinations(chance: &mut Chance, counts: &[usize]) -> Vec<Destination> {
    let count = chance.weighted(counts);
    (0..count).map(|number| Destination { name: format!("to{number}"), ..destination(chance) }).collect()
}

fn destination(chance: &mut Chance) -> Destination {
    let ports = |chance: &mut Chance, or_name: bool| {
        let one = |chance: &mut Chance| {
            let (port, end_port) = port(chance, or_name);
            DestinationPort { port, protocol: protocol(chance), end_port }
        };
        Some((0..chance.between(1, 3)).map(|_| one(chance)).collect())
    };
    match chance.weighted(&[40, 25, 25, 10]) {
        0 => Destination { pods: Some(pods(chance)), ports: ports(chance, true), ..Destination::default() },
        1 => {
            let (cidr, except) = block(chance);
            Destination { cidr: Some(cidr), except, ports: ports(chance, false), ..Destination::default() }
        }
        2 => service(chance),
        _ => Destination { api_server: Some(ApiServerPeer {}), ..Destination::default() },
    }
}

/// A Service of the cluster, at ports that it has.
fn service(chance: &mut Chance) -> Destination {
    let (namespace, name, ports) = match chance.below(3) {
        0 => (
            "jobs",
            "pay",
            &[("http", 80, Protocol::Tcp), ("admin", 443, Protocol::Tcp), ("sync", 9000, Protocol::Udp)][..],
        ),
        1 => ("shop", "own", &[("", 80, Protocol::Tcp)][..]),
        _ => ("logs", "smtp", &[("smtp", 80, Protocol::Tcp), ("smtps", 443, Protocol::Tcp)][..]),
    };
    let ports = chance.percent(60).then(|| {
        let (name, number, protocol) = chance.one_of(ports);
        let (port, end_port) = match chance.below(3) {
            0 if !name.is_empty() => (IntOrString::String(name.into()), None),
            1 if number < 443 => (IntOrString::Int(number), Some(443)),
            _ => (IntOrString::Int(number), None),
        };
        vec![DestinationPort { port, protocol, end_port }]
    });
    let service = ServicePeer { namespace: Some(namespace.to_owned()), name: name.to_owned() };
    Destination { service: Some(service), ports, ..Destination::default() }
}

fn block(chance: &mut Chance) -> (String, Vec<String>) {
    let (cidr, holes) = chance.one_of(&BLOCKS);
    // Each at most once, as the resource asks.
    (cidr.to_owned(), holes.iter().filter(|_| chance.percent(35)).map(ToString::to_string).collect())
}

fn pods(chance: &mut Chance) -> PodsPeer {
    let PlatformPeer { namespace, namespace_selector, pod_selector, all_pods, .. } = in_cluster(chance);
    PodsPeer { namespace, namespace_selector, pod_selector, all_pods }
}

fn platform_peer(chance: &mut Chance) -> PlatformPeer {
    if chance.percent(15) {
        return PlatformPeer { cidr: Some("198.51.100.7/32".to_owned()), ..PlatformPeer::default() };
    }
    in_cluster(chance)
}

fn in_cluster(chance: &mut Chance) -> PlatformPeer {
    let mut peer = PlatformPeer::default();
    match chance.weighted(&[30, 40, 30]) {
        0 => {}
        1 => peer.namespace = Some(chance.one_of(&NAMESPACES).to_owned()),
        _ => {
            let by_team = LabelSelector {
                match_labels: labels(&[("team", chance.one_of(&["one", "two"]))]),
                ..LabelSelector::default()
            };
            let without = requirement("team", RequirementOperator::DoesNotExist, &[]);
            peer.namespace_selector = Some(if chance.percent(70) { by_team } else { without });
        }
    }
    if chance.percent(25) {
        peer.all_pods = true;
    } else {
        peer.pod_selector = Some(selector(chance));
    }
    peer
}

fn selector(chance: &mut Chance) -> LabelSelector {
    let app = chance.one_of(&APPS);
    let other = chance.one_of(&APPS);
    let part = chance.one_of(&PARTS);
    let exact = |pairs: &[(&str, &str)]| LabelSelector { match_labels: labels(pairs), match_expressions: Vec::new() };
    let with = |labels: LabelSelector, more: LabelSelector| LabelSelector { match_labels: labels.match_labels, ..more };
    match chance.weighted(&[50, 10, 10, 10, 5, 5, 5, 5]) {
        0 => exact(&[("app", app)]),
        1 => exact(&[("part", part)]),
        2 => exact(&[("app", app), ("part", part)]),
        3 if app != other => requirement("app", RequirementOperator::In, &[app, other]),
        4 => requirement("part", RequirementOperator::Exists, &[]),
        5 => requirement("part", RequirementOperator::DoesNotExist, &[]),
        6 => requirement("app", RequirementOperator::NotIn, &[app]),
        _ => with(exact(&[("app", app)]), requirement("part", RequirementOperator::NotIn, &[part])),
    }
}

fn requirement(key: &str, operator: RequirementOperator, values: &[&str]) -> LabelSelector {
    let values = values.iter().map(ToString::to_string).collect();
    LabelSelector {
        match_expressions: vec![Requirement { key: key.to_owned(), operator, values }],
        ..LabelSelector::default()
    }
}
