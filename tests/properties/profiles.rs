//! Random profiles, and the connections that they could be about.

use std::collections::BTreeMap;

use appnet::api::{
    AppNetworkProfile, AppNetworkProfileSpec, DeclaredPort, DeletionPolicy, Destination, DestinationPort, Dns, DnsMode,
    DriftPolicy, IngressController, Isolation, LabelSelector, Mode, Monitoring, PlatformPeer, PodsPeer, PortUse,
    Protocol, Resolver, Source, Tier,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::flows::{End, Flow, Pod, Policy, address, allowed, into, out_of, pod};

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

/// A port, its protocol and the end of its range.
type AnyPort = (IntOrString, Protocol, Option<i32>);

fn number() -> impl Strategy<Value = AnyPort> {
    let numbers = select(vec![80, 443, 8080]).prop_map(|port| (IntOrString::Int(port), Protocol::Tcp, None));
    let others = vec![(IntOrString::Int(80), Protocol::Udp, None), (IntOrString::Int(8080), Protocol::Tcp, Some(8090))];
    prop_oneof![3 => numbers, 1 => select(others)]
}

/// The same, or a name, which the Pods of the universe give to different numbers. Names are those of SCTP and numbers are not:
/// while a change turns one into the other, flows can be cut or opened for a moment (docs/policies.md, "The order of writes").
fn port() -> impl Strategy<Value = AnyPort> {
    prop_oneof![4 => number(), 1 => Just((IntOrString::String("web".into()), Protocol::Sctp, None))]
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
    let one = |(port, protocol, end_port)| Some(vec![DestinationPort { port, protocol, end_port }]);
    // A name means something on Pods only.
    let (ports, numbers) = (port().prop_map(one), number().prop_map(one));
    prop_oneof![
        2 => (peer(), ports).prop_map(|(pods, ports)| Destination { pods: Some(pods), ports, ..Destination::default() }),
        1 => (block(), numbers).prop_map(|((cidr, except), ports)| Destination { cidr: Some(cidr), except, ports, ..Destination::default() }),
    ]
}

/// All ports that the tier declares, or its first, which is always there.
fn port_use() -> impl Strategy<Value = Option<PortUse>> {
    option::weighted(0.2, select(vec![None, Some(vec!["p0".to_owned()])]).prop_map(|ports| PortUse { ports }))
}

fn tier(position: usize, tiers: usize) -> impl Strategy<Value = Tier> {
    let platform = (port_use(), port_use());
    (selector(), vec(port(), 1..3), vec(source(tiers), 0..3), platform, vec(destination(), 0..3)).prop_map(
        move |(pod_selector, ports, from, (exposed, metrics), mut to)| {
            for (i, to) in to.iter_mut().enumerate() {
                to.name = format!("to{i}");
            }
            let declared =
                |(i, (port, protocol, end_port))| DeclaredPort { name: format!("p{i}"), port, protocol, end_port };
            let ports = ports.into_iter().enumerate().map(declared);
            Tier { name: format!("t{position}"), pod_selector, ports: ports.collect(), from, exposed, metrics, to }
        },
    )
}

/// Scrapers and ingress controllers: Pods of another namespace, or nodes.
fn platform_peers() -> impl Strategy<Value = Vec<PlatformPeer>> {
    let pods = |pod_selector| PlatformPeer {
        namespace: Some("jobs".into()),
        pod_selector: Some(pod_selector),
        ..PlatformPeer::default()
    };
    let nodes = PlatformPeer { cidr: Some("198.51.100.0/24".into()), ..PlatformPeer::default() };
    select(vec![vec![pods(labels(&[("part", "x")]))], vec![pods(labels(&[("app", "a")])), nodes.clone()], vec![nodes]])
}

pub fn spec() -> impl Strategy<Value = AppNetworkProfileSpec> {
    let tiers = (1..4usize).prop_flat_map(|count| (0..count).map(|position| tier(position, count)).collect::<Vec<_>>());
    let isolation = prop_oneof![3 => Just(Isolation::Namespace), 1 => Just(Isolation::Tiers)];
    let resolver = select(vec!["10.96.0.10/32", "10.96.0.11/32"]);
    let platform = (platform_peers(), platform_peers());
    (tiers, isolation, option::weighted(0.9, resolver), platform, vec(destination(), 0..2)).prop_map(
        |(tiers, isolation, resolver, (scrapers, controllers), mut telemetry)| {
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
                monitoring: Some(Monitoring { from: scrapers }),
                ingress_controller: Some(IngressController { from: controllers }),
                telemetry,
            }
        },
    )
}

/// The same Pod, with a port called `web`.
fn serving(number: u16, end: End) -> End {
    let End::Pod(pod) = end else { return end };
    End::Pod(Pod { ports: vec![("web".into(), "SCTP".into(), number)], ..pod })
}

/// In how many tiers is this end? In none, when it is no Pod of the namespace `app`.
pub fn tiers_of(spec: &AppNetworkProfileSpec, end: &End) -> usize {
    let End::Pod(Pod { namespace, labels, .. }) = end else { return 0 };
    let has = |tier: &&Tier| tier.pod_selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    if namespace == "app" { spec.tiers.iter().filter(has).count() } else { 0 }
}

/// What is promised of a flow that has one verdict before and after a change, while the change is made: the same verdict.
/// Nothing is promised, and only where a spec isolates tiers only:
///
/// - of Pods in several tiers: each tier has a policy of its own, and they are changed one after the other. `LabelsMatched` warns.
/// - that a flow stays denied, unless an end that is in a tier before and after denies it both times. Else one end stops to deny
///   it when the other does not yet: they are two objects.
pub fn promised(
    universe: &[Flow],
    (old, before): (&AppNetworkProfileSpec, &[Policy]),
    (new, after): (&AppNetworkProfileSpec, &[Policy]),
) -> Vec<(Flow, bool)> {
    let shielded = [old, new].iter().all(|spec| spec.isolation == Isolation::Namespace);
    let keeps = |flow: &Flow| {
        let denies = |end: &End, lets: fn(&[Policy], &Flow) -> bool| {
            tiers_of(old, end) == 1 && tiers_of(new, end) == 1 && !lets(before, flow) && !lets(after, flow)
        };
        denies(&flow.from, out_of) || denies(&flow.to, into)
    };
    let several = |end: &End| tiers_of(old, end) > 1 || tiers_of(new, end) > 1;
    let verdict = |flow: &Flow| {
        let (was, will) = (allowed(before, flow), allowed(after, flow));
        let vague = !shielded && (several(&flow.from) || several(&flow.to));
        (was == will && !vague && (was || shielded || keeps(flow))).then(|| (flow.clone(), was))
    };
    universe.iter().filter_map(verdict).collect()
}

/// Each port that profiles name, one inside a range only, and those of the name; a Pod without it has nothing there.
const PORTS: [(&str, u16); 8] =
    [("TCP", 80), ("TCP", 443), ("TCP", 8080), ("TCP", 8085), ("SCTP", 7001), ("SCTP", 7002), ("UDP", 53), ("UDP", 80)];

/// Every connection that the random profiles can be about.
pub fn universe() -> Vec<Flow> {
    let ends: Vec<End> = vec![
        serving(7001, pod("app", &[("app", "a")])),
        serving(7002, pod("app", &[("app", "b")])),
        serving(7001, pod("app", &[("app", "b"), ("part", "x")])),
        pod("app", &[("app", "c"), ("part", "x")]),
        pod("app", &[("app", "other")]),
        serving(7001, pod("jobs", &[("app", "a")])),
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
            for (protocol, port) in PORTS {
                // A Pod's traffic to itself never leaves it, and what policies mean for it is undefined.
                if from != to {
                    flows.push(Flow { from: from.clone(), to: to.clone(), protocol, port });
                }
            }
        }
    }
    flows
}
