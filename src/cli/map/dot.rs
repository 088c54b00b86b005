//! A graph for Graphviz.

use std::io::{self, Write};

use super::graph::Graph;
use crate::reach::printable;

/// Writes the graph. An arrow without a text stands for all connections.
///
/// # Errors
/// When it cannot be written.
pub fn dot(graph: &Graph, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "digraph map {{\n  rankdir=LR;\n  node [shape=box];")?;
    for end in graph.ends.iter().filter(|end| end.node.is_none()) {
        writeln!(out, "  {} [shape=ellipse];", quoted(&end.text))?;
    }
    for (namespace, nodes) in graph.namespaces() {
        writeln!(out, "  subgraph {} {{", quoted(&format!("cluster_{namespace}")))?;
        writeln!(out, "    label={};", quoted(namespace))?;
        for (position, node) in nodes {
            let mut lines = vec![node.key.name.as_str(), &node.key.kind];
            lines.extend(node.host_network.then_some("host network"));
            // `\n` breaks the line; in names the backslash is doubled.
            let lines: Vec<_> = lines.into_iter().map(escaped).collect();
            writeln!(out, "    {} [label=\"{}\"];", quoted(&graph.ends[position].text), lines.join("\\n"))?;
        }
        writeln!(out, "  }}")?;
    }
    for edge in &graph.edges {
        let (from, to) = (quoted(&graph.ends[edge.from].text), quoted(&graph.ends[edge.to].text));
        let label = if edge.ports.is_all() { String::new() } else { format!(" [label=\"{}\"]", edge.ports) };
        writeln!(out, "  {from} -> {to}{label};")?;
    }
    writeln!(out, "}}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('"', "\\\"")
}
