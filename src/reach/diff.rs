//! What two states of a cluster let pass differently.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{AddressSpan, ClassId, Direction, Grain, NodeKey, PortSet, PortsId, Reach, Rows, addresses};

/// The other end of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// In one state and in the other; nothing where it is not there.
type Pair = (Option<ClassId>, Option<ClassId>);

/// All differences between two states, sorted. A node that is in one state only may call nobody in the other.
#[must_use]
pub fn differences(before: &Reach, after: &Reach, grain: Grain) -> Vec<Difference> {
    // A workload whose Pods are not alike in one of the states is shown Pod by Pod in both.
    let split: BTreeSet<_> = before.split_workloads().into_iter().chain(after.split_workloads()).collect();
    let (old, new) = (before.nodes_with(grain, &split), after.nodes_with(grain, &split));
    let mut classes: BTreeMap<NodeKey, Pair> = BTreeMap::new();
    for node in old.all() {
        classes.entry(node.key.clone()).or_default().0 = Some(node.class);
    }
    for node in new.all() {
        classes.entry(node.key.clone()).or_default().1 = Some(node.class);
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
    let mut both = Both {
        rows: [before.rows(), after.rows()],
        found: [vec![PortsId::NONE; before.classes()], vec![PortsId::NONE; after.classes()]],
        same: FxHashMap::default(),
    };
    let mut differences = Vec::new();
    for (position, from) in pairs.iter().enumerate() {
        for (to, before, after) in both.row(*from, &pairs) {
            for from in &nodes_of[position] {
                for to in nodes_of[to].iter().filter(|to| *to != from) {
                    differences.push(Difference {
                        from: FarEnd::Node((*from).clone()),
                        to: FarEnd::Node((*to).clone()),
                        before: before.clone(),
                        after: after.clone(),
                    });
                }
            }
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            for (span, before, after) in both.addresses(*from, direction) {
                for node in &nodes_of[position] {
                    let (node, outside) = (FarEnd::Node((*node).clone()), FarEnd::Addresses(span));
                    let (from, to) = if direction == Direction::Egress { (node, outside) } else { (outside, node) };
                    differences.push(Difference { from, to, before: before.clone(), after: after.clone() });
                }
            }
        }
    }
    differences.sort();
    differences
}

struct Both<'r> {
    rows: [Rows<'r>; 2],
    found: [Vec<PortsId>; 2],
    /// Numbers of port sets, of the one state and of the other: are they the same set?
    same: FxHashMap<(PortsId, PortsId), bool>,
}

impl Both<'_> {
    fn row(&mut self, from: Pair, pairs: &IndexSet<Pair, FxBuildHasher>) -> Vec<(usize, PortSet, PortSet)> {
        let sources = [from.0, from.1];
        for (state, source) in sources.iter().enumerate() {
            if let Some(source) = source {
                for (class, ports) in self.rows[state].of(*source, Direction::Egress) {
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
