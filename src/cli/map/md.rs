//! A table of Markdown: for pull requests and wikis.

use std::io::{self, Write};

use super::{parts::parts, per_ports::PerPorts};
use crate::reach::{Map, MapEnd};

/// Writes every pair that may speak, sorted. How many there are.
///
/// # Errors
/// When it cannot be written.
pub fn md(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<usize> {
    let mut texts = PerPorts::texts();
    let mut lines = 0;
    out.write_all(b"| From | To | Ports |\n|---|---|---|\n")?;
    map.for_each(|line, table| {
        lines += 1;
        out.write_all(b"| ")?;
        end(line.from, out)?;
        out.write_all(b" | ")?;
        end(line.to, out)?;
        out.write_all(b" | ")?;
        out.write_all(texts.get(line.ports, table))?;
        out.write_all(b" |\n")
    })?;
    Ok(lines)
}

fn end(end: MapEnd<'_>, out: &mut impl Write) -> io::Result<()> {
    let MapEnd::Node(_) = end else { return write!(out, "{end}") };
    let parts = parts(end);
    // The brackets stand for themselves: no link has this text, because those of names are escaped.
    write!(out, "{}/{}[{}]", escaped(&parts.namespace), escaped(&parts.name), escaped(&parts.kind))
}

/// With a backslash before everything that Markdown would take for a mark.
fn escaped(text: &str) -> String {
    let mark = |c: char| c.is_ascii_punctuation() && !['-', '.', '/', ':', ','].contains(&c);
    text.chars().flat_map(|c| mark(c).then_some('\\').into_iter().chain([c])).collect()
}
