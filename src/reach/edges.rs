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

impl Rows<'_> {
    /// Whom the Pods of a class may call, node by node, in the order of the nodes. The nodes of the class itself are among
    /// them: a node's edge to itself is for the caller to leave out.
    pub fn edges(&mut self, class: ClassId, nodes: &Nodes, edges: &mut Vec<Edge>) {
        edges.clear();
        for (class, ports) in self.of(class, Direction::Egress) {
            edges.extend(nodes.of_class(*class).iter().map(|node| Edge { to: *node, ports: *ports }));
        }
        edges.sort_unstable_by_key(|edge| edge.to);
    }
}
