//! Who the map speaks of: workloads, or single Pods.

use std::collections::BTreeMap;

use super::{
    Reach,
    population::{ClassId, PodId},
    words::number,
};

/// How fine the map is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// Workloads; single Pods where those of a workload are not alike to every policy.
    #[default]
    Workloads,
    /// Single Pods.
    Pods,
}

/// A workload or a Pod: all its Pods are of one class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind, as `Deployment`.
    pub kind: String,
    /// The class of its Pods.
    pub class: ClassId,
    /// One of its Pods.
    pub pod: PodId,
    /// Number of its Pods.
    pub pods: u32,
    /// Are they on the host network?
    pub host_network: bool,
}

/// The nodes of a map, sorted by namespace, name and kind.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    nodes: Vec<Node>,
    /// By class: its nodes, by position, sorted.
    of_class: Vec<Vec<u32>>,
}

impl std::fmt::Display for Node {
    /// As `shop/api[Deployment]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}[{}]", self.namespace, self.name, self.kind)
    }
}

impl Reach {
    /// Who the map speaks of.
    #[must_use]
    pub fn nodes(&self, grain: Grain) -> Nodes {
        let population = &self.population;
        // The Pods of a workload by class: usually there is one class.
        let mut workloads: BTreeMap<(u32, ClassId), Vec<PodId>> = BTreeMap::new();
        let mut classes = vec![0_u32; population.workloads.len()];
        for (position, pod) in population.pods.iter().enumerate().filter(|(_, pod)| !pod.gone) {
            let id = number(position);
            let of_class = workloads.entry((pod.workload, population.class(id))).or_default();
            if of_class.is_empty() {
                classes[pod.workload as usize] += 1;
            }
            of_class.push(id);
        }
        let mut nodes = Vec::new();
        for ((workload, class), pods) in workloads {
            let (namespace, kind, name) = &population.workloads[workload as usize];
            let word = |word: u32| population.words.get(word).to_owned();
            let namespace = word(population.namespaces[*namespace as usize].name);
            let host_network = population.classes[class as usize].host_network;
            let node = |name: String, kind: String, pod: PodId, pods: usize| Node {
                namespace: namespace.clone(),
                name,
                kind,
                class,
                pod,
                pods: number(pods),
                host_network,
            };
            if grain == Grain::Workloads && classes[workload as usize] == 1 {
                nodes.push(node(word(*name), word(*kind), pods[0], pods.len()));
            } else {
                let name = |pod: &PodId| population.pods[*pod as usize].name.to_string();
                nodes.extend(pods.iter().map(|pod| node(name(pod), "Pod".to_owned(), *pod, 1)));
            }
        }
        nodes.sort();
        let mut of_class = vec![Vec::new(); population.classes.len()];
        for (position, node) in nodes.iter().enumerate() {
            of_class[node.class as usize].push(number(position));
        }
        Nodes { nodes, of_class }
    }
}

impl Nodes {
    /// All of them, sorted.
    #[must_use]
    pub fn all(&self) -> &[Node] {
        &self.nodes
    }

    /// The positions of those whose Pods are of a class, sorted.
    #[must_use]
    pub fn of_class(&self, class: ClassId) -> &[u32] {
        &self.of_class[class as usize]
    }
}
