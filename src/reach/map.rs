//! The whole map, line by line, in the order in which it is read.

use std::{fmt, net::IpAddr};

use super::{
    AddressSpan, Chosen, ClassId, Direction, Edge, Grain, Node, Nodes, Picture, PortSet, PortTable, PortsId, Reach,
    Rows,
};

/// One end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapEnd<'m> {
    /// Addresses outside the cluster.
    Addresses(AddressSpan),
    /// A workload or a Pod.
    Node(&'m Node),
    /// Whatever serves the ways in of the cluster: nobody knows its labels, nor its namespace.
    IngressController,
}

/// Who may call whom, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'m> {
    /// Who calls.
    pub from: MapEnd<'m>,
    /// Who is called.
    pub to: MapEnd<'m>,
    /// The called ports, in [`Map::ports`].
    pub ports: PortsId,
}

/// A map of a cluster.
pub struct Map<'r> {
    reach: &'r Reach,
    rows: Rows<'r>,
    nodes: Nodes,
    chosen: Chosen,
    with_v6: bool,
    entrances: Vec<(u32, PortsId)>,
    edges: Vec<Edge>,
}

impl fmt::Display for MapEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(span) => write!(f, "{span}[External]"),
            Self::Node(node) => f.write_str(&node.text),
            Self::IngressController => f.write_str("{ingress-controller}"),
        }
    }
}

impl<'r> Map<'r> {
    /// The map of a state of a cluster.
    #[must_use]
    pub fn new(reach: &'r Reach, picture: &Picture, grain: Grain) -> Self {
        let nodes = reach.nodes(grain);
        let mut map = Self {
            reach,
            rows: reach.rows(),
            nodes,
            chosen: Chosen::default(),
            with_v6: reach.speaks_of_v6() || picture.pods.iter().any(|pod| pod.addresses.iter().any(IpAddr::is_ipv6)),
            entrances: Vec::new(),
            edges: Vec::new(),
        };
        map.entrances = map.find_entrances(picture);
        map
    }

    /// From now on only these lines.
    pub fn choose(&mut self, chosen: Chosen) {
        self.chosen = chosen;
    }

    /// Which lines are wanted.
    #[must_use]
    pub const fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// Who the map speaks of.
    #[must_use]
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// What the numbers of port sets stand for.
    #[must_use]
    pub const fn ports(&self) -> &PortTable {
        self.rows.port_table()
    }

    pub(super) const fn reach(&self) -> &Reach {
        self.reach
    }

    pub(super) fn ports_id(&mut self, ports: PortSet) -> PortsId {
        self.rows.ports_id(ports)
    }

    /// The nodes that ways in lead to, and the ports at which policies let just any Pod call them.
    fn find_entrances(&mut self, picture: &Picture) -> Vec<(u32, PortsId)> {
        let mut ports_of = vec![PortSet::default(); self.nodes.all().len()];
        for entrance in picture.entries.iter().flat_map(|entry| self.reach.entrances(picture, entry)) {
            let ports = entrance.ports.intersection(&self.reach.open_to_any_pod(entrance.pods[0]));
            for node in self.reach.nodes_led_to(&self.nodes, &entrance) {
                let place = node.place as usize;
                ports_of[place] = ports_of[place].union(&ports);
            }
        }
        let found = ports_of.into_iter().enumerate().filter(|(_, ports)| !ports.is_empty());
        found.map(|(node, ports)| (super::words::number(node), self.rows.ports_id(ports))).collect()
    }

    /// Every line that is wanted: addresses first, then nodes by name, then ways in; by who calls, then by who is called.
    ///
    /// # Errors
    /// Whatever `each` answers ends the walk.
    pub fn for_each<E>(&mut self, mut each: impl FnMut(Line<'_>, &PortTable) -> Result<(), E>) -> Result<(), E> {
        let callers = if self.chosen.may_begin(None) { self.callers_outside() } else { Vec::new() };
        for (span, node, ports) in callers {
            if !self.chosen.has(None, Some(node)) {
                continue;
            }
            let to = MapEnd::Node(&self.nodes.all()[node]);
            each(Line { from: MapEnd::Addresses(span), to, ports }, self.rows.port_table())?;
        }
        let mut last: Option<ClassId> = None;
        let mut outside = Vec::new();
        for (position, node) in self.nodes.all().iter().enumerate() {
            if !self.chosen.may_begin(Some(position)) {
                continue;
            }
            // Nodes of one class stand beside each other more often than not.
            if last != Some(node.class) {
                self.rows.edges(node.class, &self.nodes, &mut self.edges);
                outside = self.rows.addresses(node.class, Direction::Egress);
                last = Some(node.class);
            }
            let from = MapEnd::Node(node);
            let to_outside = self.chosen.has(Some(position), None);
            for (span, ports) in outside.iter().filter(|(span, _)| to_outside && (self.with_v6 || span.first.is_ipv4()))
            {
                each(Line { from, to: MapEnd::Addresses(*span), ports: *ports }, self.rows.port_table())?;
            }
            for edge in self.edges.iter().filter(|edge| edge.to as usize != position) {
                if !self.chosen.has(Some(position), Some(edge.to as usize)) {
                    continue;
                }
                let to = MapEnd::Node(&self.nodes.all()[edge.to as usize]);
                each(Line { from, to, ports: edge.ports }, self.rows.port_table())?;
            }
        }
        for (node, ports) in &self.entrances {
            if !self.chosen.has(None, Some(*node as usize)) {
                continue;
            }
            let to = MapEnd::Node(&self.nodes.all()[*node as usize]);
            each(Line { from: MapEnd::IngressController, to, ports: *ports }, self.rows.port_table())?;
        }
        Ok(())
    }

    fn callers_outside(&mut self) -> Vec<(AddressSpan, usize, PortsId)> {
        let mut found = Vec::new();
        for class in 0..super::words::number(self.reach.classes()) {
            if self.nodes.of_class(class).is_empty() {
                continue;
            }
            let spans = self.rows.addresses(class, Direction::Ingress);
            for (span, ports) in spans.into_iter().filter(|(span, _)| self.with_v6 || span.first.is_ipv4()) {
                found.extend(self.nodes.of_class(class).iter().map(|node| (span, *node as usize, ports)));
            }
        }
        found.sort_unstable();
        found
    }
}
