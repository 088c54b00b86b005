//! What the random clusters hold: a generator that leaves something out would compare nothing of it, and not tell.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::{
    case::{Case, Rule, is_empty},
    random,
};

const SEEDS: u64 = 1000;

type Feature<T> = (&'static str, fn(&T) -> bool);

/// Each of these in so many of the first thousand clusters, at least.
const IN_SPECS: (usize, &[Feature<NetworkPolicySpec>]) = (
    30,
    &[
        ("policyTypes missing", |spec| spec.policy_types.is_none()),
        ("policyTypes missing, with egress rules", |spec| spec.policy_types.is_none() && egress(spec) == Some(false)),
        ("policyTypes missing, with an empty list of egress rules", |spec| {
            spec.policy_types.is_none() && egress(spec) == Some(true)
        }),
        ("policyTypes missing, without egress", |spec| spec.policy_types.is_none() && egress(spec).is_none()),
        ("policyTypes empty", |spec| spec.policy_types.as_ref().is_some_and(Vec::is_empty)),
        ("policyTypes Ingress", |spec| types(spec) == ["Ingress"]),
        ("policyTypes Egress", |spec| types(spec) == ["Egress"]),
        ("policyTypes both", |spec| types(spec) == ["Ingress", "Egress"]),
        ("policyTypes both, turned around", |spec| types(spec) == ["Egress", "Ingress"]),
        ("rules of a direction that is left out", |spec| types(spec) == ["Egress"] && spec.ingress.is_some()),
        ("ingress missing", |spec| spec.ingress.is_none()),
        ("ingress empty", |spec| spec.ingress.as_ref().is_some_and(Vec::is_empty)),
        ("several ingress rules", |spec| spec.ingress.as_ref().is_some_and(|rules| rules.len() > 1)),
        ("several egress rules", |spec| spec.egress.as_ref().is_some_and(|rules| rules.len() > 1)),
        ("podSelector empty", |spec| spec.pod_selector.as_ref().is_some_and(is_empty)),
        ("podSelector with labels", |spec| spec.pod_selector.as_ref().is_some_and(|pods| !is_empty(pods))),
    ],
);

/// No constant: a rule is of one case.
fn in_rules<'a>() -> (usize, Vec<Feature<Rule<'a>>>) {
    (
        100,
        vec![
            ("an empty rule", |rule| rule.peers.is_none() && rule.ports.is_none()),
            ("peers missing", |rule| rule.peers.is_none() && rule.ports.is_some()),
            ("peers empty", |rule| rule.peers.is_some_and(Vec::is_empty)),
            ("several peers", |rule| rule.peers.is_some_and(|peers| peers.len() > 1)),
            ("ports missing", |rule| rule.ports.is_none() && rule.peers.is_some()),
            ("ports empty", |rule| rule.ports.is_some_and(Vec::is_empty)),
            ("several ports", |rule| rule.ports.is_some_and(|ports| ports.len() > 1)),
            ("Pods and addresses in one rule", |rule| {
                let has_block = |wanted| rule.peers.into_iter().flatten().any(|peer| peer.ip_block.is_some() == wanted);
                has_block(true) && has_block(false)
            }),
            ("a named port to addresses", |rule| {
                rule.peers.into_iter().flatten().any(|peer| peer.ip_block.is_some())
                    && rule.ports.into_iter().flatten().any(is_named)
            }),
        ],
    )
}

const IN_PEERS: (usize, &[Feature<NetworkPolicyPeer>]) = (
    60,
    &[
        ("podSelector only", |peer| peer.pod_selector.is_some() && peer.namespace_selector.is_none()),
        ("namespaceSelector only", |peer| peer.pod_selector.is_none() && peer.namespace_selector.is_some()),
        ("both selectors", |peer| peer.pod_selector.is_some() && peer.namespace_selector.is_some()),
        ("an empty podSelector alone", |peer| pods_empty(peer) && peer.namespace_selector.is_none()),
        ("an empty podSelector beside a namespaceSelector", |peer| {
            pods_empty(peer) && peer.namespace_selector.is_some()
        }),
        ("an empty namespaceSelector", |peer| peer.namespace_selector.as_ref().is_some_and(is_empty)),
        ("a block without exceptions", |peer| excepted(peer) == Some(0)),
        ("a block with an exception", |peer| excepted(peer) == Some(1)),
        ("a block with several exceptions", |peer| excepted(peer) == Some(2)),
        ("all addresses of IPv4", |peer| cidr(peer) == "0.0.0.0/0"),
        ("a block of one address", |peer| cidr(peer).ends_with("/32")),
        ("a block with bits behind its prefix", |peer| cidr(peer) == "10.1.2.1/24"),
        ("a block of IPv6", |peer| cidr(peer).contains(':')),
    ],
);

const IN_PORTS: (usize, &[Feature<NetworkPolicyPort>]) = (
    100,
    &[
        ("a protocol only", |port| port.port.is_none() && port.protocol.is_some()),
        ("nothing in a port", |port| port.port.is_none() && port.protocol.is_none()),
        ("a number", |port| matches!(port.port, Some(IntOrString::Int(_))) && port.end_port.is_none()),
        ("a range", |port| port.end_port.is_some()),
        (
            "a range of one",
            |port| matches!((&port.port, port.end_port), (Some(IntOrString::Int(first)), Some(last)) if *first == last),
        ),
        ("a named port of TCP", |port| is_named(port) && port.protocol.as_deref() == Some("TCP")),
        ("a named port of UDP", |port| is_named(port) && port.protocol.as_deref() == Some("UDP")),
        ("a named port of SCTP", |port| is_named(port) && port.protocol.as_deref() == Some("SCTP")),
        ("a named port without a protocol", |port| is_named(port) && port.protocol.is_none()),
        ("a name that no Pod has", |port| matches!(&port.port, Some(IntOrString::String(name)) if name == "ghost")),
        ("UDP", |port| port.protocol.as_deref() == Some("UDP")),
        ("SCTP", |port| port.protocol.as_deref() == Some("SCTP")),
    ],
);

const IN_SELECTORS: (usize, &[Feature<LabelSelector>]) = (
    60,
    &[
        ("an empty map of labels", |selector| selector.match_labels.as_ref().is_some_and(BTreeMap::is_empty)),
        ("one label", |selector| selector.match_labels.as_ref().is_some_and(|labels| labels.len() == 1)),
        ("several labels", |selector| selector.match_labels.as_ref().is_some_and(|labels| labels.len() > 1)),
        ("labels and expressions", |selector| selector.match_labels.is_some() && selector.match_expressions.is_some()),
        ("several expressions", |selector| selector.match_expressions.as_ref().is_some_and(|all| all.len() > 1)),
        ("In", |selector| operator(selector, "In")),
        ("NotIn", |selector| operator(selector, "NotIn")),
        ("Exists", |selector| operator(selector, "Exists")),
        ("DoesNotExist", |selector| operator(selector, "DoesNotExist")),
        ("several values", |selector| {
            selector
                .match_expressions
                .iter()
                .flatten()
                .any(|one| one.values.as_ref().is_some_and(|values| values.len() > 1))
        }),
        ("a key that nothing has", |selector| {
            selector.match_expressions.iter().flatten().any(|one| one.key == "ghost")
        }),
        ("the empty value", |selector| selector.match_labels.iter().flatten().any(|(_, value)| value.is_empty())),
    ],
);

const IN_CASES: (usize, &[Feature<Case>]) = (
    60,
    &[
        ("eight Pods", |case| case.pods.len() == 8),
        ("six policies", |case| case.policies.len() == 6),
        ("one namespace", |case| case.namespaces.len() == 1),
        ("four namespaces", |case| case.namespaces.len() == 4),
        ("a Pod without labels", |case| case.pods.iter().any(|pod| pod.metadata.labels.is_none())),
        ("replicas", |case| case.pods.iter().any(|pod| pod.metadata.owner_references.is_some())),
        ("a container port without a name", |case| container_ports(case).iter().any(|port| port.0.is_none())),
        ("one name for several numbers", |case| twice(case, |one, other| one.1 != other.1)),
        ("one name for several protocols", |case| twice(case, |one, other| one.2 != other.2)),
    ],
);

fn types(spec: &NetworkPolicySpec) -> Vec<&str> {
    spec.policy_types.iter().flatten().map(String::as_str).collect()
}

/// Whether the list of egress rules is empty.
fn egress(spec: &NetworkPolicySpec) -> Option<bool> {
    spec.egress.as_ref().map(Vec::is_empty)
}

fn is_named(port: &NetworkPolicyPort) -> bool {
    matches!(port.port, Some(IntOrString::String(_)))
}

fn pods_empty(peer: &NetworkPolicyPeer) -> bool {
    peer.pod_selector.as_ref().is_some_and(is_empty)
}

fn cidr(peer: &NetworkPolicyPeer) -> &str {
    peer.ip_block.as_ref().map_or("", |block| &block.cidr)
}

fn excepted(peer: &NetworkPolicyPeer) -> Option<usize> {
    peer.ip_block.as_ref().map(|block| block.except.iter().flatten().count())
}

fn operator(selector: &LabelSelector, operator: &str) -> bool {
    selector.match_expressions.iter().flatten().any(|requirement| requirement.operator == operator)
}

/// Name, number and protocol of a container port.
type Port<'a> = (Option<&'a str>, i32, &'a str);

fn container_ports(case: &Case) -> Vec<Port<'_>> {
    let containers = case.pods.iter().filter_map(|pod| pod.spec.as_ref()).flat_map(|spec| &spec.containers);
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    ports.map(|port| (port.name.as_deref(), port.container_port, port.protocol.as_deref().unwrap_or("TCP"))).collect()
}

/// Are there two ports of one name that differ so?
fn twice(case: &Case, differ: fn(&Port<'_>, &Port<'_>) -> bool) -> bool {
    let ports = container_ports(case);
    let named = || ports.iter().filter(|port| port.0.is_some());
    named().any(|one| named().any(|other| one.0 == other.0 && differ(one, other)))
}

/// In how many clusters each feature is, and in how many it must be.
type Counts = BTreeMap<&'static str, (usize, usize)>;

fn count<T>(counts: &mut Counts, (least, features): (usize, &[Feature<T>]), found: &[&T]) {
    for (name, is_there) in features {
        let entry = counts.entry(name).or_insert((0, least));
        entry.0 += usize::from(found.iter().any(|one| is_there(one)));
    }
}

#[test]
fn the_random_clusters_hold_every_feature_of_policies() {
    let mut counts = Counts::new();
    for case in (0..SEEDS).map(random::case) {
        let specs: Vec<_> = case.policies.iter().filter_map(|policy| policy.spec.as_ref()).collect();
        let (rules, peers, ports) = (case.rules(), case.peers(), case.ports());
        let of_peers = peers.iter().flat_map(|peer| [&peer.pod_selector, &peer.namespace_selector]);
        let selectors: Vec<_> = of_peers.chain(specs.iter().map(|spec| &spec.pod_selector)).flatten().collect();
        count(&mut counts, IN_SPECS, &specs);
        let (least, of_rules) = in_rules();
        count(&mut counts, (least, &of_rules), &rules.iter().collect::<Vec<_>>());
        count(&mut counts, IN_PEERS, &peers);
        count(&mut counts, IN_PORTS, &ports);
        count(&mut counts, IN_SELECTORS, &selectors);
        count(&mut counts, IN_CASES, &[&case]);
    }
    for (name, (found, least)) in &counts {
        println!("{found:>5} of {SEEDS} clusters, at least {least:>3}: {name}");
    }
    let rare: Vec<_> = counts.iter().filter(|(_, (found, least))| found < least).collect();
    assert!(rare.is_empty(), "too rare, found and least: {rare:?}");
}

#[test]
fn the_same_number_gives_the_same_cluster() {
    assert_eq!(random::case(7), random::case(7));
    assert_ne!(random::case(7), random::case(8));
}
