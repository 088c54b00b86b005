//! What can be wrong in a policy.

use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
        NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

/// All policies that come of making one edit in one place, whatever the place.
type Edit = fn(&NetworkPolicySpec) -> Vec<NetworkPolicySpec>;

/// Name, in how many places at least it must be possible in all policies together, and the edit.
pub const EDITS: &[(&str, usize, Edit)] = &[
    ("a rule is missing", 8, |spec| {
        let ingress = shorter(spec.ingress.as_deref().unwrap_or_default());
        let egress = shorter(spec.egress.as_deref().unwrap_or_default());
        let ingress = ingress.map(|rules| NetworkPolicySpec { ingress: Some(rules), ..spec.clone() });
        ingress.chain(egress.map(|rules| NetworkPolicySpec { egress: Some(rules), ..spec.clone() })).collect()
    }),
    ("a peer is missing", 6, |spec| {
        // A list that is empty means "everyone", which is another edit.
        in_rules(spec, |peers, ports| {
            shorter(peers).filter(|fewer| !fewer.is_empty()).map(|fewer| (fewer, ports.to_vec())).collect()
        })
    }),
    ("a port is missing", 4, |spec| in_rules(spec, |peers, ports| without_a_port(peers, ports, |_| true))),
    ("TCP is missing for DNS", 3, |spec| {
        in_rules(spec, |peers, ports| without_a_port(peers, ports, |port| is_dns(port) && is_tcp(port)))
    }),
    ("an exception is missing", 3, |spec| {
        in_peers(spec, |peer| {
            let Some(block) = &peer.ip_block else { return Vec::new() };
            let fewer = shorter(block.except.as_deref().unwrap_or_default());
            let block = fewer.map(|except| IPBlock { except: Some(except), ..block.clone() });
            block.map(|block| NetworkPolicyPeer { ip_block: Some(block), ..peer.clone() }).collect()
        })
    }),
    ("a range is longer by one port", 2, |spec| {
        in_ports(spec, |port| port.end_port.map(|last| NetworkPolicyPort { end_port: Some(last + 1), ..port.clone() }))
    }),
    ("of a range only the first port is left", 2, |spec| {
        in_ports(spec, |port| port.end_port.map(|_| NetworkPolicyPort { end_port: None, ..port.clone() }))
    }),
    ("a port becomes a range of two", 8, |spec| {
        in_ports(spec, |port| match port.port {
            Some(IntOrString::Int(number)) if port.end_port.is_none() => {
                Some(NetworkPolicyPort { end_port: Some(number + 1), ..port.clone() })
            }
            _ => None,
        })
    }),
    ("a port is any port", 10, |spec| {
        in_ports(spec, |port| {
            Some(NetworkPolicyPort { protocol: port.protocol.clone(), ..NetworkPolicyPort::default() })
        })
    }),
    ("all ports are open", 8, |spec| in_rules(spec, |peers, _| vec![(peers.to_vec(), Vec::new())])),
    ("a port has another name", 2, |spec| {
        in_ports(spec, |port| match &port.port {
            Some(IntOrString::String(_)) => {
                Some(NetworkPolicyPort { port: Some(IntOrString::String("web".into())), ..port.clone() })
            }
            _ => None,
        })
    }),
    ("a port is of another protocol", 10, |spec| {
        in_ports(spec, |port| Some(NetworkPolicyPort { protocol: Some("SCTP".into()), ..port.clone() }))
    }),
    ("the label of a namespace is wrong", 6, |spec| {
        in_peers(spec, |peer| {
            let Some(mut selector) = peer.namespace_selector.clone() else { return Vec::new() };
            let values = selector.match_labels.iter_mut().flat_map(std::collections::BTreeMap::values_mut);
            values.for_each(|value| "default".clone_into(value));
            vec![NetworkPolicyPeer { namespace_selector: Some(selector), ..peer.clone() }]
        })
    }),
    ("a namespace is left out", 6, |spec| {
        in_peers(spec, |peer| {
            let pods = Some(peer.pod_selector.clone().unwrap_or_default());
            let own = NetworkPolicyPeer { pod_selector: pods, ..NetworkPolicyPeer::default() };
            peer.namespace_selector.iter().map(|_| own.clone()).collect()
        })
    }),
    ("Pods of all namespaces", 4, |spec| {
        in_peers(spec, |peer| {
            let all = NetworkPolicyPeer { namespace_selector: Some(LabelSelector::default()), ..peer.clone() };
            peer.pod_selector.iter().map(|_| all.clone()).collect()
        })
    }),
    ("all Pods of a namespace", 6, |spec| {
        in_peers(spec, |peer| {
            let all = NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..peer.clone() };
            peer.pod_selector.iter().map(|_| all.clone()).collect()
        })
    }),
    ("everyone is a peer", 8, |spec| in_rules(spec, |_, ports| vec![(Vec::new(), ports.to_vec())])),
    ("it selects all Pods", 2, |spec| {
        let selects_all = spec.pod_selector.as_ref().is_none_or(|selector| *selector == LabelSelector::default());
        let all = NetworkPolicySpec { pod_selector: Some(LabelSelector::default()), ..spec.clone() };
        if selects_all { Vec::new() } else { vec![all] }
    }),
    ("the egress half is forgotten", 2, |spec| {
        let is_empty = spec.egress.is_none();
        let half = NetworkPolicySpec { egress: None, ..spec.clone() };
        if is_empty { Vec::new() } else { vec![half] }
    }),
    ("egress is not among the types", 2, |spec| {
        // The deny and the DNS policy both isolate egress: one of them may forget it.
        let is_of_a_tier = spec.ingress.is_some();
        let half = NetworkPolicySpec { policy_types: Some(vec!["Ingress".into()]), ..spec.clone() };
        if is_of_a_tier { vec![half] } else { Vec::new() }
    }),
    ("the ingress half is forgotten", 2, |spec| {
        let is_empty = spec.ingress.is_none();
        let half = NetworkPolicySpec { ingress: None, ..spec.clone() };
        if is_empty { Vec::new() } else { vec![half] }
    }),
    ("source and destination are swapped", 2, |spec| {
        let (ingress, egress) = (spec.ingress.iter().flatten(), spec.egress.iter().flatten());
        let ingress: Vec<_> =
            ingress.map(|rule| NetworkPolicyEgressRule { to: rule.from.clone(), ports: rule.ports.clone() }).collect();
        let egress: Vec<_> =
            egress.map(|rule| NetworkPolicyIngressRule { from: rule.to.clone(), ports: rule.ports.clone() }).collect();
        let swapped = NetworkPolicySpec { ingress: Some(egress), egress: Some(ingress), ..spec.clone() };
        if spec.ingress.is_none() { Vec::new() } else { vec![swapped] }
    }),
];

/// The peers and ports of a rule.
type Rule = (Vec<NetworkPolicyPeer>, Vec<NetworkPolicyPort>);

/// The list without its first, without its second, and so on.
fn shorter<T: Clone>(list: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..list.len()).map(|gone| {
        let kept = list.iter().enumerate().filter(|(place, _)| *place != gone);
        kept.map(|(_, one)| one.clone()).collect()
    })
}

/// The policy with one rule changed, for each rule and each change of it.
fn in_rules(
    spec: &NetworkPolicySpec,
    changed: impl Fn(&[NetworkPolicyPeer], &[NetworkPolicyPort]) -> Vec<Rule>,
) -> Vec<NetworkPolicySpec> {
    let mut specs = Vec::new();
    for (place, rule) in spec.ingress.iter().flatten().enumerate() {
        for (from, ports) in changed(rule.from.as_ref().expect("peers"), rule.ports.as_ref().expect("ports")) {
            let mut other = spec.clone();
            other.ingress.as_mut().expect("rules")[place] =
                NetworkPolicyIngressRule { from: Some(from), ports: Some(ports) };
            specs.push(other);
        }
    }
    for (place, rule) in spec.egress.iter().flatten().enumerate() {
        for (to, ports) in changed(rule.to.as_ref().expect("peers"), rule.ports.as_ref().expect("ports")) {
            let mut other = spec.clone();
            other.egress.as_mut().expect("rules")[place] = NetworkPolicyEgressRule { to: Some(to), ports: Some(ports) };
            specs.push(other);
        }
    }
    specs
}

/// The policy with one peer changed, for each peer and each change of it.
fn in_peers(
    spec: &NetworkPolicySpec,
    changed: impl Fn(&NetworkPolicyPeer) -> Vec<NetworkPolicyPeer>,
) -> Vec<NetworkPolicySpec> {
    in_rules(spec, |peers, ports| {
        let each =
            peers.iter().enumerate().flat_map(|(place, peer)| changed(peer).into_iter().map(move |new| (place, new)));
        each.map(|(place, new)| {
            let mut peers = peers.to_vec();
            peers[place] = new;
            (peers, ports.to_vec())
        })
        .collect()
    })
}

/// The policy with one port changed, for each port that can be changed so.
fn in_ports(
    spec: &NetworkPolicySpec,
    changed: impl Fn(&NetworkPolicyPort) -> Option<NetworkPolicyPort>,
) -> Vec<NetworkPolicySpec> {
    in_rules(spec, |peers, ports| {
        let each = ports.iter().enumerate().filter_map(|(place, port)| Some((place, changed(port)?)));
        each.map(|(place, new)| {
            let mut ports = ports.to_vec();
            ports[place] = new;
            (peers.to_vec(), ports)
        })
        .collect()
    })
}

/// A list that is empty means "any port", which is another edit.
fn without_a_port(
    peers: &[NetworkPolicyPeer],
    ports: &[NetworkPolicyPort],
    gone: fn(&NetworkPolicyPort) -> bool,
) -> Vec<Rule> {
    let fewer = shorter(ports).zip(ports).filter(|(_, port)| gone(port)).map(|(fewer, _)| fewer);
    fewer.filter(|fewer| !fewer.is_empty()).map(|fewer| (peers.to_vec(), fewer)).collect()
}

fn is_dns(port: &NetworkPolicyPort) -> bool {
    matches!(port.port, Some(IntOrString::Int(53 | 5353)))
}

fn is_tcp(port: &NetworkPolicyPort) -> bool {
    port.protocol.as_deref() == Some("TCP")
}
