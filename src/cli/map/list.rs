//! A line a pair: `shop/frontend[Deployment] => shop/api[Deployment] : TCP 8080`.

use std::io::{self, Write};

use super::{block::Block, per_ports::PerPorts};
use crate::reach::{Line, Map, MapEnd, Node, Part, PortTable, PortsId};

/// Writes every pair that may speak, sorted. How many there are.
///
/// # Errors
/// When it cannot be written.
pub fn list(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<usize> {
    let mut halves = Halves::new();
    let mut block = Block::default();
    let mut text = Vec::new();
    let mut count = 0;
    map.for_each_part(|part, table| match part {
        Part::Line(line) => {
            count += 1;
            text.clear();
            halves.line(line, table, &mut text)?;
            out.write_all(&text)
        }
        Part::Row(row) => {
            count += block.write(row, &mut halves, table, out)?;
            Ok(())
        }
    })?;
    Ok(count)
}

/// The second half of a line is the same for every caller, and is put together once: ` => shop/api[Deployment] : TCP 8080`
/// with the end of the line.
pub(super) struct Halves {
    /// ` : TCP 8080` with the end of the line.
    ports: PerPorts<Box<[u8]>>,
    /// By set of ports.
    halves: Vec<HalvesOf>,
}

/// Those of one set of ports.
#[derive(Default)]
struct HalvesOf {
    text: Vec<u8>,
    /// By the called node's place: from where to where; nothing where it has not been asked for.
    spans: Vec<(usize, usize)>,
}

impl Halves {
    fn new() -> Self {
        Self { ports: PerPorts::new(|ports| format!(" : {ports}\n").into_bytes().into()), halves: Vec::new() }
    }

    fn line(&mut self, line: Line<'_>, table: &PortTable, text: &mut Vec<u8>) -> io::Result<()> {
        write!(text, "{}", line.from)?;
        self.second(line.to, line.ports, table, text)
    }

    /// Adds the second half of a line.
    pub(super) fn second(
        &mut self,
        to: MapEnd<'_>,
        ports: PortsId,
        table: &PortTable,
        text: &mut Vec<u8>,
    ) -> io::Result<()> {
        match to {
            MapEnd::Node(node) => text.extend_from_slice(self.of_node(node, ports, table)),
            MapEnd::Addresses(_) | MapEnd::IngressController => {
                write!(text, " => {to}")?;
                text.extend_from_slice(self.ports.get(ports, table));
            }
        }
        Ok(())
    }

    fn of_node(&mut self, node: &Node, ports: PortsId, table: &PortTable) -> &[u8] {
        if self.halves.len() <= ports.index() {
            self.halves.resize_with(ports.index() + 1, HalvesOf::default);
        }
        let HalvesOf { text, spans } = &mut self.halves[ports.index()];
        let place = node.place as usize;
        if spans.len() <= place {
            spans.resize(place + 1, (0, 0));
        }
        if spans[place].1 == 0 {
            let start = text.len();
            text.extend_from_slice(b" => ");
            text.extend_from_slice(node.text.as_bytes());
            text.extend_from_slice(self.ports.get(ports, table));
            spans[place] = (start, text.len());
        }
        let (start, end) = spans[place];
        &text[start..end]
    }
}
