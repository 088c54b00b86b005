//! How names are resolved: the cluster's DNS Pods at the ports they really listen on, and caches on the node.

use super::{Allow, service};
use crate::{
    api::Protocol,
    model::{
        Cidr, DnsNeed, Labels, NonEmpty, Peer, Platform, PodMatch, PodsMatch, Port, PortRange, Profile, Resolver,
        Selector,
    },
    observe::{ServiceKind, ServicePortRow, ServiceRow, World},
};

const KUBE_SYSTEM: &str = "kube-system";
const OPENSHIFT_DNS: &str = "openshift-dns";
const DNS: u16 = 53;
/// The address that node-local DNS caches listen on by default (kubernetes/kubernetes, `cluster/addons/dns/nodelocaldns`).
const NODE_LOCAL: &str = "169.254.20.10/32";

/// The DNS that a profile asks for; nothing when it asks for the cluster's and there is none to be found.
/// An empty list when it asks for none.
pub(super) fn dns(profile: &Profile, platform: &Platform, world: &World) -> Option<Vec<Allow>> {
    let own = &profile.identity.namespace;
    match &profile.dns {
        DnsNeed::None => Some(Vec::new()),
        DnsNeed::Explicit(resolvers) => Some(listed(resolvers)),
        DnsNeed::Auto if !platform.dns.resolvers.is_empty() => {
            let mut allows = listed(&platform.dns.resolvers);
            allows.extend(node_local(platform, None, world));
            Some(allows)
        }
        DnsNeed::Auto => {
            let service = cluster_dns(world);
            let mut allows: Vec<_> =
                service.into_iter().flat_map(|(namespace, row)| cluster(namespace, row, own, world)).collect();
            allows.extend(node_local(platform, service.map(|(_, row)| row), world));
            (!allows.is_empty()).then_some(allows)
        }
    }
}

/// UDP and TCP: an answer that does not fit a datagram is asked for again over TCP.
fn both(port: u16) -> NonEmpty<Port> {
    NonEmpty::one(Port::number(Protocol::Udp, port)).and(Port::number(Protocol::Tcp, port))
}

fn allow(peers: NonEmpty<Peer>, ports: NonEmpty<Port>) -> Allow {
    Allow { peers, ports: ports.sorted(), who: "DNS".into(), path: "spec.dns".into() }
}

fn listed(resolvers: &[Resolver]) -> Vec<Allow> {
    resolvers.iter().map(|resolver| allow(NonEmpty::one(resolver.peer.clone()), both(resolver.port))).collect()
}

/// The cluster's DNS Service: the usual label first, then the usual names, then anything in `kube-system` that serves DNS.
fn cluster_dns(world: &World) -> Option<(&'static str, &ServiceRow)> {
    let system: Vec<_> =
        world.services.of(KUBE_SYSTEM).into_iter().filter(|(_, row)| row.ports.iter().any(serves_dns)).collect();
    let labelled = system.iter().find(|(_, row)| row.labels.get("k8s-app").is_some_and(|app| app == "kube-dns"));
    let named = || system.iter().find(|(which, _)| matches!(which.name.as_str(), "kube-dns" | "coredns"));
    let openshift = || {
        let found = world
            .services
            .of(OPENSHIFT_DNS)
            .into_iter()
            .find(|(which, row)| which.name == "dns-default" && row.ports.iter().any(serves_dns));
        found.map(|(_, row)| (OPENSHIFT_DNS, row))
    };
    labelled
        .or_else(named)
        .map(|(_, row)| (KUBE_SYSTEM, *row))
        .or_else(openshift)
        .or_else(|| system.first().map(|(_, row)| (KUBE_SYSTEM, *row)))
}

fn serves_dns(port: &ServicePortRow) -> bool {
    port.port == DNS && port.protocol == Protocol::Udp
}

/// The Pods of the DNS Service. Their labels are the Service's selector, never the Service's own labels.
fn cluster(namespace: &str, row: &ServiceRow, own: &str, world: &World) -> Vec<Allow> {
    match &row.kind {
        ServiceKind::Pods(labels) => {
            let Some(selector) = Selector::of_labels(labels.clone()) else { return Vec::new() };
            // On the host network no selector matches the DNS Pods: a rule for them would allow nothing, and cut DNS.
            let mut pods = world.pods.classes(namespace).filter(|class| selector.matches(&class.labels)).peekable();
            if pods.peek().is_some() && pods.all(|class| class.host_network) {
                return Vec::new();
            }
            let ports = target_ports(namespace, row, labels, world);
            let pods =
                PodsMatch { namespace: service::in_namespace(namespace, own), pods: PodMatch::Selected(selector) };
            vec![allow(NonEmpty::one(Peer::Pods(pods)), ports)]
        }
        ServiceKind::Endpoints | ServiceKind::ExternalName => {
            let addresses = row.cluster_ips.iter().map(|address| service::block(Cidr::of_address(*address))).collect();
            NonEmpty::new(addresses).map(|peers| allow(peers, both(DNS))).into_iter().collect()
        }
    }
}

/// The ports that the DNS Pods listen on: 53, or 5353 where they run without rights. A port that the Service gives by
/// name is looked up on the Pods, because not every data plane resolves names of ports in egress rules.
fn target_ports(namespace: &str, row: &ServiceRow, labels: &Labels, world: &World) -> NonEmpty<Port> {
    let target = |protocol: Protocol| {
        let port = row.ports.iter().find(|port| port.port == DNS && port.protocol == protocol)?;
        let PortRange::Name(name) = &port.target else {
            return Some(Port { protocol, range: port.target.clone() });
        };
        let mut numbers: Vec<_> = world
            .pods
            .classes(namespace)
            .filter(|class| labels.iter().all(|(key, value)| class.labels.get(key) == Some(value)))
            .flat_map(|class| &class.ports)
            .filter(|port| port.name == name.as_str() && port.protocol == protocol)
            .map(|port| port.number)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        match numbers[..] {
            [number] => Some(Port::number(protocol, number)),
            // None is running yet, or they differ: the name is right for each of them.
            _ => Some(Port { protocol, range: port.target.clone() }),
        }
    };
    let udp = target(Protocol::Udp).unwrap_or(Port::number(Protocol::Udp, DNS));
    // A Service that forgot TCP is no reason to: take the number that UDP has.
    let tcp = target(Protocol::Tcp).unwrap_or_else(|| match udp.range {
        PortRange::Numbers(..) => Port { protocol: Protocol::Tcp, range: udp.range.clone() },
        PortRange::Name(_) => Port::number(Protocol::Tcp, DNS),
    });
    NonEmpty::one(udp).and(tcp)
}

/// Caches on the node run on the host network, so no Pod selector matches them: they are allowed by address.
/// In IPVS mode they also answer at the DNS Service's own address.
fn node_local(platform: &Platform, service: Option<&ServiceRow>, world: &World) -> Option<Allow> {
    let mut cidrs = platform.dns.node_local.clone();
    if cidrs.is_empty() {
        let runs = |labels: &Labels| labels.get("k8s-app").is_some_and(|app| app == "node-local-dns");
        if !world.pods.classes(KUBE_SYSTEM).any(|class| runs(&class.labels)) {
            return None;
        }
        cidrs.extend(Cidr::parse(NODE_LOCAL));
    }
    cidrs.extend(service.iter().flat_map(|row| &row.cluster_ips).map(|address| Cidr::of_address(*address)));
    let peers = NonEmpty::new(cidrs.into_iter().map(service::block).collect())?;
    Some(allow(peers.sorted(), both(DNS)))
}
