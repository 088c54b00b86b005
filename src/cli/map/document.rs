//! The map for programs. docs/map.md explains it field by field; JSON and YAML are two ways to write it.

use std::{collections::BTreeSet, io};

use serde::Serialize;

use super::{
    Scene,
    document_exposure::ExposureRow,
    per_ports::PerPorts,
    ports_row::{PortsRow, ports_row},
};
use crate::reach::{AddressSpan, Line, Map, MapEnd, NotEvaluated, PortTable, exposures};

/// Changes with every change that a reader of the old form would not understand.
const VERSION: &str = "cli.appnet.dev/v1";

/// Something that is written field by field and, in lists, entry by entry: nothing of the size of the map is ever held.
pub trait Sheet {
    /// A whole field.
    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()>;
    /// A field with a list begins.
    fn list(&mut self, name: &str) -> io::Result<()>;
    /// An entry of the list.
    fn entry(&mut self, value: &impl Serialize) -> io::Result<()>;
    /// The list ends.
    fn end_list(&mut self) -> io::Result<()>;
    /// The document ends.
    fn end(&mut self) -> io::Result<()>;
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeRow<'a> {
    id: &'a str,
    namespace: &'a str,
    name: &'a str,
    kind: &'a str,
    pods: u32,
    host_network: bool,
}

#[derive(Serialize)]
struct AddressRow {
    id: String,
    first: String,
    last: String,
}

#[derive(Serialize)]
struct EdgeRow<'a> {
    from: &'a str,
    to: &'a str,
    #[serde(flatten)]
    ports: &'a PortsRow,
}

#[derive(Serialize)]
struct OtherRow<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

/// Writes the document. How many edges it has.
///
/// # Errors
/// When it cannot be written.
pub fn document(scene: &mut Scene<'_, '_>, sheet: &mut impl Sheet) -> io::Result<usize> {
    sheet.field("apiVersion", &VERSION)?;
    sheet.field("kind", &"Map")?;
    sheet.field("partial", &scene.partial)?;
    sheet.field("notes", &scene.notes)?;
    let others = scene.picture.not_evaluated.iter();
    let others = others.map(|NotEvaluated { kind, namespace, name }| OtherRow { kind, namespace, name });
    sheet.field("notEvaluated", &others.collect::<Vec<_>>())?;
    nodes(scene.map, sheet)?;
    let mut addresses = BTreeSet::new();
    let edges = edges(scene.map, &mut addresses, sheet)?;
    sheet.list("addresses")?;
    for span in addresses {
        let (first, last) = (span.first.to_string(), span.last.to_string());
        sheet.entry(&AddressRow { id: MapEnd::Addresses(span).to_string(), first, last })?;
    }
    sheet.end_list()?;
    unknown(scene.map, sheet)?;
    if scene.exposure {
        sheet.list("exposure")?;
        for (node, exposure) in exposures(scene.reach, scene.picture, scene.asked_nodes()) {
            sheet.entry(&ExposureRow::new(node, &exposure))?;
        }
        sheet.end_list()?;
    }
    sheet.end()?;
    Ok(edges)
}

/// Those that were asked for, and those that edges speak of.
fn nodes(map: &mut Map<'_>, sheet: &mut impl Sheet) -> io::Result<()> {
    let mut shown: Vec<_> = (0..map.nodes().all().len()).map(|node| map.chosen().names(node)).collect();
    // Where all were asked for there is no need to look who speaks.
    if !map.chosen().is_everything() {
        let mut spoken_of = BTreeSet::new();
        let mut note = |line: Line<'_>, _: &PortTable| {
            for end in [line.from, line.to] {
                if let MapEnd::Node(node) = end {
                    spoken_of.insert(node.clone());
                }
            }
            Ok::<_, io::Error>(())
        };
        map.for_each(&mut note)?;
        map.for_each_unknown(&mut note)?;
        for position in spoken_of.iter().filter_map(|node| map.nodes().position(node)) {
            shown[position] = true;
        }
    }
    sheet.list("nodes")?;
    for (node, _) in map.nodes().all().iter().zip(&shown).filter(|(_, shown)| **shown) {
        sheet.entry(&NodeRow {
            id: &node.text,
            namespace: &node.key.namespace,
            name: &node.key.name,
            kind: &node.key.kind,
            pods: node.pods,
            host_network: node.host_network,
        })?;
    }
    sheet.end_list()
}

fn edges(map: &mut Map<'_>, addresses: &mut BTreeSet<AddressSpan>, sheet: &mut impl Sheet) -> io::Result<usize> {
    let (mut edges, mut rows) = (0, PerPorts::new(ports_row));
    sheet.list("edges")?;
    map.for_each(|line, table| {
        edges += 1;
        addresses.extend([line.from, line.to].iter().filter_map(|end| match end {
            MapEnd::Addresses(span) => Some(*span),
            MapEnd::Node(_) | MapEnd::IngressController => None,
        }));
        edge(line, rows.get(line.ports, table), sheet)
    })?;
    sheet.end_list()?;
    Ok(edges)
}

fn unknown(map: &mut Map<'_>, sheet: &mut impl Sheet) -> io::Result<()> {
    let mut rows = PerPorts::new(ports_row);
    sheet.list("unknown")?;
    map.for_each_unknown(|line, table| edge(line, rows.get(line.ports, table), sheet))?;
    sheet.end_list()
}

fn edge(line: Line<'_>, ports: &PortsRow, sheet: &mut impl Sheet) -> io::Result<()> {
    let text = |end: MapEnd<'_>| match end {
        MapEnd::Node(_) => None,
        MapEnd::Addresses(_) | MapEnd::IngressController => Some(end.to_string()),
    };
    let (other_from, other_to) = (text(line.from), text(line.to));
    let id = |end, other| match end {
        MapEnd::Node(node) => &*node.text,
        MapEnd::Addresses(_) | MapEnd::IngressController => other,
    };
    let from = id(line.from, other_from.as_deref().unwrap_or_default());
    let to = id(line.to, other_to.as_deref().unwrap_or_default());
    sheet.entry(&EdgeRow { from, to, ports })
}
