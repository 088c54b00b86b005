//! Random profiles, and the connections that they could be about.

use std::collections::BTreeMap;

use appnet::api::{
    AppNetworkProfile, AppNetworkProfileSpec, DeclaredPort, DeletionPolicy, Destination, DestinationPort, Dns, DnsMode,
    DriftPolicy, Isolation, LabelSelector, Mode, PodsPeer, Protocol, Resolver, Source, Tier,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::flows::{End, Flow, address, pod};

pub fn profile(name: &str, namespace: &str, spec: AppNetworkProfileSpec) -> AppNetworkProfile {
    let mut profile = AppNetworkProfile::new(name, spec);
    profile.metadata.namespace = Some(namespace.into());
    profile.metadata.uid = Some("profile-uid".into());
    profile.metadata.generation = Some(1);
    profile
}

fn labels(pairs: &[(&str, &str)]) -> LabelSelector {
    let match_labels: BTreeMap<_, _> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    LabelSelector { match_labels, match_expressions: Vec::new() }
}

/// Few values, so that two profiles have much in common; some overlap.
fn selector() -> impl Strategy<Value = LabelSelector> {
    select(vec![
        labels(&[("app", "a")]),
        labels(&[("app", "b")]),
        labels(&[("app", "c")]),
        labels(&[("part", "x")]),
        labels(&[("app", "b"), ("part", "x")]),
    ])
}

fn peer() -> impl Strategy<Value = PodsPeer> {
    (select(vec![None, Some("jobs".to_owned()), Some("app".to_owned())]), selector())
        .prop_map(|(namespace, selector)| PodsPeer { namespace, pod_selector: Some(selector), ..PodsPeer::default() })
}

fn port() -> impl Strategy<Value = i32> {
    select(vec![80, 443, 8080])
}

fn block() -> impl Strategy<Value = (String, Vec<String>)> {
    select(vec![
        ("203.0.113.0/24".to_owned(), vec![]),
        ("203.0.113.0/24".to_owned(), vec!["203.0.113.99/32".to_owned()]),
        ("203.0.113.64/26".to_owned(), vec![]),
        ("2001:db8::/32".to_owned(), vec![]),
    ])
}

fn source(tiers: usize) -> impl Strategy<Value = Source> {
    prop_oneof![
        3 => (0..tiers).prop_map(|tier| Source { tier: Some(format!("t{tier}")), ..Source::default() }),
        2 => peer().prop_map(|pods| Source { pods: Some(pods), ..Source::default() }),
        1 => block().prop_map(|(cidr, except)| Source { cidr: Some(cidr), except, ..Source::default() }),
    ]
}

fn destination() -> impl Strategy<Value = Destination> {
    let ports = || {
        port().prop_map(|port| {
            Some(vec![DestinationPort { port: IntOrString::Int(port), protocol: Protocol::Tcp, end_port: None }])
        })
    };
    prop_oneof![
        2 => (peer(), ports()).prop_map(|(pods, ports)| Destination { pods: Some(pods), ports, ..Destination::default() }),
        1 => (block(), ports()).prop_map(|((cidr, except), ports)| Destination { cidr: Some(cidr), except, ports, ..Destination::default() }),
    ]
}

fn tier(position: usize, tiers: usize) -> impl Strategy<Value = Tier> {
    (selector(), vec(port(), 1..3), vec(source(tiers), 0..3), vec(destination(), 0..3)).prop_map(
        move |(pod_selector, ports, from, mut to)| {
            for (i, to) in to.iter_mut().enumerate() {
                to.name = format!("to{i}");
            }
            let ports = ports.into_iter().enumerate().map(|(i, port)| DeclaredPort {
                name: format!("p{i}"),
                port: IntOrString::Int(port),
                protocol: Protocol::Tcp,
                end_port: None,
            });
            Tier {
                name: format!("t{position}"),
                pod_selector,
                ports: ports.collect(),
                from,
                exposed: None,
                metrics: None,
                to,
            }
        },
    )
}

pub fn spec() -> impl Strategy<Value = AppNetworkProfileSpec> {
    let tiers = (1..4usize).prop_flat_map(|count| (0..count).map(|position| tier(position, count)).collect::<Vec<_>>());
    let isolation = prop_oneof![3 => Just(Isolation::Namespace), 1 => Just(Isolation::Tiers)];
    let resolver = select(vec!["10.96.0.10/32", "10.96.0.11/32"]);
    (tiers, isolation, option::weighted(0.9, resolver), vec(destination(), 0..2)).prop_map(
        |(tiers, isolation, resolver, mut telemetry)| {
            for (i, to) in telemetry.iter_mut().enumerate() {
                to.name = format!("telemetry{i}");
            }
            let dns = match resolver {
                Some(cidr) => Dns {
                    mode: DnsMode::Explicit,
                    resolvers: Some(vec![Resolver { pods: None, cidr: Some(cidr.into()), port: 53 }]),
                },
                None => Dns { mode: DnsMode::None, resolvers: None },
            };
            AppNetworkProfileSpec {
                mode: Mode::Enforce,
                suspend: false,
                isolation,
                drift_policy: DriftPolicy::Repair,
                deletion_policy: DeletionPolicy::Delete,
                tiers,
                dns,
                monitoring: None,
                ingress_controller: None,
                telemetry,
            }
        },
    )
}

/// Every connection that the random profiles can be about.
pub fn universe() -> Vec<Flow> {
    let ends: Vec<End> = vec![
        pod("app", &[("app", "a")]),
        pod("app", &[("app", "b")]),
        pod("app", &[("app", "b"), ("part", "x")]),
        pod("app", &[("app", "c"), ("part", "x")]),
        pod("app", &[("app", "other")]),
        pod("jobs", &[("app", "a")]),
        pod("jobs", &[("part", "x")]),
        address("203.0.113.5"),
        address("203.0.113.99"),
        address("203.0.113.70"),
        address("2001:db8::1"),
        address("10.96.0.10"),
        address("10.96.0.11"),
        address("198.51.100.1"),
    ];
    let mut flows = Vec::new();
    for from in &ends {
        for to in &ends {
            for (protocol, port) in [("TCP", 80), ("TCP", 443), ("TCP", 8080), ("UDP", 53), ("TCP", 9999)] {
                // A Pod's traffic to itself never leaves it, and what policies mean for it is undefined.
                if from != to {
                    flows.push(Flow { from: from.clone(), to: to.clone(), protocol, port });
                }
            }
        }
    }
    flows
}
