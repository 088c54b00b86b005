//! A line a pair: `shop/frontend[Deployment] => shop/api[Deployment] : TCP 8080`.

use std::io::{self, Write};

use super::per_ports::PerPorts;
use crate::reach::{Map, MapEnd};

/// Writes every pair that may speak, sorted. How many there are.
///
/// # Errors
/// When it cannot be written.
pub fn list(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<usize> {
    let mut texts = PerPorts::texts();
    let mut lines = 0;
    map.for_each(|line, table| {
        lines += 1;
        end(line.from, out)?;
        out.write_all(b" => ")?;
        end(line.to, out)?;
        out.write_all(b" : ")?;
        out.write_all(texts.get(line.ports, table))?;
        out.write_all(b"\n")
    })?;
    Ok(lines)
}

fn end(end: MapEnd<'_>, out: &mut impl Write) -> io::Result<()> {
    match end {
        MapEnd::Node(node) => out.write_all(node.text.as_bytes()),
        MapEnd::Addresses(_) | MapEnd::IngressController => write!(out, "{end}"),
    }
}
