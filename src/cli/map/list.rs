//! A line a pair: `shop/frontend[Deployment] => shop/api[Deployment] : TCP 8080`.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use crate::reach::{Line, Map, MapEnd, Node, PortTable, PortsId};

/// Written at once: a large map is mostly copying, and every call costs.
const CHUNK: usize = 1 << 16;

/// Writes every pair that may speak, sorted. How many there are.
///
/// # Errors
/// When it cannot be written.
pub fn list(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<usize> {
    let mut lines = Lines::default();
    let mut count = 0;
    let mut text = Vec::with_capacity(CHUNK * 2);
    map.for_each(|line, table| {
        count += 1;
        lines.write(line, table, &mut text)?;
        if text.len() >= CHUNK {
            out.write_all(&text)?;
            text.clear();
        }
        Ok::<_, io::Error>(())
    })?;
    out.write_all(&text)?;
    Ok(count)
}

/// The second half of a line is the same for every caller, and is put together once.
#[derive(Default)]
struct Lines {
    /// By set of ports: ` : TCP 8080` with the end of the line.
    ports: Vec<Box<[u8]>>,
    /// By set of ports: the second half of a line, by the called node's place.
    halves: FxHashMap<PortsId, Halves>,
}

/// ` => shop/api[Deployment] : TCP 8080` with the end of the line, of many nodes.
#[derive(Default)]
struct Halves {
    text: Vec<u8>,
    /// By place: from where to where; nothing where it has not been asked for.
    spans: Vec<(usize, usize)>,
}

impl Lines {
    fn write(&mut self, line: Line<'_>, table: &PortTable, text: &mut Vec<u8>) -> io::Result<()> {
        match line.from {
            MapEnd::Node(node) => text.extend_from_slice(node.text.as_bytes()),
            MapEnd::Addresses(_) | MapEnd::IngressController => write!(text, "{}", line.from)?,
        }
        match line.to {
            MapEnd::Node(node) => text.extend_from_slice(self.half(node, line.ports, table)),
            MapEnd::Addresses(_) | MapEnd::IngressController => {
                write!(text, " => {}", line.to)?;
                text.extend_from_slice(self.ports(line.ports, table));
            }
        }
        Ok(())
    }

    fn half(&mut self, node: &Node, ports: PortsId, table: &PortTable) -> &[u8] {
        let place = node.place as usize;
        let known = self.halves.get(&ports).and_then(|halves| halves.spans.get(place)).is_some_and(|(_, end)| *end > 0);
        if !known {
            let tail: Box<[u8]> = self.ports(ports, table).into();
            let halves = self.halves.entry(ports).or_default();
            if halves.spans.len() <= place {
                halves.spans.resize(place + 1, (0, 0));
            }
            let start = halves.text.len();
            halves.text.extend_from_slice(b" => ");
            halves.text.extend_from_slice(node.text.as_bytes());
            halves.text.extend_from_slice(&tail);
            halves.spans[place] = (start, halves.text.len());
        }
        let halves = &self.halves[&ports];
        let (start, end) = halves.spans[place];
        &halves.text[start..end]
    }

    fn ports(&mut self, ports: PortsId, table: &PortTable) -> &[u8] {
        for place in self.ports.len()..=ports.index() {
            let text = table.at(place).map(|set| format!(" : {set}\n"));
            self.ports.push(text.unwrap_or_default().into_bytes().into());
        }
        &self.ports[ports.index()]
    }
}
