//! A line a pair: `shop/frontend[Deployment] => shop/api[Deployment] : TCP 8080`.

use std::io::{self, Write};

use crate::reach::{Map, MapEnd, PortTable, PortsId};

/// Writes every pair that may speak, sorted.
///
/// # Errors
/// When it cannot be written.
pub fn list(map: &mut Map<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut texts = PortTexts::default();
    map.for_each(|line, table| {
        end(line.from, out)?;
        out.write_all(b" => ")?;
        end(line.to, out)?;
        out.write_all(b" : ")?;
        out.write_all(texts.get(line.ports, table))?;
        out.write_all(b"\n")
    })
}

fn end(end: MapEnd<'_>, out: &mut impl Write) -> io::Result<()> {
    match end {
        MapEnd::Node(node) => out.write_all(node.text.as_bytes()),
        MapEnd::Addresses(_) | MapEnd::IngressController => write!(out, "{end}"),
    }
}

/// A map has millions of lines and a few dozen different sets of ports.
#[derive(Default)]
struct PortTexts(Vec<Box<[u8]>>);

impl PortTexts {
    fn get(&mut self, ports: PortsId, table: &PortTable) -> &[u8] {
        let known = self.0.len();
        self.0.extend((known..=ports.index()).filter_map(|place| {
            let text = table.at(place)?.to_string();
            Some(text.into_bytes().into())
        }));
        self.0.get(ports.index()).map_or(b"?", |text| text)
    }
}
