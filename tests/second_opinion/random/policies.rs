//! Random policies: everything that a legal `NetworkPolicy` can say, often in ways that meet.

use k8s_openapi::{
    api::{
        core::v1::Namespace,
        networking::v1::{
            IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
            NetworkPolicyPort, NetworkPolicySpec,
        },
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use super::{NUMBERS, PORT_NAMES, labels, protocol};
use crate::chance::Chance;

/// Blocks with what may be cut out of each: exceptions must lie within, and be smaller. One is written with bits set
/// behind its prefix, as the API's own example has it.
const BLOCKS: [(&str, &[&str]); 9] = [
    ("0.0.0.0/0", &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/1", "192.168.1.0/24", "255.255.255.255/32"]),
    ("10.0.0.0/8", &["10.1.0.0/16", "10.1.2.0/24", "10.1.128.0/17", "10.0.0.0/32", "10.255.255.255/32"]),
    ("10.1.0.0/16", &["10.1.2.0/24", "10.1.2.3/32", "10.1.128.0/17"]),
    ("10.1.2.1/24", &["10.1.2.0/25", "10.1.2.3/32", "10.1.2.64/26"]),
    ("10.1.2.3/32", &[]),
    ("192.168.0.0/16", &["192.168.1.0/24"]),
    ("::/0", &["2001:db8::/32", "2001:db8:1::/48", "8000::/1"]),
    ("2001:db8::/32", &["2001:db8:1::/48", "2001:db8::1/128"]),
    ("2001:db8::1/128", &[]),
];

pub fn policies(chance: &mut Chance, namespaces: &[Namespace]) -> Vec<NetworkPolicy> {
    let count = chance.weighted(&[3, 12, 20, 25, 20, 12, 8]);
    let policy = |number: usize| {
        let namespace = namespaces[chance.below(namespaces.len())].metadata.name.clone();
        let name = Some(format!("policy-{number}"));
        let spec = Some(spec(chance));
        NetworkPolicy { metadata: ObjectMeta { name, namespace, ..ObjectMeta::default() }, spec }
    };
    (0..count).map(policy).collect()
}

fn spec(chance: &mut Chance) -> NetworkPolicySpec {
    let types: &[Option<&[&str]>] = &[
        None,
        Some(&[]),
        Some(&["Ingress"]),
        Some(&["Egress"]),
        Some(&["Ingress", "Egress"]),
        Some(&["Egress", "Ingress"]),
    ];
    let types = types[chance.weighted(&[25, 4, 20, 20, 28, 3])];
    let told = |kind: &str| types.is_none_or(|types| types.is_empty() || types.contains(&kind));
    // Rules of a direction that the types leave out say nothing, and now and then stand there.
    let ingress = (told("Ingress") || chance.percent(15)).then(|| rules(chance)).flatten();
    let egress = (told("Egress") || chance.percent(15)).then(|| rules(chance)).flatten();
    NetworkPolicySpec {
        pod_selector: Some(labels::selector(chance, labels::OF_PODS, 35)),
        policy_types: types.map(|types| types.iter().map(|kind| (*kind).to_owned()).collect()),
        ingress: ingress
            .map(|rules| rules.into_iter().map(|(from, ports)| NetworkPolicyIngressRule { from, ports }).collect()),
        egress: egress
            .map(|rules| rules.into_iter().map(|(to, ports)| NetworkPolicyEgressRule { to, ports }).collect()),
    }
}

/// The peers and ports of a rule.
type Rule = (Option<Vec<NetworkPolicyPeer>>, Option<Vec<NetworkPolicyPort>>);

fn rules(chance: &mut Chance) -> Option<Vec<Rule>> {
    match chance.weighted(&[12, 12, 8, 68]) {
        0 => None,
        1 => Some(Vec::new()),
        2 => Some(vec![(None, None)]),
        _ => Some((0..chance.between(1, 3)).map(|_| (list(chance, peer), list(chance, port))).collect()),
    }
}

/// Missing, empty, or some.
fn list<T>(chance: &mut Chance, one: fn(&mut Chance) -> T) -> Option<Vec<T>> {
    match chance.weighted(&[18, 7, 40, 25, 10]) {
        0 => None,
        1 => Some(Vec::new()),
        some => Some((1..some).map(|_| one(chance)).collect()),
    }
}

fn peer(chance: &mut Chance) -> NetworkPolicyPeer {
    let of_pods = |chance: &mut Chance| Some(labels::selector(chance, labels::OF_PODS, 15));
    let of_namespaces = |chance: &mut Chance| -> Option<LabelSelector> {
        Some(labels::selector(chance, labels::SELECTING_NAMESPACES, 20))
    };
    let nobody = NetworkPolicyPeer::default();
    match chance.weighted(&[27, 20, 28, 25]) {
        0 => NetworkPolicyPeer { pod_selector: of_pods(chance), ..nobody },
        1 => NetworkPolicyPeer { namespace_selector: of_namespaces(chance), ..nobody },
        2 => NetworkPolicyPeer { pod_selector: of_pods(chance), namespace_selector: of_namespaces(chance), ..nobody },
        _ => NetworkPolicyPeer { ip_block: Some(block(chance)), ..nobody },
    }
}

fn block(chance: &mut Chance) -> IPBlock {
    let (cidr, holes) = chance.one_of(&BLOCKS);
    let count = if holes.is_empty() { 0 } else { chance.weighted(&[45, 35, 20]) };
    let except = (0..count).map(|_| chance.one_of(holes).to_owned()).collect();
    // An empty list of exceptions says as much as none.
    IPBlock { cidr: cidr.to_owned(), except: (count > 0 || chance.percent(10)).then_some(except) }
}

fn port(chance: &mut Chance) -> NetworkPolicyPort {
    let number = |chance: &mut Chance| i32::from(chance.one_of(&NUMBERS));
    let protocol = protocol(chance);
    match chance.weighted(&[15, 30, 25, 30]) {
        0 => NetworkPolicyPort { protocol, port: None, end_port: None },
        1 => NetworkPolicyPort { protocol, port: Some(IntOrString::Int(number(chance))), end_port: None },
        2 => {
            let (one, other) = (number(chance), number(chance));
            let (first, last) = (one.min(other), one.max(other));
            NetworkPolicyPort { protocol, port: Some(IntOrString::Int(first)), end_port: Some(last) }
        }
        _ => {
            // Now and then a name that no Pod has.
            let name = if chance.percent(7) { "ghost" } else { chance.one_of(&PORT_NAMES) };
            NetworkPolicyPort { protocol, port: Some(IntOrString::String(name.to_owned())), end_port: None }
        }
    }
}
