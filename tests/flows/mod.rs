//! A naive reading of NetworkPolicy, straight from the text of the API: which connections do these policies allow?
//! Policies of Cilium's own are read too, as far as the operator writes any (`cilium`).
//!
//! It shares no code with the product: it works on the policies as the API server stores them, Pod by Pod, and is slow.

#![allow(dead_code, reason = "each test binary uses a part of it")]

mod cilium;

use std::{collections::BTreeMap, net::IpAddr};

use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use serde_json::Value;

/// A Pod, an address outside the cluster, or the API server as Cilium sees it: no block of addresses matches it.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Pod(Pod),
    Address(IpAddr),
    ApiServer,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
    /// Labels of its namespace, with the one that the API server sets.
    pub namespace_labels: BTreeMap<String, String>,
    /// Named container ports: name, protocol, number.
    pub ports: Vec<(String, String, u16)>,
    /// Its own address. Blocks are not meant for Pods, and match one whose address is known all the same.
    pub address: Option<IpAddr>,
}

/// A new connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub from: End,
    pub to: End,
    pub protocol: &'static str,
    pub port: u16,
}

/// A policy and its namespace.
pub type Policy = (String, Rules);

/// What a policy says.
#[derive(Clone, Debug)]
pub enum Rules {
    Standard(Box<NetworkPolicySpec>),
    /// The `spec` of a `CiliumNetworkPolicy`.
    Cilium(Value),
}

impl Rules {
    /// The rules of a standard policy.
    pub fn standard(&self) -> &NetworkPolicySpec {
        match self {
            Self::Standard(spec) => spec,
            Self::Cilium(rules) => panic!("no standard policy: {rules}"),
        }
    }
}

impl From<NetworkPolicySpec> for Rules {
    fn from(spec: NetworkPolicySpec) -> Self {
        Self::Standard(Box::new(spec))
    }
}

pub fn pod(namespace: &str, labels: &[(&str, &str)]) -> End {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let namespace_labels = BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())]);
    End::Pod(Pod { namespace: namespace.to_owned(), labels, namespace_labels, ports: Vec::new(), address: None })
}

pub fn address(text: &str) -> End {
    End::Address(text.parse().expect("an address"))
}

/// Is a new connection allowed? Both ends must allow it.
pub fn allowed(policies: &[Policy], flow: &Flow) -> bool {
    out_of(policies, flow) && into(policies, flow)
}

/// Does the caller's end allow it?
pub fn out_of(policies: &[Policy], flow: &Flow) -> bool {
    let End::Pod(from) = &flow.from else { return true };
    let selecting: Vec<_> = standard(policies).filter(|policy| selects(policy, from, "Egress")).collect();
    selecting.is_empty()
        || cilium::lets_out(policies, from, flow)
        || selecting.iter().any(|(namespace, spec)| {
            spec.egress
                .iter()
                .flatten()
                .any(|rule| peers(rule.to.as_ref(), &flow.to, namespace) && ports(rule.ports.as_ref(), flow))
        })
}

/// Does the called end allow it?
pub fn into(policies: &[Policy], flow: &Flow) -> bool {
    let End::Pod(to) = &flow.to else { return true };
    let selecting: Vec<_> = standard(policies).filter(|policy| selects(policy, to, "Ingress")).collect();
    selecting.is_empty()
        || selecting.iter().any(|(namespace, spec)| {
            spec.ingress
                .iter()
                .flatten()
                .any(|rule| peers(rule.from.as_ref(), &flow.from, namespace) && ports(rule.ports.as_ref(), flow))
        })
}

fn standard(policies: &[Policy]) -> impl Iterator<Item = (&String, &NetworkPolicySpec)> {
    policies.iter().filter_map(|(namespace, rules)| match rules {
        Rules::Standard(spec) => Some((namespace, spec.as_ref())),
        Rules::Cilium(_) => None,
    })
}

fn selects((namespace, spec): &(&String, &NetworkPolicySpec), pod: &Pod, direction: &str) -> bool {
    let types = spec.policy_types.clone().unwrap_or_default();
    let isolates = if types.is_empty() {
        direction == "Ingress" || spec.egress.as_ref().is_some_and(|rules| !rules.is_empty())
    } else {
        types.iter().any(|kind| kind == direction)
    };
    isolates
        && **namespace == pod.namespace
        && selector(spec.pod_selector.as_ref().unwrap_or(&LabelSelector::default()), &pod.labels)
}

fn selector(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let exact = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    exact
        && selector.match_expressions.iter().flatten().all(|requirement| {
            let value = labels.get(&requirement.key);
            let listed = value.is_some_and(|value| requirement.values.iter().flatten().any(|other| other == value));
            match requirement.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("no such operator: {other}"),
            }
        })
}

fn peers(peers: Option<&Vec<NetworkPolicyPeer>>, end: &End, own: &str) -> bool {
    let Some(peers) = peers.filter(|peers| !peers.is_empty()) else { return true };
    peers.iter().any(|peer| match (&peer.ip_block, end) {
        (Some(block), End::Address(address)) => in_block(block, *address),
        (Some(block), End::Pod(pod)) => pod.address.is_some_and(|address| in_block(block, address)),
        (None, End::Pod(pod)) => {
            let namespace = match &peer.namespace_selector {
                None => pod.namespace == own,
                Some(namespaces) => selector(namespaces, &pod.namespace_labels),
            };
            namespace && peer.pod_selector.as_ref().is_none_or(|pods| selector(pods, &pod.labels))
        }
        _ => false,
    })
}

fn in_block(block: &IPBlock, address: IpAddr) -> bool {
    inside(&block.cidr, address) && !block.except.iter().flatten().any(|hole| inside(hole, address))
}

fn inside(cidr: &str, address: IpAddr) -> bool {
    let (base, length) = cidr.split_once('/').expect("a CIDR");
    let length: u32 = length.parse().expect("a prefix length");
    match (base.parse().expect("an address"), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            length == 0 || u32::from(base) >> (32 - length) == u32::from(address) >> (32 - length)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            length == 0 || u128::from(base) >> (128 - length) == u128::from(address) >> (128 - length)
        }
        _ => false,
    }
}

fn ports(ports: Option<&Vec<NetworkPolicyPort>>, flow: &Flow) -> bool {
    let Some(ports) = ports.filter(|ports| !ports.is_empty()) else { return true };
    ports.iter().any(|port| {
        port.protocol.as_deref().unwrap_or("TCP") == flow.protocol
            && match (&port.port, port.end_port) {
                (None, _) => true,
                (Some(IntOrString::Int(first)), end) => {
                    (*first..=end.unwrap_or(*first)).contains(&i32::from(flow.port))
                }
                (Some(IntOrString::String(name)), _) => match &flow.to {
                    End::Pod(pod) => pod.ports.iter().any(|(other, protocol, number)| {
                        other == name && protocol == flow.protocol && *number == flow.port
                    }),
                    End::Address(_) | End::ApiServer => false,
                },
            }
    })
}
