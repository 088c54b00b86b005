//! Flows that go through a Service or a way in: the ones that people use.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Effect, Flow, Flows, group::shared};
use crate::reach::{BackendPort, Direction, FarEnd, NodeKey, Picture, PodId, PortSet, Reach};

/// What leads to Pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A way in through an ingress controller: kind, namespace, name.
    Entry(String, String, String),
    /// A Service: namespace, name.
    Service(String, String),
}

/// Flows that take one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    /// What happens to them.
    pub effect: Effect,
    /// The way.
    pub way: Way,
    /// Who is called in the end.
    pub to: NodeKey,
    /// The called Pods' ports that are lost.
    pub lost: PortSet,
    /// The called Pods' ports that are won.
    pub won: PortSet,
    /// Why ports are lost.
    pub causes: Vec<Cause>,
    /// Who calls; nobody is named for a way in.
    pub from: Vec<FarEnd>,
    /// Of a way in: some callers are allowed, and nobody knows whether the ingress controller is among them.
    pub unsure: bool,
}

impl std::fmt::Display for Way {
    /// As `Service shop/db`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Entry(kind, namespace, name) => write!(f, "{kind} {namespace}/{name}"),
            Self::Service(namespace, name) => write!(f, "Service {namespace}/{name}"),
        }
    }
}

/// By node: the Services that lead to it, and the ports of its Pods that they lead to.
type Leading = BTreeMap<NodeKey, BTreeMap<(String, String), PortSet>>;

/// What happens to flows through Services and ways in.
#[must_use]
pub fn through(flows: &Flows, before: &Picture, after: &Picture) -> Vec<Through> {
    let leading = [leading(flows, 0, before), leading(flows, 1, after)];
    let mut callers: BTreeMap<_, Vec<&Flow>> = BTreeMap::new();
    for flow in &flows.flows {
        let FarEnd::Node(to) = &flow.difference.to else { continue };
        for (way, lost, won) in ways_of(flow, to, &leading) {
            let key = (Effect::of(&lost, &won), way, to.clone(), lost, won);
            callers.entry(key).or_default().push(flow);
        }
    }
    let services = callers.into_iter().map(|((effect, way, to, lost, won), flows)| {
        let way = Way::Service(way.0, way.1);
        let causes = shared(flows.iter().map(|flow| &flow.causes[..]));
        let from = flows.iter().map(|flow| flow.difference.from.clone()).collect();
        Through { effect, way, to, lost, won, causes, from, unsure: false }
    });
    let mut found = entries(flows, before, after);
    found.extend(services);
    found.sort();
    found
}

type Used = ((String, String), PortSet, PortSet);

fn ways_of(flow: &Flow, to: &NodeKey, leading: &[Leading; 2]) -> Vec<Used> {
    let of = |state: usize| leading[state].get(to).into_iter().flatten();
    let mut found: BTreeMap<&(String, String), (PortSet, PortSet)> = BTreeMap::new();
    for (service, ports) in of(0) {
        found.entry(service).or_default().0 = flow.lost().intersection(ports);
    }
    for (service, ports) in of(1) {
        found.entry(service).or_default().1 = flow.won().intersection(ports);
    }
    let used = found.into_iter().filter(|(_, (lost, won))| !(lost.is_empty() && won.is_empty()));
    used.map(|(service, (lost, won))| (service.clone(), lost, won)).collect()
}

fn leading(flows: &Flows, state: usize, picture: &Picture) -> Leading {
    let reach = [&flows.states.before, &flows.states.after][state];
    let touched: BTreeSet<_> = flows.flows.iter().map(|flow| &flow.difference.to).collect();
    let mut found = Leading::new();
    for (service, row) in &picture.services {
        for (pod, ports) in reach.behind(picture, (service, row), &BackendPort::All) {
            let Some(node) = flows.nodes[state].of_pod(reach, pod) else { continue };
            if !touched.contains(&FarEnd::Node(node.key.clone())) {
                continue;
            }
            let known = found.entry(node.key.clone()).or_default();
            let known = known.entry((service.namespace.clone(), service.name.clone())).or_default();
            *known = known.union(&ports);
        }
    }
    found
}

/// What a way in leads to: the ports at which the Pods may be called by just any Pod, and by someone at least.
type Entrances = BTreeMap<(Way, NodeKey), (PortSet, PortSet)>;

/// Nobody knows the labels of the ingress controller. Ports are lost where no more just any Pod may call them.
fn entries(flows: &Flows, before: &Picture, after: &Picture) -> Vec<Through> {
    let (old, new) = (entrances(flows, 0, before), entrances(flows, 1, after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let nothing = (PortSet::default(), PortSet::default());
        let ((was, _), (is, perhaps)) = (old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing));
        let (lost, won) = (was.without(is), is.without(was));
        if lost.is_empty() && won.is_empty() {
            continue;
        }
        let (way, to) = key.clone();
        let unsure = !lost.is_empty() && lost.without(perhaps).is_empty();
        let (effect, causes, from) = (Effect::of(&lost, &won), Vec::new(), Vec::new());
        found.push(Through { effect, way, to, lost, won, causes, from, unsure });
    }
    found
}

fn entrances(flows: &Flows, state: usize, picture: &Picture) -> Entrances {
    let reach = [&flows.states.before, &flows.states.after][state];
    let mut found = Entrances::new();
    for entry in &picture.entries {
        for entrance in reach.entrances(picture, entry) {
            let way = Way::Entry(entry.kind.clone(), entry.namespace.clone(), entry.name.clone());
            let now = entrance.ports.intersection(&reach.open_to_any_pod(entrance.pods[0]));
            let now_perhaps = entrance.ports.intersection(&to_someone(reach, entrance.pods[0]));
            for node in reach.nodes_led_to(&flows.nodes[state], &entrance) {
                let (certain, perhaps) = found.entry((way.clone(), node.key.clone())).or_default();
                *certain = certain.union(&now);
                *perhaps = perhaps.union(&now_perhaps);
            }
        }
    }
    found
}

fn to_someone(reach: &Reach, pod: PodId) -> PortSet {
    if reach.isolating(pod, Direction::Ingress).is_empty() { PortSet::all() } else { reach.open_to_someone(pod) }
}
