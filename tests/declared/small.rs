//! A bounded universe of profiles, of which none is left out.
//!
//! Up to three tiers, two ports (one by number, one by name), two blocks of addresses. Tiers may share Pods. The full product
//! of all fields has more than a thousand million profiles, so it is cut into parts, and each is gone through whole:
//!
//! - `calls`: every way in which tiers can call each other.
//! - `callers`: everything that can stand in the ingress rules of one tier.
//! - `destinations`: everything that can stand in the egress rules of one tier.
//! - `two_tiers`: two tiers with each kind of field, each there or not.
//!
//! Why this is enough: a policy is about one tier, and its ingress and its egress rules are made apart from each other. What
//! can get into each other's way are things in one list of rules, since peers with the same ports are put together, and so
//! are the ports of the same peer. All that can stand in one list is varied together, in `calls` and `callers` for ingress,
//! in `calls` and `destinations` for egress. `two_tiers` then looks for what goes from one tier to the other, and from one
//! direction to the other. What is larger is drawn at random, in `large`.
//!
//! No use is made of symmetry: profiles that differ in the order of their tiers only are all there.

use appnet::api::{
    AppNetworkProfileSpec, DeclaredPort, Destination, DestinationPort, Dns, DnsMode, IngressController, Isolation,
    LabelSelector, Monitoring, PlatformPeer, PodsPeer, PortUse, Protocol, Resolver, Source, Tier,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{
    case::{Case, Pod, Profile, Service, ServicePort, To, labels},
    compared::{self, Counts},
};

const A: &str = "203.0.113.0/24";
const PART_OF_A: &str = "203.0.113.64/26";
const B: &str = "198.51.100.7/32";

/// How many choices there are of what, and the profile that comes of choosing.
type Part = (Vec<usize>, fn(&[usize]) -> AppNetworkProfileSpec);

/// The sizes of the parts, in this order: calls of one, two and three tiers, callers, destinations, two tiers.
const SIZES: [usize; 6] = [6, 162, 1458, 1134, 3024, 4608];
/// The size of the universe.
const SIZE: usize = 10_392;

#[test]
fn every_profile_of_the_bounded_universe_means_what_it_declares() {
    let mut counts = Counts::default();
    let parts: [Part; 6] = [
        (vec![2, 3], calls::<1>),
        ([vec![2], vec![3; 4]].concat(), calls::<2>),
        ([vec![2], vec![3; 6]].concat(), calls::<3>),
        (vec![2, 3, 3, 7, 3, 3], callers),
        (vec![2, 3, 7, 4, 6, 3], destinations),
        (vec![2, 9, 2, 2, 2, 2, 2, 2, 2, 2], two_tiers),
    ];
    let mut sizes = Vec::new();
    for (choices, make) in parts {
        let before = counts.profiles;
        each(&choices, |chosen| compared::check(&case(make(chosen)), &mut counts).expect("no difference"));
        sizes.push(counts.profiles - before);
    }
    println!(
        "bounded universe: {sizes:?} profiles, {} policies, {} pairs of ends compared, {} partly allowed, 0 differences",
        counts.policies, counts.pairs, counts.partly
    );
    assert_eq!(sizes, SIZES);
    assert_eq!(counts.profiles, SIZE);
}

/// Every way to choose: of the first so many, of the second so many.
fn each(choices: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut chosen = vec![0; choices.len()];
    loop {
        visit(&chosen);
        let Some(place) = (0..choices.len()).rev().find(|place| chosen[*place] + 1 < choices[*place]) else { return };
        chosen[place] += 1;
        chosen[place + 1..].fill(0);
    }
}

/// Isolation; then for each ordered pair of tiers: not named, all ports, one. Of three tiers none calls itself.
fn calls<const TIERS: usize>(chosen: &[usize]) -> AppNetworkProfileSpec {
    let mut spec = spec(TIERS, chosen[0]);
    let pairs = (0..TIERS).flat_map(|called| (0..TIERS).map(move |caller| (called, caller)));
    let pairs = pairs.filter(|(called, caller)| TIERS < 3 || called != caller);
    for ((called, caller), how) in pairs.zip(&chosen[1..]) {
        spec.tiers[called].from.extend(from_tier(caller, *how));
    }
    spec
}

/// Isolation; from the other tier; from itself; from a block; exposed; metrics.
fn callers(chosen: &[usize]) -> AppNetworkProfileSpec {
    let mut spec = spec(2, chosen[0]);
    let block = [None, Some((A, vec![])), Some((A, vec![PART_OF_A])), Some((B, vec![]))];
    let from_block = if chosen[3] == 0 { None } else { block[chosen[3].div_ceil(2)].clone() };
    let names = chosen[3].is_multiple_of(2).then(|| vec!["web".to_owned()]);
    let tier = &mut spec.tiers[0];
    tier.from.extend(from_tier(1, chosen[1]));
    tier.from.extend(from_tier(0, chosen[2]));
    tier.from.extend(from_block.map(|(cidr, except)| Source { ports: names, ..source_block(cidr, &except) }));
    tier.exposed = port_use(chosen[4]);
    tier.metrics = port_use(chosen[5]);
    spec
}

/// Isolation; the call of another tier; a block at one or two ports; another block, or the same at another port; DNS;
/// telemetry.
fn destinations(chosen: &[usize]) -> AppNetworkProfileSpec {
    let mut spec = spec(2, chosen[0]);
    spec.tiers[1].from.extend(from_tier(0, chosen[1]));
    let first = [
        None,
        Some((A, vec![], &[443][..])),
        Some((A, vec![], &[443, 80])),
        Some((A, vec![PART_OF_A], &[443])),
        Some((A, vec![PART_OF_A], &[443, 80])),
        Some((B, vec![], &[443])),
        Some((B, vec![], &[443, 80])),
    ];
    let second = [None, Some((A, vec![], &[80][..])), Some((B, vec![], &[80])), Some((PART_OF_A, vec![], &[443]))];
    let to = &mut spec.tiers[0].to;
    to.extend(first[chosen[2]].iter().map(|(cidr, except, ports)| block("first", cidr, except, ports)));
    to.extend(second[chosen[3]].iter().map(|(cidr, except, ports)| block("second", cidr, except, ports)));
    let resolver =
        |pods: Option<PodsPeer>, cidr: Option<&str>| Resolver { pods, cidr: cidr.map(str::to_owned), port: 53 };
    let explicit = |resolvers| Dns { mode: DnsMode::Explicit, resolvers: Some(resolvers) };
    spec.dns = match chosen[4] {
        0 => Dns { mode: DnsMode::None, resolvers: None },
        1 => explicit(vec![resolver(Some(pods("kube-system", "k8s-app", "kube-dns")), None)]),
        2 => explicit(vec![resolver(None, Some(A))]),
        3 => explicit(vec![resolver(None, Some(B))]),
        4 => explicit(vec![resolver(None, Some(PART_OF_A)), Resolver { port: 443, ..resolver(None, Some(B)) }]),
        _ => Dns::default(),
    };
    spec.telemetry = match chosen[5] {
        0 => Vec::new(),
        1 => vec![block("push", A, &[PART_OF_A], &[443])],
        _ => vec![Destination {
            name: "push".into(),
            pods: Some(pods("watch", "app", "scraper")),
            ports: Some(vec![tcp(9090)]),
            ..Destination::default()
        }],
    };
    spec
}

/// Isolation; who of both calls whom; then for each tier: exposed, metrics, a block that is called, a block that calls.
fn two_tiers(chosen: &[usize]) -> AppNetworkProfileSpec {
    let mut spec = spec(2, chosen[0]);
    spec.dns = Dns::default();
    spec.tiers[0].from.extend(from_tier(1, chosen[1] / 3));
    spec.tiers[1].from.extend(from_tier(0, chosen[1] % 3));
    for (tier, has) in spec.tiers.iter_mut().zip(chosen[2..].chunks(4)) {
        tier.exposed = port_use(has[0]);
        tier.metrics = port_use(has[1] * 2);
        tier.to.extend((has[2] == 1).then(|| block("out", A, &[PART_OF_A], &[443])));
        tier.from.extend((has[3] == 1).then(|| source_block(A, &[PART_OF_A])));
    }
    spec
}

fn spec(tiers: usize, isolation: usize) -> AppNetworkProfileSpec {
    let controller = PlatformPeer {
        namespace: Some("edge".into()),
        pod_selector: Some(selector("app", "controller")),
        ..PlatformPeer::default()
    };
    // The scraper is named by address, as on the host network: another kind of peer, and sometimes a caller's own block.
    let scrapers = [
        PlatformPeer {
            namespace: Some("watch".into()),
            pod_selector: Some(selector("app", "scraper")),
            ..PlatformPeer::default()
        },
        PlatformPeer { cidr: Some(B.into()), ..PlatformPeer::default() },
    ];
    AppNetworkProfileSpec {
        isolation: if isolation == 0 { Isolation::Namespace } else { Isolation::Tiers },
        tiers: (0..tiers).map(tier).collect(),
        dns: Dns { mode: DnsMode::None, resolvers: None },
        monitoring: Some(Monitoring { from: scrapers.to_vec() }),
        ingress_controller: Some(IngressController { from: vec![controller] }),
        mode: appnet::api::Mode::Enforce,
        suspend: false,
        drift_policy: appnet::api::DriftPolicy::Repair,
        deletion_policy: appnet::api::DeletionPolicy::Delete,
        telemetry: Vec::new(),
    }
}

fn tier(position: usize) -> Tier {
    let port = |name: &str, port| DeclaredPort { name: name.into(), port, protocol: Protocol::Tcp, end_port: None };
    Tier {
        name: format!("t{position}"),
        // A label for each tier, so that a Pod can be in two.
        pod_selector: selector(&format!("in-t{position}"), "yes"),
        ports: vec![port("web", IntOrString::Int(80)), port("admin", IntOrString::String("admin".into()))],
        from: Vec::new(),
        exposed: None,
        metrics: None,
        to: Vec::new(),
    }
}

/// Not at all, at all ports, at one.
fn from_tier(tier: usize, how: usize) -> Option<Source> {
    let ports = (how == 2).then(|| vec!["admin".to_owned()]);
    (how > 0).then(|| Source { tier: Some(format!("t{tier}")), ports, ..Source::default() })
}

fn port_use(how: usize) -> Option<PortUse> {
    (how > 0).then(|| PortUse { ports: (how == 2).then(|| vec!["admin".to_owned()]) })
}

fn source_block(cidr: &str, except: &[&str]) -> Source {
    Source { cidr: Some(cidr.into()), except: except.iter().map(ToString::to_string).collect(), ..Source::default() }
}

fn block(name: &str, cidr: &str, except: &[&str], ports: &[i32]) -> Destination {
    Destination {
        name: name.into(),
        cidr: Some(cidr.into()),
        except: except.iter().map(ToString::to_string).collect(),
        ports: Some(ports.iter().map(|port| tcp(*port)).collect()),
        ..Destination::default()
    }
}

fn tcp(port: i32) -> DestinationPort {
    DestinationPort { port: IntOrString::Int(port), protocol: Protocol::Tcp, end_port: None }
}

fn selector(key: &str, value: &str) -> LabelSelector {
    LabelSelector { match_labels: labels(&[(key, value)]), match_expressions: Vec::new() }
}

fn pods(namespace: &str, key: &str, value: &str) -> PodsPeer {
    PodsPeer { namespace: Some(namespace.into()), pod_selector: Some(selector(key, value)), ..PodsPeer::default() }
}

/// A profile, and Pods of each tier, of two tiers, of none, and elsewhere.
fn case(spec: AppNetworkProfileSpec) -> Case {
    let pod = |namespace, labelled: &[(&str, &str)], admin: u16| Pod {
        namespace,
        labels: labels(labelled),
        ports: vec![("admin", Protocol::Tcp, admin), ("admin", Protocol::Udp, 9000)],
    };
    let kube_dns = Service {
        namespace: "kube-system",
        name: "kube-dns",
        to: To::Pods(labels(&[("k8s-app", "kube-dns")])),
        cluster_ip: None,
        ports: [Protocol::Udp, Protocol::Tcp]
            .map(|protocol| ServicePort { name: "", protocol, port: 53, target: IntOrString::Int(5353) })
            .to_vec(),
    };
    Case {
        profiles: vec![Profile { namespace: "shop", name: "app", spec }],
        namespaces: ["shop", "jobs", "watch", "edge", "kube-system"]
            .map(|name| (name.to_owned(), labels(&[("kubernetes.io/metadata.name", name)])))
            .into(),
        pods: vec![
            pod("shop", &[("in-t0", "yes")], 8080),
            pod("shop", &[("in-t1", "yes")], 9090),
            pod("shop", &[("in-t2", "yes")], 80),
            pod("shop", &[("in-t0", "yes"), ("in-t1", "yes")], 9091),
            pod("shop", &[("app", "controller"), ("k8s-app", "kube-dns")], 8080),
            pod("jobs", &[("in-t0", "yes"), ("in-t1", "yes")], 8080),
            pod("watch", &[("app", "scraper")], 8080),
            pod("edge", &[("app", "controller")], 8080),
            pod("kube-system", &[("k8s-app", "kube-dns")], 8080),
        ],
        services: vec![kube_dns],
        node_local_dns: false,
    }
}
