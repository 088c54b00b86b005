//! A map that is small enough to be drawn, held in one piece.

use std::collections::BTreeSet;

use crate::reach::{AddressSpan, Line, Map, MapEnd, Node, PortSet, PortTable};

/// Who speaks with whom.
pub struct Graph {
    /// Addresses, then nodes by name, then the ingress controller.
    pub ends: Vec<GraphEnd>,
    /// Who may call whom, by position in `ends`.
    pub edges: Vec<GraphEdge>,
    /// The same for what nobody can tell.
    pub unknown: Vec<GraphEdge>,
}

/// An end, as it is drawn.
pub struct GraphEnd {
    /// As the list writes it.
    pub text: String,
    /// What the text stands for, where it does not say so itself.
    pub meaning: Option<String>,
    /// The first of its addresses outside the cluster; nothing for the others.
    pub addresses: Option<AddressSpan>,
    /// The workload or Pod; nothing for the others.
    pub node: Option<Node>,
}

/// Who may call whom, and where.
pub struct GraphEdge {
    pub from: usize,
    pub to: usize,
    pub ports: PortSet,
}

/// There are more ends than a picture can have.
pub struct TooMany;

/// Sorts as the ends do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Addresses(AddressSpan),
    Node(usize),
    IngressController,
}

type KeyEdge = (Key, Key, PortSet);

impl Graph {
    /// Gathers the lines of a map, and on demand what nobody can tell.
    ///
    /// # Errors
    /// When there are more ends than `most`.
    pub fn collect(map: &mut Map<'_>, most: usize, with_unknown: bool) -> Result<Self, TooMany> {
        let named = (0..map.nodes().all().len()).filter(|node| map.chosen().names(*node));
        let mut keys: BTreeSet<_> = named.map(Key::Node).collect();
        let mut edges: Vec<KeyEdge> = Vec::new();
        let mut doubts: Vec<KeyEdge> = Vec::new();
        // The walk borrows the map, and only the map knows the positions of nodes.
        let nodes = map.nodes().clone();
        let key = |end: MapEnd<'_>| match end {
            MapEnd::Addresses(span) => Some(Key::Addresses(span)),
            MapEnd::Node(node) => nodes.position(node).map(Key::Node),
            MapEnd::IngressController => Some(Key::IngressController),
        };
        let mut take = |line: Line<'_>, table: &PortTable, into: &mut Vec<KeyEdge>| {
            if let Some((from, to)) = key(line.from).zip(key(line.to)) {
                keys.extend([from, to]);
                into.push((from, to, table.get(line.ports).clone()));
            }
            if keys.len() > most { Err(TooMany) } else { Ok(()) }
        };
        map.for_each(|line, table| take(line, table, &mut edges))?;
        if with_unknown {
            map.for_each_unknown(|line, table| take(line, table, &mut doubts))?;
        }
        if keys.len() > most {
            return Err(TooMany);
        }
        let keys: Vec<_> = keys.into_iter().collect();
        let place = |key: &Key| keys.binary_search(key).unwrap_or_default();
        let edge = |(from, to, ports): KeyEdge| GraphEdge { from: place(&from), to: place(&to), ports };
        Ok(Self {
            edges: edges.into_iter().map(edge).collect(),
            unknown: doubts.into_iter().map(edge).collect(),
            ends: keys.iter().map(|key| end(*key, nodes.all())).collect(),
        })
    }

    /// The nodes by namespace, with their positions among the ends.
    pub fn namespaces(&self) -> Vec<(&str, Vec<(usize, &Node)>)> {
        let mut found: Vec<(&str, Vec<(usize, &Node)>)> = Vec::new();
        for (position, node) in self.ends.iter().enumerate().filter_map(|(at, end)| Some((at, end.node.as_ref()?))) {
            match found.last_mut() {
                Some((namespace, nodes)) if *namespace == node.key.namespace => nodes.push((position, node)),
                _ => found.push((&node.key.namespace, vec![(position, node)])),
            }
        }
        found
    }
}

fn end(key: Key, nodes: &[Node]) -> GraphEnd {
    let (text, addresses, node) = match key {
        Key::Addresses(span) => (MapEnd::Addresses(span).to_string(), Some(span), None),
        Key::Node(position) => (nodes[position].text.to_string(), None, Some(nodes[position].clone())),
        Key::IngressController => (MapEnd::IngressController.to_string(), None, None),
    };
    GraphEnd { text, meaning: None, addresses, node }
}
