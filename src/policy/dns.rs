//! How names are resolved: the cluster's DNS Pods at the ports they really listen on, and caches on the node.

use super::{Allow, service};
use crate::{
    api::Protocol,
    model::{
        Cidr, DnsNeed, Labels, NonEmpty, Peer, Platform, PodMatch, PodsMatch, Port, PortRange, Profile, Resolver,
        Selector,
    },
    observe::{PodClass, ServiceKind, ServicePortRow, ServiceRow, World},
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
            allows.extend(node_local(platform, &[], world));
            Some(allows)
        }
        DnsNeed::Auto => {
            let (services, mut allows) = cluster_dns(own, world);
            allows.extend(node_local(platform, &services, world));
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

/// A Service that serves DNS: its namespace, its name, and what it says.
type Found<'w> = (&'static str, &'w str, &'w ServiceRow);

/// The Services that serve DNS: those that are known to be the cluster's, in classes of the same standing, best first; and all of
/// `kube-system`.
struct Candidates<'w> {
    known: [Vec<Found<'w>>; 3],
    system: Vec<Found<'w>>,
}

/// Services that are known to be the cluster's DNS and that no rule reaches, because their Pods run on the host network. Where
/// others serve too, their rules are written; but Pods whose nodes name one of these resolve no names any more.
pub(super) fn beyond_reach(profile: &Profile, platform: &Platform, world: &World) -> Vec<String> {
    // A cache on the node answers in their place, and is allowed by its address.
    let cached = || node_local(platform, &[], world).is_some();
    if profile.dns != DnsNeed::Auto || !platform.dns.resolvers.is_empty() || cached() {
        return Vec::new();
    }
    let known = candidates(world).known;
    let beyond = known.iter().flatten().filter(|(namespace, _, row)| on_the_host_network(namespace, row, world));
    let mut names: Vec<_> = beyond.map(|(namespace, name, _)| format!("{namespace}/{name}")).collect();
    names.sort();
    names.dedup();
    names
}

fn candidates(world: &World) -> Candidates<'_> {
    let of = |namespace: &'static str| {
        let all = world.services.of(namespace).into_iter();
        all.filter(|(_, row)| row.ports.iter().any(serves_dns))
            .map(move |(which, row)| (namespace, which.name.as_str(), row))
    };
    let labelled = |(_, _, row): &Found<'_>| row.labels.get("k8s-app").is_some_and(|app| app == "kube-dns");
    Candidates {
        known: [
            of(KUBE_SYSTEM).filter(labelled).collect(),
            of(KUBE_SYSTEM).filter(|(_, name, _)| matches!(*name, "kube-dns" | "coredns")).collect(),
            of(OPENSHIFT_DNS).filter(|(_, name, _)| *name == "dns-default").collect(),
        ],
        system: of(KUBE_SYSTEM).collect(),
    }
}

/// The cluster's DNS Services and what they allow: those with the usual label, else of the usual names, else OpenShift's, else
/// anything in `kube-system` that serves DNS.
///
/// All of the same standing count: which of them a Pod asks is written on its node and not to be seen from here, and leaving
/// one out would cut those that ask it. Services of several tries are returned, because caches answer at the addresses of each.
fn cluster_dns<'w>(own: &str, world: &'w World) -> (Vec<&'w ServiceRow>, Vec<Allow>) {
    let Candidates { known, system } = candidates(world);
    // What is known to be the cluster's DNS and out of reach of any rule is no reason to guess another: the guess would pass
    // for DNS, and the one that is asked would be cut.
    let out_of_reach = known.iter().flatten().any(|(namespace, _, row)| on_the_host_network(namespace, row, world));
    let guessed = if out_of_reach { Vec::new() } else { system };
    let mut tried = Vec::new();
    for class in known.into_iter().chain([guessed]) {
        let mut allows = Vec::new();
        for (namespace, _, row) in class {
            tried.push(row);
            // Several Services often stand for the same Pods, as beside caches on the nodes.
            allows.extend(cluster(namespace, row, own, world).filter(|allow| !allows.contains(allow)));
        }
        if !allows.is_empty() {
            return (tried, allows);
        }
    }
    (tried, Vec::new())
}

fn serves_dns(port: &ServicePortRow) -> bool {
    port.port == DNS && port.protocol == Protocol::Udp
}

/// Do all Pods of this Service run on the host network, where no selector matches them?
fn on_the_host_network(namespace: &str, row: &ServiceRow, world: &World) -> bool {
    let ServiceKind::Pods(labels) = &row.kind else { return false };
    let mut pods = behind(namespace, labels, world).peekable();
    pods.peek().is_some() && pods.all(|class| class.host_network)
}

/// The Pods with these labels, by class.
fn behind<'w>(namespace: &str, labels: &'w Labels, world: &'w World) -> impl Iterator<Item = &'w PodClass> {
    let has = |class: &PodClass| labels.iter().all(|(key, value)| class.labels.get(key) == Some(value));
    world.pods.classes(namespace).filter(move |class| has(class))
}

/// The Pods of a DNS Service. Their labels are the Service's selector, never the Service's own labels.
fn cluster(namespace: &str, row: &ServiceRow, own: &str, world: &World) -> Option<Allow> {
    match &row.kind {
        // A rule for them would allow nothing, and cut DNS.
        ServiceKind::Pods(_) if on_the_host_network(namespace, row, world) => None,
        ServiceKind::Pods(labels) => {
            let selector = Selector::of_labels(labels.clone())?;
            let ports = target_ports(namespace, row, labels, world);
            let pods =
                PodsMatch { namespace: service::in_namespace(namespace, own), pods: PodMatch::Selected(selector) };
            Some(allow(NonEmpty::one(Peer::Pods(pods)), ports))
        }
        ServiceKind::Endpoints | ServiceKind::ExternalName => {
            let addresses = row.cluster_ips.iter().map(|address| service::block(Cidr::of_address(*address))).collect();
            NonEmpty::new(addresses).map(|peers| allow(peers, both(DNS)))
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
        let mut numbers: Vec<_> = behind(namespace, labels, world)
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
/// In IPVS mode they also answer at the DNS Services' own addresses.
fn node_local(platform: &Platform, services: &[&ServiceRow], world: &World) -> Option<Allow> {
    let mut cidrs = platform.dns.node_local.clone();
    if cidrs.is_empty() {
        let runs = |labels: &Labels| labels.get("k8s-app").is_some_and(|app| app == "node-local-dns");
        if !world.pods.classes(KUBE_SYSTEM).any(|class| runs(&class.labels)) {
            return None;
        }
        cidrs.extend(Cidr::parse(NODE_LOCAL));
    }
    cidrs.extend(services.iter().flat_map(|row| &row.cluster_ips).map(|address| Cidr::of_address(*address)));
    let peers = NonEmpty::new(cidrs.into_iter().map(service::block).collect())?;
    Some(allow(peers.sorted(), both(DNS)))
}
