//! What leads to Pods: Services, and ways in through an ingress controller.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Backend, BackendPort, ClassId, Direction, End, Entry, Node, Nodes, Picture, PodId, PortSet, Reach,
    population::Traits, query::Seen, words::number,
};
use crate::{
    api::Protocol,
    model::{Labels, PortRange, ServiceRef},
    observe::{EndpointPort, ServiceKind, ServicePortRow, ServiceRow},
};

/// Some Pods that an ingress controller leads to, all at the same ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// The class of the Pods.
    pub class: ClassId,
    /// The Pods, sorted; at least one.
    pub pods: Vec<PodId>,
    /// The Pods' ports.
    pub ports: PortSet,
    /// The Service between.
    pub service: ServiceRef,
}

impl Reach {
    /// The Pods of a namespace with these labels.
    pub fn pods_with<'a>(&'a self, namespace: &str, labels: &'a Labels) -> impl Iterator<Item = PodId> + 'a {
        let namespace = self.population.find_namespace(namespace);
        let wanted: Option<Vec<_>> = labels
            .iter()
            .map(|(key, value)| Some((self.population.words.find(key)?, self.population.words.find(value)?)))
            .collect();
        // A word that no Pod has ever used stands on none.
        let both = namespace.zip(wanted);
        self.living().filter(move |pod| {
            both.as_ref().is_some_and(|(namespace, wanted)| {
                let traits = self.population.traits(*pod);
                traits.namespace == *namespace && wanted.iter().all(|label| traits.labels.binary_search(label).is_ok())
            })
        })
    }

    pub(super) fn living(&self) -> impl Iterator<Item = PodId> + '_ {
        let pods = self.population.pods.iter().enumerate();
        pods.filter(|(_, pod)| !pod.gone).map(|(position, _)| number(position))
    }

    /// The numbers of a Pod's port.
    #[must_use]
    pub fn pod_ports(&self, pod: PodId, protocol: Protocol, port: &PortRange) -> PortSet {
        match port {
            PortRange::Numbers(first, last) => PortSet::span(protocol, *first, *last),
            PortRange::Name(name) => self.named_ports(pod, protocol, name.as_str()),
        }
    }

    fn named_ports(&self, pod: PodId, protocol: Protocol, name: &str) -> PortSet {
        let Some(name) = self.population.words.find(name) else { return PortSet::default() };
        let Traits { ports, .. } = self.population.traits(pod);
        let named = ports.iter().filter(|(of, word, _)| (*of, *word) == (protocol, name));
        PortSet::of(named.map(|(protocol, _, number)| (*protocol, (*number, *number))))
    }

    /// The Pods behind a Service, each with its ports that one of the Service's ports leads to.
    #[must_use]
    pub fn behind(
        &self,
        picture: &Picture,
        (service, row): (&ServiceRef, &ServiceRow),
        port: &BackendPort,
    ) -> Vec<(PodId, PortSet)> {
        match &row.kind {
            ServiceKind::Pods(selector) => {
                let ports = |pod| {
                    let meant = row.ports.iter().filter(|of_service| is_meant(port, of_service));
                    meant
                        .fold(PortSet::default(), |all, one| all.union(&self.pod_ports(pod, one.protocol, &one.target)))
                };
                self.pods_with(&service.namespace, selector).map(|pod| (pod, ports(pod))).collect()
            }
            ServiceKind::Endpoints => {
                let ports = |listed: &[EndpointPort]| {
                    let meant = listed.iter().filter(|one| stands_for(one, port, row));
                    PortSet::of(meant.map(|one| (one.protocol, (one.number, one.number))))
                };
                let pods = self.seats(picture, service).into_iter().filter_map(|(end, listed)| match end {
                    End::Pod(pod) => Some((pod, ports(listed))),
                    End::Address(_) => None,
                });
                pods.collect()
            }
            ServiceKind::ExternalName => Vec::new(),
        }
    }

    /// The Pods that a way in leads to, at the ports that it names; whether policies let it pass is another question.
    #[must_use]
    pub fn entrances(&self, picture: &Picture, entry: &Entry) -> Vec<Entrance> {
        // Pods that policies cannot tell apart may still have other numbers for a port of one name.
        let mut ports_of: BTreeMap<(&ServiceRef, PodId), PortSet> = BTreeMap::new();
        for Backend { service, port } in &entry.backends {
            let Some(row) = picture.services.get(service) else { continue };
            for (pod, ports) in self.behind(picture, (service, row), port) {
                let known = ports_of.entry((service, pod)).or_default();
                *known = known.union(&ports);
            }
        }
        let mut places: HashMap<(&ServiceRef, ClassId, PortSet), usize> = HashMap::new();
        let mut found: Vec<Entrance> = Vec::new();
        for ((service, pod), ports) in ports_of.into_iter().filter(|(_, ports)| !ports.is_empty()) {
            let class = self.population.class(pod);
            let place = *places.entry((service, class, ports.clone())).or_insert(found.len());
            match found.get_mut(place) {
                Some(known) => known.pods.push(pod),
                None => found.push(Entrance { class, pods: vec![pod], ports, service: service.clone() }),
            }
        }
        found
    }

    /// The nodes that some of these Pods are of.
    pub fn nodes_led_to<'n>(&self, nodes: &'n Nodes, entrance: &Entrance) -> impl Iterator<Item = &'n Node> {
        let workload = |pod: PodId| self.population.pods[pod as usize].workload;
        let workloads: BTreeSet<_> = entrance.pods.iter().map(|pod| workload(*pod)).collect();
        let of_class = nodes.of_class(entrance.class).iter().map(|position| &nodes.all()[*position as usize]);
        of_class.filter(move |node| {
            entrance.pods.binary_search(&node.pod).is_ok() || (node.pods > 1 && workloads.contains(&workload(node.pod)))
        })
    }

    /// The ports at which a Pod may be called by just any Pod: nobody knows the labels of the ingress controller, nor its
    /// namespace, so only rules for all Pods of all namespaces let it pass for certain.
    #[must_use]
    pub fn open_to_any_pod(&self, pod: PodId) -> PortSet {
        self.ports_through_as(pod, Seen::AnyPod, Direction::Ingress, End::Pod(pod))
    }

    /// The ports at which some rule lets someone call an isolated Pod, whoever that is.
    #[must_use]
    pub fn open_to_someone(&self, pod: PodId) -> PortSet {
        let isolating = self.isolating(pod, Direction::Ingress).iter();
        let rules = isolating.flat_map(|policy| self.rules(*policy, Direction::Ingress));
        rules.fold(PortSet::default(), |ports, rule| ports.union(&self.rule_ports(rule, End::Pod(pod))))
    }
}

/// Does a port that is listed stand for one that is meant? The names tell; a `Route` may name the number itself.
fn stands_for(listed: &EndpointPort, wanted: &BackendPort, row: &ServiceRow) -> bool {
    match wanted {
        BackendPort::Target(number) => listed.number == *number,
        wanted => row.ports.iter().any(|port| is_meant(wanted, port) && listed.is_of(port)),
    }
}

fn is_meant(wanted: &BackendPort, port: &ServicePortRow) -> bool {
    match wanted {
        BackendPort::All => true,
        BackendPort::Number(number) => port.port == *number,
        BackendPort::Name(name) => port.name == *name,
        BackendPort::Target(number) => port.target == PortRange::Numbers(*number, *number),
        BackendPort::TargetName(name) => matches!(&port.target, PortRange::Name(other) if other.as_str() == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::{Grain, nodes::tests::two_workloads};

    #[test]
    fn a_way_in_to_one_pod_leads_to_its_workload_and_pod_by_pod_to_it_alone() {
        let reach = Reach::new(&two_workloads());
        let service = ServiceRef { namespace: "shop".into(), name: "canary".into() };
        let entrance = Entrance { class: reach.class_of(1), pods: vec![1], ports: PortSet::all(), service };
        let led_to = |grain| -> Vec<_> {
            let nodes = reach.nodes(grain);
            reach.nodes_led_to(&nodes, &entrance).map(|node| node.text.to_string()).collect()
        };
        assert_eq!(led_to(Grain::Workloads), ["shop/api[Deployment]"]);
        assert_eq!(led_to(Grain::Pods), ["shop/api-1[Pod]"]);
    }
}
