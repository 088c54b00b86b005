//! Addresses of a table: every address stands in one row and in one column.
//!
//! In the list a block may lie inside another one. In a table that would be two columns that speak of the same addresses,
//! and a cell of the smaller one that says "no" where the larger one says "yes".

use std::collections::BTreeMap;

use super::graph::{Graph, GraphEdge, GraphEnd};
use crate::reach::{AddressSet, AddressSpan, PortSet, pieces};

/// What some addresses may call, and by whom they are called: by whether they call, and by the other end.
type Says = BTreeMap<(bool, usize), PortSet>;

impl Graph {
    /// The same with addresses that do not overlap; those of which the same is known are one end.
    pub fn disjoint(self) -> Self {
        let (outside, inside): (Vec<_>, Vec<_>) =
            (0..self.ends.len()).partition(|end| self.ends[*end].addresses.is_some());
        let spans = || outside.iter().filter_map(|end| Some((*end, self.ends[*end].addresses?)));
        let mut says: BTreeMap<usize, Says> = BTreeMap::new();
        for edge in &self.edges {
            says.entry(edge.from).or_default().insert((true, edge.to), edge.ports.clone());
            says.entry(edge.to).or_default().insert((false, edge.from), edge.ports.clone());
        }
        let mut groups: BTreeMap<Says, Vec<AddressSpan>> = BTreeMap::new();
        for piece in pieces(spans().map(|(_, span)| span)) {
            let mut all = Says::new();
            for (end, _) in spans().filter(|(_, span)| span.contains(piece.first)) {
                for (other, ports) in says.get(&end).into_iter().flatten() {
                    all.entry(*other).and_modify(|known| *known = known.union(ports)).or_insert_with(|| ports.clone());
                }
            }
            groups.entry(all).or_default().push(piece);
        }
        let mut groups: Vec<_> = groups.into_iter().map(|(says, spans)| (AddressSet::of(spans), says)).collect();
        groups.sort();
        // Addresses come first; what is inside moves up or down by as many as there are more or fewer of them.
        let place = |end: usize| groups.len() + inside.partition_point(|other| *other < end);
        let moved =
            |edge: &GraphEdge| GraphEdge { from: place(edge.from), to: place(edge.to), ports: edge.ports.clone() };
        let is_inside = |edge: &&GraphEdge| inside.contains(&edge.from) && inside.contains(&edge.to);
        let mut edges: Vec<_> = self.edges.iter().filter(is_inside).map(moved).collect();
        for (group, (_, says)) in groups.iter().enumerate() {
            edges.extend(says.iter().map(|((calls, other), ports)| {
                let (from, to) = if *calls { (group, place(*other)) } else { (place(*other), group) };
                GraphEdge { from, to, ports: ports.clone() }
            }));
        }
        let unknown = self.unknown.iter().map(moved).collect();
        let mut ends: Vec<_> = groups.iter().map(|(spans, _)| end(spans)).collect();
        ends.extend(self.ends.into_iter().filter(|end| end.addresses.is_none()));
        Self { ends, edges, unknown }
    }
}

/// Many addresses have a short name, which the legend explains.
fn end(addresses: &AddressSet) -> GraphEnd {
    let spans: Vec<_> = addresses.spans().iter().map(ToString::to_string).collect();
    let (text, meaning) = match &spans[..] {
        [first, _, ..] => (format!("{first} +{}[External]", spans.len() - 1), Some(spans.join(", "))),
        one => (format!("{}[External]", one.concat()), None),
    };
    GraphEnd { text, meaning, addresses: addresses.spans().first().copied(), node: None }
}
