//! Rules in the words of the NetworkPolicy API, with every default that the API server would add spelled out,
//! so that what is wanted and what is stored compare as plain values.

use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
        NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};

use super::Rule;
use crate::model::{Peer, PodMatch, Port, PortRange, Selector, selector::Expression};

/// The key that a disarmed deny asks to exist and not to exist.
const DISARMED: &str = "appnet.dev/disarmed";

/// A policy for both directions. The types are always written: a policy without egress rules and without types
/// would not isolate egress.
#[must_use]
pub fn policy_spec(pods: &PodMatch, ingress: &[Rule], egress: &[Rule]) -> NetworkPolicySpec {
    spec(pods, Some(ingress), egress)
}

/// A policy for egress only, as the DNS policy is: it must not isolate ingress.
pub(super) fn egress_spec(pods: &PodMatch, egress: &[Rule]) -> NetworkPolicySpec {
    spec(pods, None, egress)
}

fn spec(pods: &PodMatch, ingress: Option<&[Rule]>, egress: &[Rule]) -> NetworkPolicySpec {
    let types = if ingress.is_some() { &["Ingress", "Egress"][..] } else { &["Egress"] };
    NetworkPolicySpec {
        pod_selector: Some(pod_selector(pods)),
        policy_types: Some(types.iter().map(ToString::to_string).collect()),
        ingress: rules(ingress.unwrap_or_default(), |peers, ports| NetworkPolicyIngressRule {
            from: Some(peers),
            ports: Some(ports),
        }),
        egress: rules(egress, |peers, ports| NetworkPolicyEgressRule { to: Some(peers), ports: Some(ports) }),
    }
}

fn rules<R>(rules: &[Rule], make: impl Fn(Vec<NetworkPolicyPeer>, Vec<NetworkPolicyPort>) -> R) -> Option<Vec<R>> {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| make(rule.peers.iter().map(peer).collect(), rule.ports.iter().map(port).collect()))
        .collect();
    (!rules.is_empty()).then_some(rules)
}

fn peer(peer: &Peer) -> NetworkPolicyPeer {
    match peer {
        Peer::Pods(pods) => NetworkPolicyPeer {
            namespace_selector: pods.namespace.selector().as_ref().map(label_selector),
            pod_selector: match &pods.pods {
                // "All Pods of these namespaces" is said by the namespace alone; in the own namespace it needs saying.
                PodMatch::All if pods.namespace.selector().is_some() => None,
                pods => Some(pod_selector(pods)),
            },
            ip_block: None,
        },
        Peer::Block { cidr, except } => NetworkPolicyPeer {
            ip_block: Some(IPBlock {
                cidr: cidr.to_string(),
                except: (!except.is_empty()).then(|| except.iter().map(ToString::to_string).collect()),
            }),
            ..NetworkPolicyPeer::default()
        },
    }
}

fn port(port: &Port) -> NetworkPolicyPort {
    let (number, end) = match &port.range {
        PortRange::Numbers(first, last) => (IntOrString::Int((*first).into()), (first != last).then(|| (*last).into())),
        PortRange::Name(name) => (IntOrString::String(name.as_str().to_owned()), None),
    };
    NetworkPolicyPort { protocol: Some(port.protocol.as_str().into()), port: Some(number), end_port: end }
}

fn pod_selector(pods: &PodMatch) -> LabelSelector {
    match pods {
        PodMatch::All => LabelSelector::default(),
        PodMatch::Selected(selector) => label_selector(selector),
    }
}

fn label_selector(selector: &Selector) -> LabelSelector {
    let requirement = |key: &str, operator: &str, values: Option<Vec<String>>| LabelSelectorRequirement {
        key: key.into(),
        operator: operator.into(),
        values,
    };
    let expressions: Vec<_> = selector
        .expressions()
        .iter()
        .map(|expression| match expression {
            Expression::In(key, values) => requirement(key, "In", Some(values.to_vec())),
            Expression::NotIn(key, values) => requirement(key, "NotIn", Some(values.to_vec())),
            Expression::Exists(key) => requirement(key, "Exists", None),
            Expression::DoesNotExist(key) => requirement(key, "DoesNotExist", None),
        })
        .collect();
    LabelSelector {
        match_labels: (!selector.labels().is_empty()).then(|| selector.labels().clone()),
        match_expressions: (!expressions.is_empty()).then_some(expressions),
    }
}

/// A selector that nothing can satisfy: the same key must exist and not exist. A deny with it isolates nobody, and
/// has a uid that the allows can refer to before it is armed.
#[must_use]
pub fn disarmed_selector() -> LabelSelector {
    let requirement =
        |operator: &str| LabelSelectorRequirement { key: DISARMED.into(), operator: operator.into(), values: None };
    LabelSelector {
        match_expressions: Some(vec![requirement("Exists"), requirement("DoesNotExist")]),
        match_labels: None,
    }
}
