//! Services as destinations.
//!
//! NetworkPolicy names Pod ports: most data planes see a connection after the Service's translation. So a Service
//! becomes its Pod selector at its target ports.

use std::net::IpAddr;

use super::{Allow, Unresolved};
use crate::{
    api::Reason,
    model::{
        Cidr, NamespaceMatch, NonEmpty, Peer, Platform, PodMatch, PodsMatch, Port, PortRange, Selector, ServicePort,
        ServiceRef,
    },
    observe::{ServiceKind, ServicePortRow, ServiceRow, World},
};

/// Where a Service sends to, for policies in the namespace `own`.
pub(super) fn service(
    who: &str,
    path: &str,
    wanted: &ServiceRef,
    ports: Option<&NonEmpty<ServicePort>>,
    own: &str,
    (platform, world): (&Platform, &World),
) -> Result<Vec<Allow>, Unresolved> {
    let fail = |message: String| Unresolved { reason: Reason::ServiceNotFound, path: path.into(), message };
    let title = format!("Service '{}' in namespace '{}'", wanted.name, wanted.namespace);
    let row = world
        .services
        .get(wanted)
        .ok_or_else(|| fail(format!("{title} does not exist; create it or correct `service`")))?;
    let chosen = chosen(row, ports).ok_or_else(|| fail(format!("{title} has no such port; correct `ports`")))?;
    match &row.kind {
        ServiceKind::ExternalName => {
            Err(fail(format!("{title} is a name outside the cluster, which no policy can select; use `cidr`")))
        }
        ServiceKind::Pods(labels) => {
            let selector =
                Selector::of_labels(labels.clone()).ok_or_else(|| fail(format!("{title} selects no Pods")))?;
            let peer = Peer::Pods(PodsMatch {
                namespace: in_namespace(&wanted.namespace, own),
                pods: PodMatch::Selected(selector),
            });
            let ports = chosen.map(|port| Port { protocol: port.protocol, range: port.target.clone() });
            Ok(vec![Allow { peers: NonEmpty::one(peer), ports: ports.sorted(), who: who.into(), path: path.into() }])
        }
        ServiceKind::Endpoints => {
            // Whoever may write EndpointSlices could open any address by them; a `cidr` would be refused there.
            let beyond = |address: &&IpAddr| !platform.allows(&Cidr::of_address(**address));
            if let Some(address) =
                world.endpoints.of(wanted).into_iter().flat_map(|slice| &slice.addresses).find(beyond)
            {
                return Err(fail(format!(
                    "{title} has the endpoint {address}, outside of what the platform allows; ask the platform team for it"
                )));
            }
            let allows = endpoints(who, path, wanted, &chosen, world);
            if allows.is_empty() {
                return Err(fail(format!("{title} has neither a selector nor endpoints; create them or use `cidr`")));
            }
            Ok(allows)
        }
    }
}

/// The namespace as a peer names it.
pub(super) fn in_namespace(namespace: &str, own: &str) -> NamespaceMatch {
    if namespace == own { NamespaceMatch::Own } else { NamespaceMatch::Named(namespace.to_owned()) }
}

fn chosen<'a>(row: &'a ServiceRow, wanted: Option<&NonEmpty<ServicePort>>) -> Option<NonEmpty<&'a ServicePortRow>> {
    let Some(wanted) = wanted else { return NonEmpty::new(row.ports.iter().collect()) };
    let mut chosen = Vec::new();
    for port in wanted {
        let before = chosen.len();
        chosen.extend(row.ports.iter().filter(|row| {
            row.protocol == port.protocol
                && match &port.range {
                    PortRange::Numbers(first, last) => (*first..=*last).contains(&row.port),
                    PortRange::Name(name) => row.name == name.as_str(),
                }
        }));
        // One port that is not there makes the whole statement doubtful: say so instead of allowing the rest.
        if chosen.len() == before {
            return None;
        }
    }
    NonEmpty::new(chosen)
}

/// The addresses that someone listed by hand, a block per address, at the ports of the slice.
fn endpoints(
    who: &str,
    path: &str,
    service: &ServiceRef,
    chosen: &NonEmpty<&ServicePortRow>,
    world: &World,
) -> Vec<Allow> {
    world
        .endpoints
        .of(service)
        .into_iter()
        .filter_map(|slice| {
            let ports = slice
                .ports
                .iter()
                .filter(|port| chosen.iter().any(|row| row.name == port.name && row.protocol == port.protocol))
                .map(|port| Port::number(port.protocol, port.number));
            let peers = slice.addresses.iter().map(|address| block(Cidr::of_address(*address)));
            Some(Allow {
                peers: NonEmpty::new(peers.collect())?.sorted(),
                ports: NonEmpty::new(ports.collect())?.sorted(),
                who: who.into(),
                path: path.into(),
            })
        })
        .collect()
}

pub(super) const fn block(cidr: Cidr) -> Peer {
    Peer::Block { cidr, except: Vec::new() }
}

fn kubernetes() -> ServiceRef {
    ServiceRef { namespace: "default".into(), name: "kubernetes".into() }
}

/// The ports that the API servers themselves listen on; nothing when the cluster publishes none.
///
/// The port of their Service is left out on purpose: Cilium looks after the Service's translation, and that number could be
/// another program's on a node that runs an API server.
pub(super) fn api_server_ports(world: &World) -> Option<NonEmpty<Port>> {
    let endpoints = world.endpoints.of(&kubernetes()).into_iter().filter(|slice| !slice.addresses.is_empty());
    let ports = endpoints.flat_map(|slice| &slice.ports).map(|port| Port::number(port.protocol, port.number));
    NonEmpty::new(ports.collect()).map(NonEmpty::sorted)
}

/// The API server: every address that the cluster publishes for it, and the Service's own, each family.
///
/// Connections go to the Service's address and are filtered after translation, as `endpoint:6443`, by most data
/// planes; before translation by some. Both are the API server, so both are allowed.
pub(super) fn api_server(who: &str, path: &str, world: &World) -> Result<Vec<Allow>, Unresolved> {
    let kubernetes = kubernetes();
    let all = world.endpoints.of(&kubernetes).into_iter().filter_map(|slice| {
        Some((
            NonEmpty::new(slice.addresses.iter().map(|address| block(Cidr::of_address(*address))).collect())?,
            NonEmpty::new(slice.ports.iter().map(|port| Port::number(port.protocol, port.number)).collect())?,
        ))
    });
    let own = world.services.get(&kubernetes).and_then(|row| {
        Some((
            NonEmpty::new(row.cluster_ips.iter().map(|address| block(Cidr::of_address(*address))).collect())?,
            NonEmpty::new(row.ports.iter().map(|port| Port::number(port.protocol, port.port)).collect())?,
        ))
    });
    let allows: Vec<_> = all
        .chain(own)
        .map(|(peers, ports)| Allow {
            peers: peers.sorted(),
            ports: ports.sorted(),
            who: who.into(),
            path: path.into(),
        })
        .collect();
    if allows.is_empty() {
        return Err(Unresolved {
            reason: Reason::ServiceNotFound,
            path: path.into(),
            message: "the cluster publishes no address of its API server; look at Service 'kubernetes' in namespace 'default'".into(),
        });
    }
    Ok(allows)
}
