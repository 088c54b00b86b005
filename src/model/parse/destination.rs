//! Destinations: of tiers, of telemetry, and of the platform.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Collector, peer, port};
use crate::{
    api::{self, rules::text},
    model::{Destination, DestinationKind, NonEmpty, Peer, Port, PortRange, ServicePort, ServiceRef},
};

pub(super) fn list(
    path: &str,
    destinations: &[api::Destination],
    namespace: &str,
    collect: &mut Collector<'_>,
) -> Option<Vec<Destination>> {
    collect.unique(path, ".name", destinations.iter().map(|destination| destination.name.as_str()));
    let parsed: Vec<_> = destinations
        .iter()
        .enumerate()
        .map(|(i, destination)| {
            let path = format!("{path}[{i}]");
            let kind = kind(&path, destination, namespace, collect)?;
            Some(Destination { name: destination.name.clone(), path, kind })
        })
        .collect();
    parsed.into_iter().collect()
}

fn kind(path: &str, to: &api::Destination, namespace: &str, collect: &mut Collector<'_>) -> Option<DestinationKind> {
    if to.cidr.is_none() && !to.except.is_empty() {
        collect.refuse::<()>(path, text::EXCEPT_NEEDS_CIDR);
    }
    let ranges = ports(path, to, collect);
    match (&to.pods, &to.cidr, &to.service, &to.api_server) {
        (Some(pods), None, None, None) => {
            let peer = peer::pods(&format!("{path}.pods"), pods, collect).map(Peer::Pods);
            reach(path, peer, ranges, collect)
        }
        (None, Some(cidr), None, None) => {
            let named = |port: &api::DestinationPort| matches!(port.port, IntOrString::String(_));
            if to.ports.iter().flatten().any(named) {
                collect.refuse::<()>(&format!("{path}.ports"), text::CIDR_PORTS_ARE_NUMBERS);
            }
            let peer = peer::block(path, cidr, &to.except, collect);
            reach(path, peer, ranges, collect)
        }
        (None, None, Some(service), None) => Some(DestinationKind::Service {
            service: ServiceRef {
                namespace: service.namespace.clone().unwrap_or_else(|| namespace.to_owned()),
                name: service.name.clone(),
            },
            ports: ranges?
                .map(|ports| ports.map(|(protocol, range)| ServicePort { protocol: *protocol, range: range.clone() })),
        }),
        (None, None, None, Some(_)) if to.ports.is_some() => collect.refuse(path, text::API_SERVER_TAKES_NO_PORTS),
        (None, None, None, Some(_)) => Some(DestinationKind::ApiServer),
        _ => collect.refuse(path, text::ONE_KIND_OF_DESTINATION),
    }
}

type Ports = NonEmpty<(api::Protocol, PortRange)>;

/// Outer nothing: given up. Inner nothing: left out.
#[allow(clippy::option_option)]
fn ports(path: &str, to: &api::Destination, collect: &mut Collector<'_>) -> Option<Option<Ports>> {
    let Some(ports) = &to.ports else { return Some(None) };
    let parsed: Vec<_> = ports
        .iter()
        .enumerate()
        .map(|(i, port)| {
            let range = port::range(&format!("{path}.ports[{i}]"), &port.port, port.end_port, collect)?;
            Some((port.protocol, range))
        })
        .collect();
    NonEmpty::new(parsed.into_iter().collect::<Option<_>>()?).map(Some)
}

#[allow(clippy::option_option)]
fn reach(
    path: &str,
    peer: Option<Peer>,
    ports: Option<Option<Ports>>,
    collect: &mut Collector<'_>,
) -> Option<DestinationKind> {
    match ports? {
        None => collect.refuse(path, text::DESTINATION_NEEDS_PORTS),
        Some(ports) => Some(DestinationKind::Peer {
            peer: peer?,
            ports: ports.map(|(protocol, range)| Port { protocol: *protocol, range: range.clone() }),
        }),
    }
}
