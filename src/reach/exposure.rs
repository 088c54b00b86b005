//! What workloads are open to beyond the Pods that exist: what the map cannot show, because nobody is there yet.
//!
//! The peers of a rule are left out where the map shows them already: Pods by labels in one namespace by name, when such
//! Pods are there. All others let in, or out to, whoever comes to have such labels.

use std::collections::{BTreeMap, HashMap};

use super::{Direction, NamespacesOf, Node, Peer, Peers, Picture, Pod, PodsOf, Policy, PortSet, Ports, Reach, Rule};
use crate::model::{NAMESPACE_NAME, PortRange, Selector, selector::Expression};

/// What a workload is open to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Who may call it.
    pub ingress: Openness,
    /// Whom it may call.
    pub egress: Openness,
}

/// What a workload is open to in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Openness {
    /// It is on the host network: policies do not apply.
    HostNetwork,
    /// No policy isolates it: everything is open.
    NotProtected,
    /// Policies isolate it, and it is open to these, sorted.
    Protected(Vec<Opening>),
}

/// Pods that may be there or come to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// In which namespaces.
    pub namespaces: NamespacesNamed,
    /// Which Pods there: those with these labels, or all.
    pub pods: Option<Selector>,
    /// At which ports.
    pub ports: Ports,
}

/// Namespaces, as a rule names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespacesNamed {
    /// All of them.
    All,
    /// The one of this name.
    Named(String),
    /// Those with these labels.
    Labelled(Selector),
}

/// Pods, as a rule names them.
type PodsNamed = (NamespacesNamed, Option<Selector>);

/// What each of these nodes is open to.
pub fn exposures<'a>(
    reach: &'a Reach,
    picture: &'a Picture,
    nodes: impl IntoIterator<Item = &'a Node>,
) -> impl Iterator<Item = (&'a Node, Exposure)> {
    let policies = picture.policies.iter().map(|policy| ((policy.namespace.as_str(), policy.name.as_str()), policy));
    let mut pods_of: HashMap<&str, Vec<&Pod>> = HashMap::new();
    // A rule never finds a Pod on the host network by its labels.
    for pod in picture.pods.iter().filter(|pod| !pod.host_network) {
        pods_of.entry(&pod.namespace).or_default().push(pod);
    }
    let survey = Survey { reach, policies: policies.collect(), pods_of };
    nodes.into_iter().map(move |node| {
        let [ingress, egress] = [Direction::Ingress, Direction::Egress].map(|way| survey.openness(node, way));
        (node, Exposure { ingress, egress })
    })
}

struct Survey<'a> {
    reach: &'a Reach,
    policies: HashMap<(&'a str, &'a str), &'a Policy>,
    pods_of: HashMap<&'a str, Vec<&'a Pod>>,
}

impl Survey<'_> {
    fn openness(&self, node: &Node, direction: Direction) -> Openness {
        if node.host_network {
            return Openness::HostNetwork;
        }
        let isolating = self.reach.isolating(node.pod, direction);
        if isolating.is_empty() {
            return Openness::NotProtected;
        }
        let mut found: BTreeMap<PodsNamed, Ports> = BTreeMap::new();
        let names = isolating.iter().filter_map(|policy| self.reach.policy_name(*policy));
        for policy in names.filter_map(|name| self.policies.get(&name)) {
            for rule in policy.rules(direction).unwrap_or_default() {
                let ports = self.ports(node, direction, rule);
                if ports.numbers.is_empty() && ports.names.is_empty() {
                    continue;
                }
                for pods in wide_peers(rule, &policy.namespace).into_iter().filter(|pods| self.shows(pods)) {
                    found.entry(pods).and_modify(|known| add(known, &ports)).or_insert_with(|| ports.clone());
                }
            }
        }
        // What everyone may do, some may.
        let everyone = found.get(&(NamespacesNamed::All, None)).cloned();
        let openings = found.into_iter().filter(|(pods, ports)| {
            *pods == (NamespacesNamed::All, None) || everyone.as_ref().is_none_or(|more| !covers(more, ports))
        });
        let openings = openings.map(|((namespaces, pods), ports)| Opening { namespaces, pods, ports });
        Openness::Protected(openings.collect())
    }

    /// The names of ports are those of the Pod that is called; of one that is not there yet nobody knows them.
    fn ports(&self, node: &Node, direction: Direction, rule: &Rule) -> Ports {
        match direction {
            Direction::Egress => rule.ports.clone(),
            Direction::Ingress => {
                let named = rule.ports.names.iter().fold(PortSet::default(), |ports, (protocol, name)| {
                    ports.union(&self.reach.pod_ports(node.pod, *protocol, &PortRange::Name(name.clone())))
                });
                Ports { numbers: rule.ports.numbers.union(&named), names: Vec::new() }
            }
        }
    }

    /// Does the map not show them already?
    fn shows(&self, (namespaces, pods): &PodsNamed) -> bool {
        let (NamespacesNamed::Named(namespace), Some(selector)) = (namespaces, pods) else { return true };
        let there = self.pods_of.get(namespace.as_str()).map_or(&[][..], Vec::as_slice);
        !there.iter().any(|pod| selector.matches(&pod.labels))
    }
}

/// The Pods that a rule names; a block of addresses is in the map as it is.
fn wide_peers(rule: &Rule, own: &str) -> Vec<PodsNamed> {
    let Peers::These(peers) = &rule.peers else { return vec![(NamespacesNamed::All, None)] };
    let named = |peer: &Peer| match peer {
        Peer::Block { .. } => None,
        Peer::Pods { namespaces, pods } => {
            let namespaces = match namespaces {
                NamespacesOf::Own => NamespacesNamed::Named(own.to_owned()),
                NamespacesOf::All => NamespacesNamed::All,
                NamespacesOf::Selected(selector) => by_name(selector),
            };
            let pods = match pods {
                PodsOf::All => None,
                PodsOf::Selected(selector) => Some(selector.clone()),
            };
            Some((namespaces, pods))
        }
    };
    peers.iter().filter_map(named).collect()
}

/// A namespace's name is a label of it that nobody can forge.
fn by_name(selector: &Selector) -> NamespacesNamed {
    let labels: Vec<_> = selector.labels().iter().collect();
    match (&labels[..], selector.expressions()) {
        ([(key, name)], []) if *key == NAMESPACE_NAME => NamespacesNamed::Named((*name).clone()),
        ([], [Expression::In(key, names)]) if key == NAMESPACE_NAME => match &names[..] {
            [name] => NamespacesNamed::Named(name.clone()),
            _ => NamespacesNamed::Labelled(selector.clone()),
        },
        _ => NamespacesNamed::Labelled(selector.clone()),
    }
}

fn add(known: &mut Ports, more: &Ports) {
    known.numbers = known.numbers.union(&more.numbers);
    known.names.extend(more.names.iter().cloned());
    known.names.sort();
    known.names.dedup();
}

fn covers(more: &Ports, ports: &Ports) -> bool {
    let name = |one: &(crate::api::Protocol, crate::model::PortName)| {
        more.names.contains(one) || more.numbers.spans(one.0) == PortSet::all_of(one.0).spans(one.0)
    };
    ports.numbers.without(&more.numbers).is_empty() && ports.names.iter().all(name)
}
