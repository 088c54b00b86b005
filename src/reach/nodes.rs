//! Who the map speaks of: workloads, or single Pods.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::{
    Reach,
    population::{ClassId, PodId},
    printable,
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

/// What tells a node from others, in every state of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind, as `Deployment`.
    pub kind: String,
}

/// A workload or a Pod: all its Pods are of one class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// What tells it from others.
    pub key: NodeKey,
    /// The same as text: `shop/api[Deployment]`.
    pub text: Box<str>,
    /// Its place among the nodes of the map.
    pub place: u32,
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

impl std::fmt::Display for NodeKey {
    /// As `shop/api[Deployment]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}[{}]", printable(&self.namespace), printable(&self.name), printable(&self.kind))
    }
}

impl NodeKey {
    /// What it is displayed as, at once as long as it becomes: a large map has many nodes.
    fn text(&self) -> Box<str> {
        let mut text = String::with_capacity(self.namespace.len() + self.name.len() + self.kind.len() + "/[]".len());
        for (part, end) in [(&self.namespace, "/"), (&self.name, "["), (&self.kind, "]")] {
            text += &printable(part);
            text += end;
        }
        text.into()
    }
}

impl Reach {
    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.population.classes.len()
    }

    /// The class of a Pod: two of one class are alike to every policy.
    #[must_use]
    pub fn class_of(&self, pod: PodId) -> ClassId {
        self.population.class(pod)
    }

    /// Who the map speaks of.
    #[must_use]
    pub fn nodes(&self, grain: Grain) -> Nodes {
        self.nodes_with(grain, &self.split_workloads())
    }

    /// The workloads whose Pods are not alike to every policy.
    pub(super) fn split_workloads(&self) -> BTreeSet<NodeKey> {
        let mut class_of = vec![None; self.population.workloads.len()];
        let mut split = BTreeSet::new();
        for pod in self.living() {
            let workload = self.population.pods[pod as usize].workload;
            let class = self.population.class(pod);
            if *class_of[workload as usize].get_or_insert(class) != class {
                split.insert(self.workload_key(workload));
            }
        }
        split
    }

    /// Is this Pod one of the node's?
    #[must_use]
    pub fn is_of(&self, node: &Node, pod: PodId) -> bool {
        let workload = |pod: PodId| self.population.pods[pod as usize].workload;
        pod == node.pod || (workload(pod) == workload(node.pod) && node.pods > 1)
    }

    /// The workload of a node's Pods; the node itself, unless it is one Pod of several.
    #[must_use]
    pub fn workload(&self, node: &Node) -> NodeKey {
        self.workload_key(self.population.pods[node.pod as usize].workload)
    }

    fn workload_key(&self, workload: u32) -> NodeKey {
        let (namespace, kind, name) = self.population.workloads[workload as usize];
        let word = |word: u32| self.population.words.get(word).to_owned();
        NodeKey {
            namespace: word(self.population.namespaces[namespace as usize].name),
            name: word(name),
            kind: word(kind),
        }
    }

    /// Who the map speaks of; Pod by Pod of the workloads in `split`.
    pub(super) fn nodes_with(&self, grain: Grain, split: &BTreeSet<NodeKey>) -> Nodes {
        let population = &self.population;
        let mut whole: FxHashMap<u32, Node> = FxHashMap::default();
        let mut nodes = Vec::new();
        for pod in self.living() {
            let workload = population.pods[pod as usize].workload;
            if let Some(node) = whole.get_mut(&workload) {
                node.pods += 1;
                continue;
            }
            let class = population.class(pod);
            let host_network = population.classes[class as usize].host_network;
            let node = |key: NodeKey| Node { text: key.text(), place: 0, key, class, pod, pods: 1, host_network };
            if grain == Grain::Workloads {
                let key = self.workload_key(workload);
                if !split.contains(&key) {
                    whole.insert(workload, node(key));
                    continue;
                }
            }
            let namespace = &population.namespaces[population.workloads[workload as usize].0 as usize];
            let name = population.pods[pod as usize].name.to_string();
            nodes.push(node(NodeKey {
                namespace: population.words.get(namespace.name).to_owned(),
                name,
                kind: "Pod".to_owned(),
            }));
        }
        nodes.extend(whole.into_values());
        nodes.sort_unstable();
        let mut of_class = vec![Vec::new(); population.classes.len()];
        for (position, node) in nodes.iter_mut().enumerate() {
            node.place = number(position);
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

    /// The position of one of them.
    #[must_use]
    pub fn position(&self, node: &Node) -> Option<usize> {
        self.nodes.binary_search(node).ok()
    }

    /// The node of this key.
    #[must_use]
    pub fn find(&self, key: &NodeKey) -> Option<&Node> {
        self.nodes.binary_search_by(|node| node.key.cmp(key)).ok().map(|position| &self.nodes[position])
    }

    /// The node that a Pod is of.
    #[must_use]
    pub fn of_pod(&self, reach: &Reach, pod: PodId) -> Option<&Node> {
        let same_class = self.of_class(reach.population.class(pod)).iter();
        same_class.map(|position| &self.nodes[*position as usize]).find(|node| reach.is_of(node, pod))
    }

    /// The positions of those whose Pods are of a class, sorted.
    #[must_use]
    pub fn of_class(&self, class: ClassId) -> &[u32] {
        &self.of_class[class as usize]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        observe::Workload,
        reach::{Picture, Pod},
    };

    /// Pods of two workloads, all of one class: no policy looks at them.
    pub(in crate::reach) fn two_workloads() -> Picture {
        let pod = |workload: &str, number: u8| Pod {
            namespace: "shop".into(),
            name: format!("{workload}-{number}"),
            workload: Workload { kind: "Deployment".into(), name: workload.into() },
            ..Pod::default()
        };
        let pods = vec![pod("api", 0), pod("api", 1), pod("web", 0), pod("web", 1), pod("web", 2)];
        Picture { pods, ..Picture::default() }
    }

    #[test]
    fn each_pod_is_of_one_node_and_a_node_counts_its_pods() {
        let reach = Reach::new(&two_workloads());
        let shown =
            |nodes: &Nodes| -> Vec<_> { nodes.all().iter().map(|node| (node.text.to_string(), node.pods)).collect() };
        let node_of = |nodes: &Nodes| {
            [0, 1, 2, 3, 4].map(|pod| nodes.of_pod(&reach, pod).map(|node| node.text.to_string()).unwrap_or_default())
        };
        let (api, web) = ("shop/api[Deployment]", "shop/web[Deployment]");
        let workloads = reach.nodes(Grain::Workloads);
        assert_eq!(shown(&workloads), [(api.to_owned(), 2), (web.to_owned(), 3)]);
        assert_eq!(node_of(&workloads), [api, api, web, web, web]);
        let pods = reach.nodes(Grain::Pods);
        let each = ["api-0", "api-1", "web-0", "web-1", "web-2"].map(|name| format!("shop/{name}[Pod]"));
        assert_eq!(shown(&pods), each.clone().map(|text| (text, 1)));
        assert_eq!(node_of(&pods), each);
    }
}
