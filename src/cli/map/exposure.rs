//! What workloads are open to beyond the Pods that exist, as lines under the list.

use std::io::{self, Write};

use super::Scene;
use crate::reach::{Exposure, NamespacesNamed, Node, Opening, Openness, Ports, exposures, printable};

/// Writes it.
///
/// # Errors
/// When it cannot be written.
pub fn exposure(scene: &Scene<'_, '_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\nBeyond the Pods that exist:\n")?;
    for (node, exposure) in exposures(scene.reach, scene.picture, scene.asked_nodes()) {
        of_node(node, &exposure, out)?;
    }
    Ok(())
}

fn of_node(node: &Node, exposure: &Exposure, out: &mut impl Write) -> io::Result<()> {
    let Exposure { ingress, egress } = exposure;
    let open = match (ingress, egress) {
        (Openness::HostNetwork, _) | (_, Openness::HostNetwork) => {
            Some("ingress, egress (policies do not apply on the host network)")
        }
        (Openness::NotProtected, Openness::NotProtected) => Some("ingress, egress"),
        (Openness::NotProtected, _) => Some("ingress"),
        (_, Openness::NotProtected) => Some("egress"),
        _ => None,
    };
    if let Some(open) = open {
        writeln!(out, "{} not protected: {open}", node.text)?;
    }
    for (openness, arrow) in [(ingress, "<="), (egress, "=>")] {
        let Openness::Protected(openings) = openness else { continue };
        for opening in openings {
            writeln!(out, "{} {arrow} {} : {}", node.text, whom(opening), ports(&opening.ports))?;
        }
    }
    Ok(())
}

fn whom(opening: &Opening) -> String {
    let namespaces = match &opening.namespaces {
        NamespacesNamed::All => "every namespace".to_owned(),
        NamespacesNamed::Named(name) => format!("namespace {name}"),
        NamespacesNamed::Labelled(selector) => format!("namespaces with {selector}"),
    };
    let whom = match &opening.pods {
        None => format!("every Pod of {namespaces}"),
        Some(selector) => format!("Pods with {selector} of {namespaces}"),
    };
    printable(&whom).into_owned()
}

/// As `TCP 80,UDP named dns`.
fn ports(ports: &Ports) -> String {
    let numbers = (!ports.numbers.is_empty()).then(|| ports.numbers.to_string());
    let named = ports.names.iter().map(|(protocol, name)| format!("{} named {}", protocol.as_str(), name.as_str()));
    numbers.into_iter().chain(named).collect::<Vec<_>>().join(",")
}
