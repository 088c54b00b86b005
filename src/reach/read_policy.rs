//! Reads a NetworkPolicy, with the checks of the API server: what it would refuse is refused here, with every problem and
//! its field.
//!
//! The rules are those of `pkg/apis/networking/validation` and of the API's own field texts. What the API server takes with
//! a warning (a block with bits after its prefix) is taken.

use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{Direction, NamespacesOf, Peer, Peers, PodsOf, Policy, PortSet, Ports, Rule};
use crate::{
    api::{self, Protocol, RequirementOperator},
    model::{NonEmpty, PortName, Selector},
};

/// Something that the API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The field, as `spec.ingress[0].ports[1].endPort`.
    pub path: String,
    /// What it must be.
    pub message: String,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Everything in it that the API server would refuse.
    pub fn read(namespace: &str, name: &str, spec: &NetworkPolicySpec) -> Result<Self, Vec<Refusal>> {
        let mut reader = Reader { refusals: Vec::new() };
        let subject = spec.pod_selector.as_ref().map_or(PodsOf::All, |labels| reader.pods(labels, "spec.podSelector"));
        let ingress = rules(spec.ingress.as_deref(), "ingress", |rule, path| {
            reader.rule((rule.from.as_deref(), "from"), rule.ports.as_deref(), path)
        });
        let egress = rules(spec.egress.as_deref(), "egress", |rule, path| {
            reader.rule((rule.to.as_deref(), "to"), rule.ports.as_deref(), path)
        });
        let (isolates_ingress, isolates_egress) = reader.types(spec, !egress.is_empty());
        let idle = |direction, isolates: bool, rules: &[Rule]| (!isolates && !rules.is_empty()).then_some(direction);
        let ignored =
            [idle(Direction::Ingress, isolates_ingress, &ingress), idle(Direction::Egress, isolates_egress, &egress)];
        let policy = Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subject,
            ingress: isolates_ingress.then_some(ingress),
            egress: isolates_egress.then_some(egress),
            ignored: ignored.into_iter().flatten().collect(),
        };
        if reader.refusals.is_empty() { Ok(policy) } else { Err(reader.refusals) }
    }
}

/// Missing, null and empty lists of rules all allow nothing.
fn rules<R>(list: Option<&[R]>, field: &str, mut read: impl FnMut(&R, &str) -> Rule) -> Vec<Rule> {
    let numbered = list.unwrap_or_default().iter().enumerate();
    numbered.map(|(position, rule)| read(rule, &format!("spec.{field}[{position}]"))).collect()
}

struct Reader {
    refusals: Vec<Refusal>,
}

impl Reader {
    fn refuse(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.refusals.push(Refusal { path: path.into(), message: message.into() });
    }

    /// API text: when `policyTypes` is missing, a policy is for ingress, and for egress if it has egress rules. Rules of a
    /// direction that is not among the types are never looked at.
    fn types(&mut self, spec: &NetworkPolicySpec, has_egress: bool) -> (bool, bool) {
        let types = spec.policy_types.as_deref().unwrap_or_default();
        if types.is_empty() {
            return (true, has_egress);
        }
        for (position, one) in types.iter().enumerate() {
            if !["Ingress", "Egress"].contains(&one.as_str()) {
                self.refuse(
                    format!("spec.policyTypes[{position}]"),
                    format!("must be 'Ingress' or 'Egress', not '{one}'"),
                );
            }
        }
        let has = |direction: Direction| types.iter().any(|one| one == direction.as_str());
        (has(Direction::Ingress), has(Direction::Egress))
    }

    fn rule(
        &mut self,
        (peers, field): (Option<&[NetworkPolicyPeer]>, &str),
        ports: Option<&[NetworkPolicyPort]>,
        path: &str,
    ) -> Rule {
        let numbered = peers.unwrap_or_default().iter().enumerate();
        let read: Vec<_> =
            numbered.map(|(position, peer)| self.peer(peer, &format!("{path}.{field}[{position}]"))).collect();
        // Every entry gives a peer, so a list loses none on the way and never comes to mean "everyone".
        let peers = NonEmpty::new(read).map_or(Peers::Any, Peers::These);
        Rule { peers, ports: self.ports(ports.unwrap_or_default(), path) }
    }

    fn peer(&mut self, peer: &NetworkPolicyPeer, path: &str) -> Peer {
        let pods = (peer.namespace_selector.as_ref(), peer.pod_selector.as_ref());
        match (&peer.ip_block, pods) {
            (Some(_), (Some(_), _) | (_, Some(_))) => {
                self.refuse(
                    path,
                    "must not have `ipBlock` beside `podSelector` or `namespaceSelector`; write two entries",
                );
            }
            (None, (None, None)) => self.refuse(path, "must have `podSelector`, `namespaceSelector` or `ipBlock`"),
            _ => {}
        }
        if let Some(block) = &peer.ip_block {
            return self.block(block, &format!("{path}.ipBlock"));
        }
        let namespaces = match pods.0.map(|labels| self.pods(labels, &format!("{path}.namespaceSelector"))) {
            None => NamespacesOf::Own,
            Some(PodsOf::All) => NamespacesOf::All,
            Some(PodsOf::Selected(selector)) => NamespacesOf::Selected(selector),
        };
        let pods = pods.1.map_or(PodsOf::All, |labels| self.pods(labels, &format!("{path}.podSelector")));
        Peer::Pods { namespaces, pods }
    }

    fn block(&mut self, block: &IPBlock, path: &str) -> Peer {
        let cidr = self.net(&block.cidr, &format!("{path}.cidr"));
        let mut except = Vec::new();
        for (position, text) in block.except.iter().flatten().enumerate() {
            let at = format!("{path}.except[{position}]");
            let hole = self.net(text, &at);
            let inside = |cidr: IpNet, hole: &IpNet| cidr.contains(hole) && cidr.prefix_len() < hole.prefix_len();
            if cidr.zip(hole).is_some_and(|(cidr, hole)| !inside(cidr, &hole)) {
                self.refuse(at, format!("must be a smaller block inside '{}'", block.cidr));
            }
            except.extend(hole);
        }
        Peer::Block { cidr: cidr.unwrap_or(NOWHERE), except }
    }

    fn net(&mut self, text: &str, path: &str) -> Option<IpNet> {
        let net = text.parse().ok();
        if net.is_none() {
            self.refuse(path, format!("must be a block of addresses, as '10.0.0.0/8', not '{text}'"));
        }
        net
    }

    fn ports(&mut self, ports: &[NetworkPolicyPort], path: &str) -> Ports {
        if ports.is_empty() {
            return Ports::any();
        }
        let mut numbers = PortSet::default();
        let mut names = Vec::new();
        for (position, port) in ports.iter().enumerate() {
            let path = format!("{path}.ports[{position}]");
            let Some(protocol) = self.protocol(port.protocol.as_deref(), &path) else { continue };
            match &port.port {
                None => {
                    if port.end_port.is_some() {
                        self.refuse(format!("{path}.endPort"), "must not be there without `port`");
                    }
                    numbers = numbers.union(&PortSet::all_of(protocol));
                }
                Some(IntOrString::Int(first)) => {
                    let first = self.number(*first, &format!("{path}.port"));
                    let last = port.end_port.map_or(first, |last| self.number(last, &format!("{path}.endPort")));
                    if last < first {
                        self.refuse(format!("{path}.endPort"), format!("must be {first} or more, as `port` is"));
                    }
                    numbers = numbers.union(&PortSet::span(protocol, first, last));
                }
                Some(IntOrString::String(text)) => {
                    if port.end_port.is_some() {
                        self.refuse(format!("{path}.endPort"), "must not be there when `port` is a name");
                    }
                    match PortName::parse(text) {
                        Some(name) => names.push((protocol, name)),
                        None => self.refuse(format!("{path}.port"), format!("must be a number, or the name of a container port (lower case letters, digits and '-'), not '{text}'")),
                    }
                }
            }
        }
        names.sort();
        names.dedup();
        Ports { numbers, names }
    }

    fn protocol(&mut self, name: Option<&str>, path: &str) -> Option<Protocol> {
        match name {
            None | Some("TCP") => Some(Protocol::Tcp),
            Some("UDP") => Some(Protocol::Udp),
            Some("SCTP") => Some(Protocol::Sctp),
            Some(other) => {
                self.refuse(format!("{path}.protocol"), format!("must be 'TCP', 'UDP' or 'SCTP', not '{other}'"));
                None
            }
        }
    }

    fn number(&mut self, number: i32, path: &str) -> u16 {
        u16::try_from(number).ok().filter(|number| *number > 0).unwrap_or_else(|| {
            self.refuse(path, format!("must be from 1 to 65535, not {number}"));
            0
        })
    }

    fn pods(&mut self, labels: &LabelSelector, path: &str) -> PodsOf {
        let mut requirements = Vec::new();
        for (position, requirement) in labels.match_expressions.iter().flatten().enumerate() {
            let path = format!("{path}.matchExpressions[{position}]");
            let values = requirement.values.clone().unwrap_or_default();
            let (operator, wants_values) = match requirement.operator.as_str() {
                "In" => (RequirementOperator::In, true),
                "NotIn" => (RequirementOperator::NotIn, true),
                "Exists" => (RequirementOperator::Exists, false),
                "DoesNotExist" => (RequirementOperator::DoesNotExist, false),
                other => {
                    let message = format!("must be 'In', 'NotIn', 'Exists' or 'DoesNotExist', not '{other}'");
                    self.refuse(format!("{path}.operator"), message);
                    continue;
                }
            };
            if wants_values == values.is_empty() {
                let wanted = if wants_values { "have a value" } else { "be empty" };
                self.refuse(format!("{path}.values"), format!("must {wanted} with '{}'", requirement.operator));
            } else {
                requirements.push(api::Requirement { key: requirement.key.clone(), operator, values });
            }
        }
        let match_labels = labels.match_labels.clone().unwrap_or_default();
        // What is left after a refusal does not matter: the whole policy is refused.
        Selector::parse(&api::LabelSelector { match_labels, match_expressions: requirements })
            .map_or(PodsOf::All, PodsOf::Selected)
    }
}

/// Stands for a block that could not be read, until the whole policy is refused.
const NOWHERE: IpNet = IpNet::V4(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 32));

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn rules_of_a_direction_that_the_policy_leaves_alone_are_kept_in_mind() {
        let some = json!([{"ports": [{"port": 80}]}]);
        for (types, ingress, egress, wanted) in [
            (&["Ingress"][..], &some, &some, &[Direction::Egress][..]),
            (&["Egress"], &some, &some, &[Direction::Ingress]),
            (&["Ingress", "Egress"], &some, &some, &[]),
            (&["Ingress"], &some, &json!([]), &[]),
            (&["Egress"], &json!([]), &some, &[]),
            (&[], &some, &json!([]), &[]),
        ] {
            let spec = json!({"podSelector": {}, "policyTypes": types, "ingress": ingress, "egress": egress});
            let spec = serde_json::from_value(spec).expect("a spec");
            let policy = Policy::read("shop", "db", &spec).expect("a policy");
            assert_eq!(policy.ignored, wanted, "{types:?} {ingress} {egress}");
        }
    }

    #[test]
    fn what_the_api_server_refuses_is_refused_with_its_field_and_nothing_else_is() {
        let block = |cidr: &str, except: &str| json!({"ipBlock": {"cidr": cidr, "except": [except]}});
        let own = |expression: Value| json!({"podSelector": {"matchExpressions": [expression]}});
        let peers = [
            (block("10.0.0.0/8", "10.1.0.0/16"), ""),
            (block("10.0.0.0/8", "10.0.0.0/8"), ".ipBlock.except[0]: must be a smaller block inside"),
            (block("10.0.0.0/8", "192.0.2.0/24"), ".ipBlock.except[0]: must be a smaller block inside"),
            (json!({"ipBlock": {"cidr": "10.0.0.0/33"}}), ".ipBlock.cidr: must be a block of addresses"),
            (json!({"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}), ": must not have `ipBlock` beside"),
            (json!({"ipBlock": {"cidr": "10.0.0.0/8"}, "namespaceSelector": {}}), ": must not have `ipBlock` beside"),
            (json!({"podSelector": {}, "namespaceSelector": {}}), ""),
            (json!({}), ": must have `podSelector`"),
            (own(json!({"key": "a", "operator": "Exists"})), ""),
            (own(json!({"key": "a", "operator": "Like"})), ".podSelector.matchExpressions[0].operator: must be"),
            (own(json!({"key": "a", "operator": "In"})), ".podSelector.matchExpressions[0].values: must have a value"),
        ];
        let ports = [
            (json!({"port": 80, "endPort": 80}), ""),
            (json!({"port": 80, "endPort": 79}), ".endPort: must be 80 or more"),
            (json!({"endPort": 90}), ".endPort: must not be there without"),
            (json!({"port": "http", "endPort": 90}), ".endPort: must not be there when"),
            (json!({"port": "Http"}), ".port: must be a number, or the name"),
            (json!({"port": 0}), ".port: must be from 1 to 65535, not 0"),
            (json!({"port": 80, "protocol": "ICMP"}), ".protocol: must be"),
        ];
        let peers = peers.map(|(peer, wanted)| (json!({"from": [{"podSelector": {}}, peer]}), "from[1]", wanted));
        let ports = ports.map(|(port, wanted)| (json!({"ports": [{"port": "dns"}, port]}), "ports[1]", wanted));
        for (rule, at, wanted) in peers.into_iter().chain(ports) {
            let spec = json!({"podSelector": {}, "ingress": [{}, rule]});
            let read = Policy::read("shop", "db", &serde_json::from_value(spec).expect("a spec"));
            let found: Vec<_> =
                read.err().into_iter().flatten().map(|one| format!("{}: {}", one.path, one.message)).collect();
            assert_eq!(found.len(), usize::from(!wanted.is_empty()), "{rule}: {found:?}");
            assert!(found.iter().all(|one| one.starts_with(&format!("spec.ingress[1].{at}{wanted}"))), "{found:?}");
        }
    }
}
