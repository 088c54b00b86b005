//! A policy read back into rules, so that two policies can be compared by what they allow.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1, util::intstr::IntOrString},
};

use crate::{
    api::{self, Protocol, RequirementOperator},
    model::{Cidr, NamespaceMatch, NonEmpty, Peer, PodMatch, PodsMatch, Port, PortName, PortRange, Selector},
    observe::PolicySpec,
};

/// One peer at one port: the smallest thing that a policy allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// The other end.
    pub peer: Peer,
    /// The port.
    pub port: Port,
}

/// What a policy says, in our own terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The Pods that it selects.
    pub pods: PodMatch,
    /// What it allows in; nothing when it leaves that direction alone.
    pub ingress: Option<Vec<Atom>>,
    /// What it allows out; nothing when it leaves that direction alone.
    pub egress: Option<Vec<Atom>>,
}

/// Reads a policy of the namespace `own`; nothing when it says something that we never write ("everyone", "any port"),
/// and nothing of Cilium's own: these only add, and are seen to apart.
#[must_use]
pub fn read(spec: &PolicySpec, own: &str) -> Option<Shape> {
    let spec = spec.standard()?;
    let isolates = |direction: &str| spec.policy_types.iter().flatten().any(|kind| kind == direction);
    let ingress = spec.ingress.iter().flatten().map(|rule| atoms(rule.from.as_ref()?, rule.ports.as_ref()?, own));
    let egress = spec.egress.iter().flatten().map(|rule| atoms(rule.to.as_ref()?, rule.ports.as_ref()?, own));
    let ingress = ingress.collect::<Option<Vec<_>>>()?.concat();
    let egress = egress.collect::<Option<Vec<_>>>()?.concat();
    Some(Shape {
        pods: pods(spec.pod_selector.as_ref()?)?,
        ingress: isolates("Ingress").then_some(ingress),
        egress: isolates("Egress").then_some(egress),
    })
}

/// The Pods that a policy selects; nothing when its selector is one that the API server would not take.
#[must_use]
pub fn selected_pods(spec: &NetworkPolicySpec) -> Option<PodMatch> {
    pods(&spec.pod_selector.clone().unwrap_or_default())
}

fn atoms(peers: &[NetworkPolicyPeer], ports: &[NetworkPolicyPort], own: &str) -> Option<Vec<Atom>> {
    let peers = peers.iter().map(|one| peer(one, own)).collect::<Option<Vec<_>>>()?;
    let ports = ports.iter().map(port).collect::<Option<Vec<_>>>()?;
    let pairs = peers.iter().flat_map(|peer| ports.iter().map(|port| Atom { peer: peer.clone(), port: port.clone() }));
    NonEmpty::new(pairs.collect()).map(NonEmpty::into_vec)
}

fn peer(peer: &NetworkPolicyPeer, own: &str) -> Option<Peer> {
    if let Some(block) = &peer.ip_block {
        let except = block.except.iter().flatten().map(|text| Cidr::parse(text)).collect::<Option<_>>()?;
        return Some(Peer::Block { cidr: Cidr::parse(&block.cidr)?, except });
    }
    let namespace = match &peer.namespace_selector {
        None => NamespaceMatch::Own,
        // Two ways to say the same: only in one of them can peers be compared.
        Some(labels) => match selector(labels)? {
            this if Some(&this) == NamespaceMatch::Named(own.to_owned()).selector().as_ref() => NamespaceMatch::Own,
            other => NamespaceMatch::Selected(other),
        },
    };
    let pods = peer.pod_selector.as_ref().map_or(Some(PodMatch::All), pods)?;
    Some(Peer::Pods(PodsMatch { namespace, pods }))
}

fn port(port: &NetworkPolicyPort) -> Option<Port> {
    let protocol = match port.protocol.as_deref() {
        None | Some("TCP") => Protocol::Tcp,
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        Some(_) => return None,
    };
    let range = match port.port.as_ref()? {
        IntOrString::Int(first) => {
            let first = u16::try_from(*first).ok()?;
            PortRange::Numbers(first, port.end_port.map_or(Some(first), |last| u16::try_from(last).ok())?)
        }
        IntOrString::String(name) => PortRange::Name(PortName::parse(name)?),
    };
    Some(Port { protocol, range })
}

fn pods(labels: &v1::LabelSelector) -> Option<PodMatch> {
    let empty = labels.match_labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty)
        && labels.match_expressions.as_ref().is_none_or(Vec::is_empty);
    if empty { Some(PodMatch::All) } else { selector(labels).map(PodMatch::Selected) }
}

fn selector(labels: &v1::LabelSelector) -> Option<Selector> {
    let requirement = |requirement: &v1::LabelSelectorRequirement| {
        let operator = match requirement.operator.as_str() {
            "In" => RequirementOperator::In,
            "NotIn" => RequirementOperator::NotIn,
            "Exists" => RequirementOperator::Exists,
            "DoesNotExist" => RequirementOperator::DoesNotExist,
            _ => return None,
        };
        Some(api::Requirement {
            key: requirement.key.clone(),
            operator,
            values: requirement.values.clone().unwrap_or_default(),
        })
    };
    Selector::parse(&api::LabelSelector {
        match_labels: labels.match_labels.clone().unwrap_or_default(),
        match_expressions: labels.match_expressions.iter().flatten().map(requirement).collect::<Option<_>>()?,
    })
}

impl Atom {
    /// What both allow; nothing when that is nothing, or cannot be said in one rule.
    #[must_use]
    pub fn and(&self, other: &Self) -> Option<Self> {
        Some(Self { peer: peers_and(&self.peer, &other.peer)?, port: ports_and(&self.port, &other.port)? })
    }

    /// Does this certainly allow all that `other` allows?
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.peer == other.peer && ports_and(&self.port, &other.port).as_ref() == Some(&other.port)
    }
}

/// Pods that both select; nothing when there can be none.
#[must_use]
pub fn pods_and(a: &PodMatch, b: &PodMatch) -> Option<PodMatch> {
    match (a, b) {
        (PodMatch::All, other) | (other, PodMatch::All) => Some(other.clone()),
        (PodMatch::Selected(a), PodMatch::Selected(b)) => a.and(b).map(PodMatch::Selected),
    }
}

fn peers_and(a: &Peer, b: &Peer) -> Option<Peer> {
    match (a, b) {
        (Peer::Pods(a), Peer::Pods(b)) => {
            let namespace = match (&a.namespace, &b.namespace) {
                (a, b) if a == b => a.clone(),
                // "The own namespace" and "the namespace of these labels" have no common way to be said.
                (NamespaceMatch::Own, _) | (_, NamespaceMatch::Own) => return None,
                (a, b) => NamespaceMatch::Selected(a.selector()?.and(&b.selector()?)?),
            };
            Some(Peer::Pods(PodsMatch { namespace, pods: pods_and(&a.pods, &b.pods)? }))
        }
        (Peer::Block { cidr: a, except: not_a }, Peer::Block { cidr: b, except: not_b }) => {
            let cidr = if a.contains(b) {
                *b
            } else if b.contains(a) {
                *a
            } else {
                return None;
            };
            if not_a.iter().chain(not_b).any(|hole| hole.contains(&cidr)) {
                return None;
            }
            let mut except: Vec<_> = not_a.iter().chain(not_b).filter(|hole| cidr.contains(hole)).copied().collect();
            except.sort();
            except.dedup();
            Some(Peer::Block { cidr, except })
        }
        _ => None,
    }
}

fn ports_and(a: &Port, b: &Port) -> Option<Port> {
    if a.protocol != b.protocol {
        return None;
    }
    let range = match (&a.range, &b.range) {
        (PortRange::Numbers(a, z), PortRange::Numbers(b, y)) if a.max(b) <= z.min(y) => {
            PortRange::Numbers(*a.max(b), *z.min(y))
        }
        (PortRange::Name(a), PortRange::Name(b)) if a == b => PortRange::Name(a.clone()),
        _ => return None,
    };
    Some(Port { protocol: a.protocol, range })
}

/// Could traffic to or from one of these ports be the same? A name can stand for any number.
#[must_use]
pub fn ports_may_overlap(a: &Port, b: &Port) -> bool {
    let by_name = |port: &Port| matches!(port.range, PortRange::Name(_));
    a.protocol == b.protocol && (by_name(a) != by_name(b) || ports_and(a, b).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::selector::Expression;

    fn tcp(first: u16, last: u16) -> Port {
        Port { protocol: Protocol::Tcp, range: PortRange::Numbers(first, last) }
    }

    fn named(name: &str) -> Port {
        Port { protocol: Protocol::Tcp, range: PortRange::Name(PortName::parse(name).expect("a name")) }
    }

    fn atom(app: &str, port: Port) -> Atom {
        let pods = PodMatch::Selected(Selector::of_label("app", app));
        Atom { peer: Peer::Pods(PodsMatch { namespace: NamespaceMatch::Own, pods }), port }
    }

    #[test]
    fn requirements_of_every_kind_are_read_and_of_no_other() {
        let read = |requirement: &serde_json::Value| {
            let spec = json!({"podSelector": {"matchExpressions": [requirement]}});
            selected_pods(&serde_json::from_value(spec).expect("a policy"))
        };
        let values = || NonEmpty::one("canary".to_owned()).and("stable".to_owned());
        let requirements = [
            (
                json!({"key": "a", "operator": "In", "values": ["stable", "canary"]}),
                Expression::In("a".into(), values()),
            ),
            (
                json!({"key": "b", "operator": "NotIn", "values": ["stable", "canary"]}),
                Expression::NotIn("b".into(), values()),
            ),
            (json!({"key": "c", "operator": "Exists"}), Expression::Exists("c".into())),
            (json!({"key": "d", "operator": "DoesNotExist"}), Expression::DoesNotExist("d".into())),
        ];
        for (written, wanted) in requirements {
            let Some(PodMatch::Selected(selector)) = read(&written) else { panic!("{written} is not read") };
            assert_eq!((selector.expressions(), selector.labels().len()), (&[wanted][..], 0), "{written}");
        }
        assert_eq!(read(&json!({"key": "e", "operator": "Gt", "values": ["5"]})), None);
    }

    #[test]
    fn the_own_namespace_by_its_name_is_the_one_of_a_peer_that_names_none() {
        let read =
            |written: &serde_json::Value| peer(&serde_json::from_value(written.clone()).expect("a peer"), "shop");
        let of = |namespace: &str| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}, "podSelector": {}});
        assert_eq!(read(&of("shop")), read(&json!({"podSelector": {}})));
        assert_ne!(read(&of("blog")), read(&of("shop")));
    }

    #[test]
    fn what_is_covered_has_the_same_peer_and_no_port_beyond() {
        let api = atom("api", tcp(80, 90));
        assert!(api.covers(&api) && api.covers(&atom("api", tcp(82, 84))) && api.covers(&atom("api", tcp(80, 80))));
        assert!(!api.covers(&atom("web", tcp(82, 84))), "another peer");
        for beyond in [tcp(79, 84), tcp(82, 91), tcp(91, 95), Port::number(Protocol::Udp, 82), named("http")] {
            assert!(!api.covers(&atom("api", beyond.clone())), "{beyond}");
        }
        let http = atom("api", named("http"));
        assert!(http.covers(&http) && !http.covers(&atom("api", named("https"))));
    }

    #[test]
    fn ports_that_have_nothing_in_common_are_not_both_allowed() {
        let both = |a: &Port, b: &Port| atom("api", a.clone()).and(&atom("api", b.clone())).map(|atom| atom.port);
        let cases = [
            (tcp(80, 83), tcp(82, 90), Some(tcp(82, 83))),
            (tcp(80, 82), tcp(82, 90), Some(tcp(82, 82))),
            (tcp(80, 82), tcp(83, 90), None),
            (tcp(80, 82), Port::number(Protocol::Sctp, 81), None),
            (named("http"), named("http"), Some(named("http"))),
            (named("http"), named("https"), None),
        ];
        for (a, b, wanted) in cases {
            assert_eq!((both(&a, &b), both(&b, &a)), (wanted.clone(), wanted.clone()), "{a} and {b}");
            assert_eq!(ports_may_overlap(&a, &b), wanted.is_some(), "{a} and {b}");
        }
        // A name can stand for any number, but no rule says both.
        assert!(both(&tcp(80, 82), &named("http")).is_none() && ports_may_overlap(&tcp(80, 82), &named("http")));
    }
}
