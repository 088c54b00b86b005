//! The whole map, in the order in which it is read: line by line, or by rows of what several callers share.

use std::{fmt, net::IpAddr};

use super::{
    AddressSpan, Chosen, Direction, Edge, Grain, Node, Nodes, Picture, PortSet, PortTable, PortsId, Reach, Rows,
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

/// Callers that stand beside each other and may all call the same.
#[derive(Clone, Copy, Debug)]
pub struct Row<'m> {
    /// Who calls.
    pub callers: &'m [Node],
    /// The addresses outside the cluster that each of them may call.
    pub outside: &'m [(AddressSpan, PortsId)],
    /// The nodes that each of them may call, by place. A caller can be among them; that edge is not one of its own.
    pub edges: &'m [Edge],
    nodes: &'m [Node],
}

/// A part of a map.
#[derive(Clone, Copy, Debug)]
pub enum Part<'m> {
    /// One line.
    Line(Line<'m>),
    /// All lines of some callers.
    Row(Row<'m>),
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

impl<'m> Row<'m> {
    /// The called node of an edge.
    #[must_use]
    pub fn called(&self, edge: Edge) -> &'m Node {
        &self.nodes[edge.to as usize]
    }

    /// The position among the edges of the one that would lead from a caller to itself.
    #[must_use]
    pub fn own_edge(&self, caller: &Node) -> Option<usize> {
        self.edges.binary_search_by_key(&caller.place, |edge| edge.to).ok()
    }

    fn lines(self, caller: &'m Node) -> impl Iterator<Item = Line<'m>> {
        let from = MapEnd::Node(caller);
        let outside = self.outside.iter();
        let outside = outside.map(move |(span, ports)| Line { from, to: MapEnd::Addresses(*span), ports: *ports });
        let edges = self.edges.iter().filter(|edge| edge.to != caller.place);
        let edges = edges.map(move |edge| Line { from, to: MapEnd::Node(self.called(*edge)), ports: edge.ports });
        outside.chain(edges)
    }
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
        self.for_each_part(|part, table| match part {
            Part::Line(line) => each(line, table),
            Part::Row(row) => {
                row.callers.iter().flat_map(|caller| row.lines(caller)).try_for_each(|line| each(line, table))
            }
        })
    }

    /// The same lines in the same order, those of nodes row by row.
    ///
    /// # Errors
    /// Whatever `each` answers ends the walk.
    pub fn for_each_part<E>(&mut self, mut each: impl FnMut(Part<'_>, &PortTable) -> Result<(), E>) -> Result<(), E> {
        let callers = if self.chosen.may_begin(None) { self.callers_outside() } else { Vec::new() };
        for (span, node, ports) in callers {
            if !self.chosen.has(None, Some(node)) {
                continue;
            }
            let to = MapEnd::Node(&self.nodes.all()[node]);
            each(Part::Line(Line { from: MapEnd::Addresses(span), to, ports }), self.rows.port_table())?;
        }
        let nodes = self.nodes.all();
        let (mut wanted, mut wanted_outside) = (Vec::new(), Vec::new());
        // Nodes of one class stand beside each other more often than not.
        for callers in nodes.chunk_by(|one, other| one.class == other.class) {
            if !callers.iter().any(|caller| self.chosen.may_begin(Some(caller.place as usize))) {
                continue;
            }
            let class = callers[0].class;
            self.rows.edges(class, &self.nodes, &mut self.edges);
            let mut outside = self.rows.addresses(class, Direction::Egress);
            outside.retain(|(span, _)| self.with_v6 || span.first.is_ipv4());
            let table = self.rows.port_table();
            if self.chosen.is_everything() {
                each(Part::Row(Row { callers, outside: &outside, edges: &self.edges, nodes }), table)?;
                continue;
            }
            for caller in callers {
                // What is wanted can differ from caller to caller.
                let has = |to| self.chosen.has(Some(caller.place as usize), to);
                wanted_outside.clear();
                wanted_outside.extend(outside.iter().filter(|_| has(None)));
                wanted.clear();
                wanted.extend(self.edges.iter().filter(|edge| has(Some(edge.to as usize))));
                let callers = std::slice::from_ref(caller);
                each(Part::Row(Row { callers, outside: &wanted_outside, edges: &wanted, nodes }), table)?;
            }
        }
        for (node, ports) in &self.entrances {
            if !self.chosen.has(None, Some(*node as usize)) {
                continue;
            }
            let to = MapEnd::Node(&self.nodes.all()[*node as usize]);
            each(Part::Line(Line { from: MapEnd::IngressController, to, ports: *ports }), self.rows.port_table())?;
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
