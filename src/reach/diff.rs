//! What two states of a cluster let pass differently.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{
    AddressSpan, ClassId, Direction, Grain, NodeKey, Nodes, PortSet, PortsId, Reach, Rows, Touched, addresses,
};

/// The other end of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FarEnd {
    /// A workload or a Pod.
    Node(NodeKey),
    /// Addresses outside the cluster.
    Addresses(AddressSpan),
}

/// A pair of ends between which other ports are open than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Who calls.
    pub from: FarEnd,
    /// Who is called.
    pub to: FarEnd,
    /// The ports before.
    pub before: PortSet,
    /// The ports after.
    pub after: PortSet,
}

impl std::fmt::Display for FarEnd {
    /// As `shop/api[Deployment]`, or `addresses 203.0.113.0-203.0.113.255`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Node(key) => key.fmt(f),
            Self::Addresses(AddressSpan::ALL_V4) => f.write_str("any address outside the cluster"),
            Self::Addresses(span) => write!(f, "addresses {span}"),
        }
    }
}

/// In one state and in the other; nothing where it is not there.
type Pair = (Option<ClassId>, Option<ClassId>);

/// All differences between two states, sorted. A node that is in one state only may call nobody in the other.
#[must_use]
pub fn differences(before: &Reach, after: &Reach, grain: Grain) -> Vec<Difference> {
    let nodes = nodes_of_both(before, after, grain);
    let [old, new] = &nodes;
    compare(before, after, [old, new], None)
}

/// The differences to a state that differs from this one by policies alone, in what they touched, and in which classes have the
/// same numbers. `nodes`: who both speak of.
#[must_use]
pub fn differences_touched(before: &Reach, after: &Reach, nodes: &Nodes, touched: &Touched) -> Vec<Difference> {
    compare(before, after, [nodes, nodes], Some(touched))
}

/// Who both states speak of. A workload whose Pods are not alike in one of the states is shown Pod by Pod in both.
pub(super) fn nodes_of_both(before: &Reach, after: &Reach, grain: Grain) -> [Nodes; 2] {
    let split: BTreeSet<_> = before.split_workloads().into_iter().chain(after.split_workloads()).collect();
    [before.nodes_with(grain, &split), after.nodes_with(grain, &split)]
}

/// The differences, sorted. Where it is known what was touched, and classes have the same numbers in both states, only
/// the rows of touched classes are worked out, and those of nodes that are of another class than before.
pub(super) fn compare(
    before: &Reach,
    after: &Reach,
    [old, new]: [&Nodes; 2],
    touched: Option<&Touched>,
) -> Vec<Difference> {
    let mut classes: BTreeMap<&NodeKey, Pair> = BTreeMap::new();
    for node in old.all() {
        classes.entry(&node.key).or_default().0 = Some(node.class);
    }
    for node in new.all() {
        classes.entry(&node.key).or_default().1 = Some(node.class);
    }
    let mut pairs: IndexSet<Pair, FxBuildHasher> = IndexSet::default();
    let mut nodes_of: Vec<Vec<&NodeKey>> = Vec::new();
    for (key, pair) in &classes {
        let (position, new) = pairs.insert_full(*pair);
        if new {
            nodes_of.push(Vec::new());
        }
        nodes_of[position].push(key);
    }
    let is_touched = |direction: Direction| -> Vec<bool> {
        let looked_at = |pair: &Pair| match (touched, pair) {
            (Some(touched), (Some(old), Some(new))) if old == new => touched.has(direction, *old),
            _ => true,
        };
        pairs.iter().map(looked_at).collect()
    };
    let [callers, called] = [is_touched(Direction::Egress), is_touched(Direction::Ingress)];
    let mut both = Both {
        rows: [before.rows(), after.rows()],
        found: [vec![PortsId::NONE; before.classes()], vec![PortsId::NONE; after.classes()]],
        same: FxHashMap::default(),
    };
    let mut differences = Differences { nodes_of: &nodes_of, found: Vec::new() };
    for (position, pair) in pairs.iter().enumerate() {
        if callers[position] {
            for (to, before, after) in both.row(*pair, Direction::Egress, &pairs) {
                differences.add(position, to, (&before, &after));
            }
        }
        // A row of a touched caller holds all that it may call: when every caller is touched, nothing is left here.
        if called[position] && !callers.iter().all(|touched| *touched) {
            for (from, before, after) in both.row(*pair, Direction::Ingress, &pairs) {
                if !callers[from] {
                    differences.add(from, position, (&before, &after));
                }
            }
        }
        for (direction, touched) in [(Direction::Ingress, called[position]), (Direction::Egress, callers[position])] {
            if touched {
                for (span, before, after) in both.addresses(*pair, direction) {
                    differences.add_outside(position, (direction, span), (&before, &after));
                }
            }
        }
    }
    differences.found.sort();
    differences.found
}

struct Differences<'n> {
    nodes_of: &'n [Vec<&'n NodeKey>],
    found: Vec<Difference>,
}

impl Differences<'_> {
    fn add(&mut self, from: usize, to: usize, ports: (&PortSet, &PortSet)) {
        for from in &self.nodes_of[from] {
            for to in self.nodes_of[to].iter().filter(|to| *to != from) {
                self.push(FarEnd::Node((*from).clone()), FarEnd::Node((*to).clone()), ports);
            }
        }
    }

    fn add_outside(&mut self, nodes: usize, (direction, span): (Direction, AddressSpan), ports: (&PortSet, &PortSet)) {
        for node in &self.nodes_of[nodes] {
            let (node, outside) = (FarEnd::Node((*node).clone()), FarEnd::Addresses(span));
            let (from, to) = if direction == Direction::Egress { (node, outside) } else { (outside, node) };
            self.push(from, to, ports);
        }
    }

    fn push(&mut self, from: FarEnd, to: FarEnd, (before, after): (&PortSet, &PortSet)) {
        self.found.push(Difference { from, to, before: before.clone(), after: after.clone() });
    }
}

struct Both<'r> {
    rows: [Rows<'r>; 2],
    found: [Vec<PortsId>; 2],
    /// Numbers of port sets, of the one state and of the other: are they the same set?
    same: FxHashMap<(PortsId, PortsId), bool>,
}

impl Both<'_> {
    /// Egress: whom `pair` may call differently. Ingress: who may call it differently.
    fn row(
        &mut self,
        pair: Pair,
        direction: Direction,
        pairs: &IndexSet<Pair, FxBuildHasher>,
    ) -> Vec<(usize, PortSet, PortSet)> {
        let sources = [pair.0, pair.1];
        for (state, source) in sources.iter().enumerate() {
            if let Some(source) = source {
                for (class, ports) in self.rows[state].of(*source, direction) {
                    self.found[state][*class as usize] = *ports;
                }
            }
        }
        let mut different = Vec::new();
        for (position, to) in pairs.iter().enumerate() {
            let ports = |state: usize, class: Option<ClassId>| {
                class.map_or(PortsId::NONE, |class| self.found[state][class as usize])
            };
            let (before, after) = (ports(0, to.0), ports(1, to.1));
            if (before, after) == (PortsId::NONE, PortsId::NONE) {
                continue;
            }
            let [old, new] = &self.rows;
            let same = self.same.entry((before, after)).or_insert_with(|| old.ports(before) == new.ports(after));
            if !*same {
                different.push((position, old.ports(before).clone(), new.ports(after).clone()));
            }
        }
        for found in &mut self.found {
            found.fill(PortsId::NONE);
        }
        different
    }

    fn addresses(&mut self, class: Pair, direction: Direction) -> Vec<(AddressSpan, PortSet, PortSet)> {
        let mut spans = |state: usize, class: Option<ClassId>| match class {
            Some(class) => {
                let found = self.rows[state].addresses(class, direction);
                found.into_iter().map(|(span, ports)| (span, self.rows[state].ports(ports).clone())).collect()
            }
            None => Vec::new(),
        };
        let (before, after) = (spans(0, class.0), spans(1, class.1));
        let mut different: Vec<(AddressSpan, PortSet, PortSet)> = Vec::new();
        for span in addresses::pieces(before.iter().chain(&after).map(|(span, _)| *span)) {
            let at = |list: &[(AddressSpan, PortSet)]| {
                let found = list.iter().find(|(other, _)| other.contains(span.first));
                found.map(|(_, ports)| ports.clone()).unwrap_or_default()
            };
            let (before, after) = (at(&before), at(&after));
            match different.last_mut() {
                _ if before == after => {}
                Some((last, old, new))
                    if *old == before && *new == after && addresses::after(last.last) == Some(span.first) =>
                {
                    last.last = span.last;
                }
                _ => different.push((span, before, after)),
            }
        }
        different
    }
}
