//! Names do not resolve: the most common way in which a first policy breaks an app.

use std::collections::BTreeSet;

use super::{
    Diagnosis, Fix, Scene, Severity, Symptom,
    dns_policies::{labels_of, let_all_ask, let_ask, let_ask_the_usual},
    hosts,
    resolvers::{Caches, caches, is_service, resolvers_of_its_own},
    scene::{found, manifest},
};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    lint,
    model::ServiceRef,
    observe::{Names, ServiceRow},
    reach::{BackendPort, Direction, End, Peer, Peers, Pod, PodId, PodsOf, PortSet, Rule},
};

/// Where resolvers listen, mostly.
pub(super) const DNS: u16 = 53;
/// Answers that do not fit a datagram come over TCP.
pub(super) const BOTH: [Protocol; 2] = [Protocol::Udp, Protocol::Tcp];

/// A Pod that answers for the cluster's DNS, and where.
pub(super) struct Server<'a> {
    id: PodId,
    pub pod: &'a Pod,
    ports: PortSet,
    service: &'a ServiceRef,
    pub row: &'a ServiceRow,
}

impl Server<'_> {
    /// Where it listens. A Service that forgot TCP is taken to mean the number of UDP.
    pub(super) fn port(&self, protocol: Protocol) -> Option<u16> {
        let of = |protocol| self.ports.spans(protocol).first().map(|(first, _)| *first);
        of(protocol).or_else(|| of(Protocol::Udp))
    }
}

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let servers = servers(scene);
    let caches = caches(scene, &servers);
    let mut all = isolated_servers(scene, &servers);
    for (id, pod) in scene.kinds_of_pods() {
        if scene.is_isolated(id, Direction::Egress) {
            all.extend(of_pod(scene, &servers, caches.as_ref(), (id, pod)));
        }
    }
    if servers.is_empty() {
        all.extend(without_servers(scene));
    }
    all
}

/// One Pod of each kind behind the cluster's DNS Services.
fn servers<'a>(scene: &Scene<'a>) -> Vec<Server<'a>> {
    let picture = scene.setting.picture;
    let mut found: Vec<Server<'a>> = Vec::new();
    for (service, row) in picture.dns_services() {
        for (id, ports) in scene.setting.reach.behind(picture, (service, row), &BackendPort::Number(DNS)) {
            let pod = &picture.pods[id as usize];
            let known = found.iter().any(|other| other.pod.labels == pod.labels && other.ports == ports);
            if !pod.host_network && !known {
                found.push(Server { id, pod, ports, service, row });
            }
        }
    }
    found
}

/// The DNS Services, and which of these Pods no policy of theirs keeps from asking one.
pub(super) fn who_may_ask<'a>(
    scene: &Scene<'a>,
    pods: &[(PodId, &'a Pod)],
) -> (BTreeSet<&'a ServiceRef>, Vec<&'a Pod>) {
    let servers = servers(scene);
    let asks = |id: PodId| servers.iter().any(|server| way(scene, id, server) == Way::Open);
    let may_ask = pods.iter().filter(|(id, _)| asks(*id)).map(|(_, pod)| *pod).collect();
    (servers.iter().map(|server| server.service).collect(), may_ask)
}

/// Policies about the DNS Pods themselves cut everyone who asks them.
fn isolated_servers(scene: &Scene<'_>, servers: &[Server<'_>]) -> Vec<Diagnosis> {
    let closed = servers.iter().filter(|server| {
        let open = scene.setting.reach.open_to_any_pod(server.id);
        scene.is_isolated(server.id, Direction::Ingress)
            && BOTH.iter().any(|protocol| server.port(*protocol).is_some_and(|port| !open.contains(*protocol, port)))
    });
    closed
        .map(|server| {
            let policies = scene.isolating(server.id, Direction::Ingress).join(", ");
            found(
                (Symptom::Dns, Severity::Error, Reason::DnsPodsIsolated),
                name_of_workload(server.pod),
                format!(
                    "the Pods that answer for DNS are isolated by {policies}, and not every Pod of the cluster may ask them"
                ),
                manifest(&let_all_ask(scene, server)),
            )
        })
        .collect()
}

fn of_pod(
    scene: &Scene<'_>,
    servers: &[Server<'_>],
    caches: Option<&Caches>,
    (id, pod): (PodId, &Pod),
) -> Vec<Diagnosis> {
    let details = scene.details.pod(&pod.namespace, &pod.name);
    match details.map(|details| &details.names) {
        // The usual resolver, with other settings.
        Some(Names::These(resolvers)) if resolvers.iter().any(|address| is_service(scene, *address)) => {}
        Some(Names::These(resolvers)) => return resolvers_of_its_own(scene, (id, pod), resolvers, "None"),
        Some(Names::Node(resolvers)) => return resolvers_of_its_own(scene, (id, pod), resolvers, "Default"),
        Some(Names::Cluster) | None => {}
    }
    let mut all = Vec::new();
    let blocked: Vec<_> = servers.iter().map(|server| (server, way(scene, id, server))).collect();
    // Which of several DNS Services a Pod asks is written on its node. One that answers is enough to be silent.
    if !blocked.iter().any(|(_, way)| *way == Way::Open)
        && let Some((server, way)) = blocked.iter().min_by_key(|(_, way)| *way)
    {
        all.extend(diagnosis(scene, (id, pod), server, *way));
    }
    all.extend(caches.and_then(|caches| caches.blocked(scene, (id, pod))));
    all
}

/// How far the way to a server is open; the nearer to open the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Open,
    OverUdpOnly,
    Closed,
}

fn way(scene: &Scene<'_>, id: PodId, server: &Server<'_>) -> Way {
    let passes = |protocol: Protocol| {
        server.port(protocol).is_some_and(|port| scene.may_leave(id, End::Pod(server.id), (protocol, port)))
    };
    match BOTH.map(passes) {
        [true, true] => Way::Open,
        [true, false] => Way::OverUdpOnly,
        [false, _] => Way::Closed,
    }
}

fn diagnosis(scene: &Scene<'_>, (id, pod): (PodId, &Pod), server: &Server<'_>, way: Way) -> Option<Diagnosis> {
    let ServiceRef { namespace, name } = server.service;
    let udp = server.port(Protocol::Udp).unwrap_or(DNS);
    let (severity, code, said) = match way {
        Way::Open => return None,
        Way::OverUdpOnly => (
            Severity::Warning,
            Reason::DnsOverUdpOnly,
            format!(
                "policies let the Pods ask DNS (Service {namespace}/{name}) over UDP only: answers that do not fit a datagram come \
                 over TCP, and are lost"
            ),
        ),
        Way::Closed => {
            let (code, why) = why(scene, id, server, udp);
            (Severity::Error, code, why)
        }
    };
    let fix = if scene.in_profile(&pod.namespace) {
        let protocol = if way == Way::OverUdpOnly { Protocol::Tcp } else { Protocol::Udp };
        scene.fix(&name_of(pod), &format!("{namespace}/svc/{name}"), (protocol, DNS))
    } else {
        manifest(&let_ask(scene, server, pod))
    };
    let said = format!("{said}{}", hosts::beside(scene, pod));
    Some(found((Symptom::Dns, severity, code), name_of_workload(pod), said, fix))
}

/// Why a Pod may not ask: the rule that nearly lets it.
fn why(scene: &Scene<'_>, id: PodId, server: &Server<'_>, udp: u16) -> (Reason, String) {
    let isolating = scene.isolating(id, Direction::Egress).join(", ");
    let picture = scene.setting.picture;
    let rules: Vec<(String, &Rule)> = scene
        .policies(id, Direction::Egress)
        .flat_map(|policy| {
            let name = format!("{}/{}", policy.namespace, policy.name);
            let rules = policy.rules(Direction::Egress).unwrap_or_default().iter().enumerate();
            rules.map(move |(place, rule)| (format!("{name} spec.egress[{place}]"), rule))
        })
        .collect();
    // A rule for all ports is about something else.
    let has = |rule: &Rule, port| !rule.ports.numbers.is_all() && rule.ports.numbers.contains(Protocol::Udp, port);
    let about_server = |rule: &&(String, &Rule)| {
        let own = &picture.pods[id as usize].namespace;
        let matches = |peer: &Peer| lint::peer_matches(picture, peer, own, server.pod);
        rule.1.peers == Peers::Any || rule.1.peers.listed().iter().any(matches)
    };
    if let Some((rule, _)) = rules.iter().find(|rule| about_server(rule) && has(rule.1, DNS) && udp != DNS) {
        let said = format!(
            "{rule} lets the Pods ask DNS at port {DNS}, and the DNS Pods listen on {udp}: policies are about the Pods' port"
        );
        return (Reason::DnsPortWrong, said);
    }
    let selects = |rule: &Rule| {
        rule.peers.listed().iter().find_map(|peer| match peer {
            Peer::Pods { pods: PodsOf::Selected(selector), namespaces } => {
                // Whoever asks for the DNS Pods' namespace, or for their labels, means them. Another resolver is another matter.
                let anywhere = Peer::Pods { namespaces: namespaces.clone(), pods: PodsOf::All };
                let own = &picture.pods[id as usize].namespace;
                let meant =
                    lint::peer_matches(picture, &anywhere, own, server.pod) || selector.matches(&server.pod.labels);
                meant.then(|| selector.clone())
            }
            _ => None,
        })
    };
    if let Some((rule, selector)) = rules
        .iter()
        .filter(|(_, rule)| has(rule, udp) || has(rule, DNS))
        .find_map(|(name, rule)| Some((name, selects(rule)?)))
    {
        let of_service = selector.labels().iter().all(|(key, value)| server.row.labels.get(key) == Some(value));
        let why = if of_service && !selector.labels().is_empty() {
            "are labels of the DNS Service, not of its Pods"
        } else {
            "no DNS Pod has in that namespace"
        };
        let has: Vec<_> = labels_of(server).iter().map(|(key, value)| format!("{key}={value}")).collect();
        let said = format!(
            "{rule} lets the Pods ask Pods with {selector}, which {why}; those of DNS are in namespace '{}' and have {}",
            server.pod.namespace,
            has.join(",")
        );
        return (Reason::DnsLabelsWrong, said);
    }
    (
        Reason::DnsBlocked,
        format!("the Pods' egress is isolated by {isolating}, and no rule lets them ask DNS at UDP and TCP {udp}"),
    )
}

/// Where the cluster's DNS was not read, all that can be said is whether any rule is about DNS at all.
fn without_servers(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let remarks = lint::dns(&lint::Scene::new(picture, scene.whole)).into_iter();
    let in_scope = remarks.filter(|remark| scene.scope.has(&remark.namespace));
    in_scope
        .map(|remark| {
            let severity = if remark.reason == Reason::DnsBlocked { Severity::Error } else { Severity::Warning };
            let subject =
                picture.policies.iter().find(|one| (&one.namespace, &one.name) == (&remark.namespace, &remark.name));
            let selects = |pod: &Pod| {
                subject.is_some_and(|one| one.namespace == pod.namespace && lint::matches(&one.subject, &pod.labels))
            };
            let kinds = scene.kinds_of_all_pods().into_iter();
            let pod = kinds.map(|(_, pod)| pod).find(|pod| !pod.host_network && selects(pod));
            let about = format!("policy {}/{}", remark.namespace, remark.name);
            let fix = pod.map_or(Fix::Do(remark.advice), |pod| manifest(&let_ask_the_usual(scene, pod)));
            found((Symptom::Dns, severity, remark.reason), about, remark.found, fix)
        })
        .collect()
}
