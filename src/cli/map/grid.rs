//! Callers by called, with short texts for ports: what the matrix writes and the picture draws.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Graph;
use crate::{
    api::Protocol,
    reach::{PROTOCOLS, PortSet},
};

/// Longer texts of ports become numbers of the legend.
const LONGEST: usize = 11;

/// A graph as a table.
pub struct Grid<'g> {
    /// The graph.
    pub graph: &'g Graph,
    /// The ends that call, by position.
    pub rows: Vec<usize>,
    /// The ends that are called, by position.
    pub columns: Vec<usize>,
    cells: BTreeMap<(usize, usize), Cell>,
    short: BTreeMap<PortSet, String>,
}

/// What stands where a row and a column meet.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The ports that are certain.
    pub ports: Option<PortSet>,
    /// Of other ports nobody can tell.
    pub unknown: bool,
}

impl<'g> Grid<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        let mut cells: BTreeMap<_, Cell> = BTreeMap::new();
        for edge in &graph.edges {
            cells.entry((edge.from, edge.to)).or_default().ports = Some(edge.ports.clone());
        }
        for edge in &graph.unknown {
            cells.entry((edge.from, edge.to)).or_default().unknown = true;
        }
        let sets: BTreeSet<_> = graph.edges.iter().map(|edge| &edge.ports).collect();
        let mut numbered = 0;
        let short = sets.into_iter().map(|set| {
            let text = short(set);
            let text = if text.len() > LONGEST {
                numbered += 1;
                format!("#{numbered}")
            } else {
                text
            };
            (set.clone(), text)
        });
        let short = short.collect();
        // Every node calls and is called; of the others only those that really do.
        let is_node = |end: &usize| graph.ends[*end].node.is_some();
        let ends = 0..graph.ends.len();
        let rows = ends.clone().filter(|end| is_node(end) || graph.edges.iter().any(|edge| edge.from == *end));
        let columns = ends.filter(|end| is_node(end) || graph.edges.iter().any(|edge| edge.to == *end));
        Self { rows: rows.collect(), columns: columns.collect(), graph, cells, short }
    }

    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.cells.get(&(row, column)).cloned().unwrap_or_default()
    }

    /// Nobody speaks with itself here, and what happens outside the cluster is not in the map. Where nobody leads an ingress
    /// controller, or its labels would matter, the map does not say that it may not call.
    pub fn is_outside_the_map(&self, row: usize, column: usize) -> bool {
        let [from, to] = [row, column].map(|end| &self.graph.ends[end]);
        let is_controller = from.node.is_none() && from.addresses.is_none();
        row == column
            || (from.node.is_none() && to.node.is_none())
            || (is_controller && !self.cells.contains_key(&(row, column)))
    }

    /// What stands in a cell: short, and clear without any colour.
    pub fn text(&self, row: usize, column: usize) -> String {
        if self.is_outside_the_map(row, column) {
            return "-".to_owned();
        }
        let Cell { ports, unknown } = self.cell(row, column);
        let ports = ports.and_then(|ports| self.short.get(&ports).cloned());
        match (ports, unknown) {
            (None, false) => ".".to_owned(),
            (ports, unknown) => format!("{}{}", ports.unwrap_or_default(), if unknown { "?" } else { "" }),
        }
    }

    /// What the texts mean: short text and meaning.
    pub fn legend(&self) -> Vec<(String, String)> {
        let ends = self.graph.ends.iter().filter_map(|end| Some((end.text.clone(), end.meaning.clone()?)));
        let ports = self.short.iter().map(|(set, short)| (short.clone(), set.to_string()));
        let mut lines: Vec<_> = ends.chain(ports).collect();
        lines.push((".".into(), "No Connections".into()));
        lines.push(("-".into(), "not in the map".into()));
        if !self.graph.unknown.is_empty() {
            lines.push(("?".into(), "unknown: one end is on the host network".into()));
        }
        lines
    }
}

/// As `80,443` for TCP, `u53` for UDP, `s7` for SCTP.
fn short(set: &PortSet) -> String {
    if set.is_all() {
        return "all".to_owned();
    }
    let mut parts = Vec::new();
    // TCP first: most ports are, and bear no letter.
    for protocol in [Protocol::Tcp].into_iter().chain(PROTOCOLS.into_iter().filter(|other| *other != Protocol::Tcp)) {
        let letter = match protocol {
            Protocol::Tcp => "",
            Protocol::Udp => "u",
            Protocol::Sctp => "s",
        };
        let spans = set.spans(protocol).iter();
        parts.extend(spans.map(|(first, last)| {
            if first == last { format!("{letter}{first}") } else { format!("{letter}{first}-{last}") }
        }));
    }
    parts.join(",")
}
