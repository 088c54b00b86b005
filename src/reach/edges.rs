//! The map, edge by edge, in the order in which it is read.

use super::{ClassId, Direction, Nodes, PortsId, Rows};

/// Whom a node may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The called node's position in [`Nodes::all`].
    pub to: u32,
    /// The ports.
    pub ports: PortsId,
}

/// Where one in so many nodes is called, going through all of them is faster than sorting.
const DENSE: usize = 16;

impl Rows<'_> {
    /// Whom the Pods of a class may call, node by node, in the order of the nodes. The nodes of the class itself are among
    /// them: a node's edge to itself is for the caller to leave out.
    pub fn edges(&mut self, class: ClassId, nodes: &Nodes, edges: &mut Vec<Edge>) {
        edges.clear();
        for (class, ports) in self.of(class, Direction::Egress) {
            edges.extend(nodes.of_class(*class).iter().map(|node| Edge { to: *node, ports: *ports }));
        }
        // Classes are numbered as their Pods came, which in a dump is the order of the nodes or close to it.
        if !edges.is_sorted_by_key(|edge| edge.to) {
            sort(edges, nodes.all().len());
        }
    }
}

/// Sorts edges to so many nodes.
fn sort(edges: &mut Vec<Edge>, nodes: usize) {
    if edges.len() * DENSE < nodes {
        edges.sort_unstable_by_key(|edge| edge.to);
        return;
    }
    let mut ports = vec![PortsId::NONE; nodes];
    for edge in edges.drain(..) {
        ports[edge.to as usize] = edge.ports;
    }
    let called = (0..).zip(ports).filter(|(_, ports)| *ports != PortsId::NONE);
    edges.extend(called.map(|(to, ports)| Edge { to, ports }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::Protocol,
        reach::{PortSet, PortTable},
    };

    #[test]
    fn few_edges_and_many_come_in_the_order_of_the_nodes() {
        let mut table = PortTable::default();
        let nodes = 1001;
        for count in [3, 62, 63, 500] {
            // 37 and 1001 have no divisor in common, so that each place comes once.
            let mut edge = |place: u16| Edge {
                to: 1000 - u32::from(place) * 37 % 1001,
                ports: table.id(PortSet::span(Protocol::Tcp, 80, 80 + place % 5)),
            };
            let mut edges: Vec<_> = (0..count).map(&mut edge).collect();
            let mut expected = edges.clone();
            expected.sort_by_key(|edge| edge.to);
            assert_ne!(edges, expected);
            sort(&mut edges, nodes);
            assert_eq!(edges, expected, "{count}");
        }
    }
}
