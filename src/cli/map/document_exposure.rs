//! What workloads are open to beyond the Pods that exist, as programs read it.

use serde::Serialize;

use super::ports_row::{PortsRow, ports_row};
use crate::reach::{Exposure, NamespacesNamed, Node, Opening, Openness};

/// What one node is open to.
#[derive(Serialize)]
pub struct ExposureRow<'a> {
    node: &'a str,
    ingress: WayRow,
    egress: WayRow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WayRow {
    protected: bool,
    open_to: Vec<OpeningRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpeningRow {
    namespaces: NamespacesRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_labels: Option<String>,
    #[serde(flatten)]
    ports: PortsRow,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    named_ports: Vec<NamedPortRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum NamespacesRow {
    All(bool),
    Name(String),
    Labels(String),
}

#[derive(Serialize)]
struct NamedPortRow {
    protocol: &'static str,
    name: String,
}

impl<'a> ExposureRow<'a> {
    pub fn new(node: &'a Node, exposure: &Exposure) -> Self {
        Self { node: &node.text, ingress: way(&exposure.ingress), egress: way(&exposure.egress) }
    }
}

fn way(openness: &Openness) -> WayRow {
    match openness {
        Openness::HostNetwork | Openness::NotProtected => WayRow { protected: false, open_to: Vec::new() },
        Openness::Protected(openings) => WayRow { protected: true, open_to: openings.iter().map(opening).collect() },
    }
}

fn opening(opening: &Opening) -> OpeningRow {
    let namespaces = match &opening.namespaces {
        NamespacesNamed::All => NamespacesRow::All(true),
        NamespacesNamed::Named(name) => NamespacesRow::Name(name.clone()),
        NamespacesNamed::Labelled(selector) => NamespacesRow::Labels(selector.to_string()),
    };
    let named = opening.ports.names.iter();
    let named =
        named.map(|(protocol, name)| NamedPortRow { protocol: protocol.as_str(), name: name.as_str().to_owned() });
    OpeningRow {
        namespaces,
        pod_labels: opening.pods.as_ref().map(ToString::to_string),
        ports: ports_row(&opening.ports.numbers),
        named_ports: named.collect(),
    }
}
