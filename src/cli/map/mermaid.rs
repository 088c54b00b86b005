//! A flow chart of Mermaid: GitHub and GitLab draw it in Markdown.

use std::io::{self, Write};

use super::graph::Graph;
use crate::reach::{Node, printable};

/// Mermaid draws no more, unless it is configured to.
pub const MOST_EDGES: usize = 500;

/// Writes the graph. An arrow without a text stands for all connections.
///
/// # Errors
/// When it cannot be written.
pub fn mermaid(graph: &Graph, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (position, end) in graph.ends.iter().enumerate().filter(|(_, end)| end.node.is_none()) {
        // Round: it is not in the cluster, or nobody knows where it is.
        writeln!(out, "  n{position}([\"{}\"])", escaped(&end.text))?;
    }
    for (number, (namespace, nodes)) in graph.namespaces().into_iter().enumerate() {
        writeln!(out, "  subgraph s{number}[\"{}\"]", escaped(namespace))?;
        for (position, node) in nodes {
            writeln!(out, "    n{position}[\"{}\"]", label(node))?;
        }
        writeln!(out, "  end")?;
    }
    for edge in &graph.edges {
        let arrow = if edge.ports.is_all() { "-->".into() } else { format!("-->|\"{}\"|", edge.ports) };
        writeln!(out, "  n{} {arrow} n{}", edge.from, edge.to)?;
    }
    Ok(())
}

fn label(node: &Node) -> String {
    let host = if node.host_network { "<br/>host network" } else { "" };
    format!("{}<br/>{}{host}", escaped(&node.key.name), escaped(&node.key.kind))
}

/// With everything that Mermaid or HTML would take for a mark written as a number.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for c in printable(text).chars() {
        if c.is_ascii_punctuation() && !['-', '.', '/', ':', '_'].contains(&c) {
            shown.extend(["#", &u32::from(c).to_string(), ";"]);
        } else {
            shown.push(c);
        }
    }
    shown
}
