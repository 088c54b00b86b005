//! Ingress returns 502 or 504: the controller's Pods may not call the Pods that it leads to.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Diagnosis, Fix, Scene, Severity, Symptom, callers, scene::found};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    model::ServiceRef,
    observe::{EntrySource, ServiceKind},
    reach::{Direction, End, Entrance, Entry, Outcome, Peer, Pod, PodId, PortSet},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for entry in &scene.setting.picture.entries {
        let of_scope = |entrance: &Entrance| scene.scope.has(&entrance.service.namespace);
        let entrances = scene.setting.reach.entrances(scene.setting.picture, entry);
        let entrances: Vec<_> = entrances.into_iter().filter(of_scope).collect();
        if entrances.iter().any(|entrance| is_isolated(scene, entrance)) {
            all.extend(of_entry(scene, entry, &entrances));
        }
    }
    all.extend(client_addresses(scene));
    all
}

fn is_isolated(scene: &Scene<'_>, entrance: &Entrance) -> bool {
    entrance.pods.iter().any(|pod| scene.is_isolated(*pod, Direction::Ingress))
}

/// A route that belongs to no Gateway is about calls within a mesh.
fn is_about_a_mesh(scene: &Scene<'_>, entry: &Entry) -> bool {
    is_of_a_gateway(entry) && source(scene, entry).is_none_or(|source| source.gateways.is_empty())
}

fn source<'a>(scene: &Scene<'a>, entry: &Entry) -> Option<&'a EntrySource> {
    scene.world.callers.entry(&entry.kind, &entry.namespace, &entry.name)
}

/// Is it a route of the Gateway API? `Route` alone is OpenShift's.
fn is_of_a_gateway(entry: &Entry) -> bool {
    entry.kind.ends_with("Route") && entry.kind != "Route"
}

/// Who serves a way in: of every Gateway of a route, or of the class of an Ingress.
pub(super) fn servers<'a>(scene: &Scene<'a>, entry: &Entry) -> Vec<(PodId, &'a Pod)> {
    let source = source(scene, entry);
    if !is_of_a_gateway(entry) {
        return callers::controllers(scene, source.and_then(|source| source.class.as_deref()));
    }
    let gateways = source.into_iter().flat_map(|source| &source.gateways);
    gateways.flat_map(|(namespace, name)| callers::gateways(scene, (namespace, name))).collect()
}

fn of_entry(scene: &Scene<'_>, entry: &Entry, entrances: &[Entrance]) -> Vec<Diagnosis> {
    let about = format!("{} {}/{}", entry.kind, entry.namespace, entry.name);
    let servers = servers(scene, entry);
    if servers.is_empty() {
        // Where somebody is let in, it may be the controller. Of a Gateway nobody knows what its Pods are called.
        let closed = entrances.iter().find(|entrance| !is_open_to_someone(scene, entrance));
        let Some(closed) = closed.filter(|_| !is_about_a_mesh(scene, entry)) else {
            return Vec::new();
        };
        let fix = Fix::Ask("kubectl get pods -A --show-labels | grep -iE 'ingress|gateway|traefik|envoy'".to_owned());
        let said = format!(
            "it leads through Service {}/{} to Pods whose ingress is isolated, and no Pod of an ingress controller was found that could \
             be asked about",
            closed.service.namespace, closed.service.name
        );
        return vec![found((Symptom::Ingress, Severity::Warning, Reason::IngressControllerNotFound), about, said, fix)];
    }
    let mut all = Vec::new();
    for entrance in entrances {
        let each = servers.iter().map(|server| of_way(scene, &about, *server, entrance));
        let found: Vec<_> = each.collect();
        // Of several controllers one that passes is enough: which of them serves it is not always to be seen.
        if found.iter().all(Option::is_some) {
            all.extend(found.into_iter().flatten().next());
        }
    }
    all
}

fn is_open_to_someone(scene: &Scene<'_>, entrance: &Entrance) -> bool {
    entrance.pods.iter().all(|pod| {
        !scene.is_isolated(*pod, Direction::Ingress)
            || !scene.setting.reach.open_to_someone(*pod).intersection(&entrance.ports).is_empty()
    })
}

fn first_port(ports: &PortSet) -> Option<(Protocol, u16)> {
    [Protocol::Tcp, Protocol::Udp]
        .into_iter()
        .find_map(|protocol| ports.spans(protocol).first().map(|(first, _)| (protocol, *first)))
}

fn of_way(
    scene: &Scene<'_>,
    about: &str,
    (controller, pod): (PodId, &Pod),
    Entrance { pods, ports, service: ServiceRef { namespace, name }, .. }: &Entrance,
) -> Option<Diagnosis> {
    let (to, port) = (*pods.first()?, first_port(ports)?);
    let backend = scene.setting.picture.pods.get(to as usize)?;
    let way = format!(
        "it leads through Service {namespace}/{name} to {} at {} {}",
        name_of_workload(backend),
        port.0.as_str(),
        port.1
    );
    if pod.host_network {
        // Nodes are no Pods: that a block holds their addresses is all that can be asked for.
        let isolated = scene.is_isolated(to, Direction::Ingress) && !lets_in(scene, to, &pod.addresses);
        let said = format!(
            "{way}, and the Pods of the ingress controller ({}) are on the host network, where no selector matches them: on another node \
             than the app they are cut unless its addresses are allowed",
            name_of_workload(pod)
        );
        let fix = Fix::Ask("kubectl get nodes -o wide".to_owned());
        return (isolated && scene.outcome(controller, End::Pod(to), port) == Outcome::Unknown).then(|| {
            found((Symptom::Ingress, Severity::Warning, Reason::IngressControllerOnHostNetwork), about, said, fix)
        });
    }
    (scene.outcome(controller, End::Pod(to), port) == Outcome::Denied).then(|| {
        let by = scene.isolating(to, Direction::Ingress);
        let said = if by.is_empty() {
            let by = scene.isolating(controller, Direction::Egress).join(", ");
            format!(
                "{way}, and the ingress controller ({}) may not call out: its egress is isolated by {by}",
                name_of_workload(pod)
            )
        } else {
            format!(
                "{way}, and no rule of the policies that isolate it ({}) lets in the ingress controller ({})",
                by.join(", "),
                name_of_workload(pod)
            )
        };
        let fix = scene.fix(&name_of(pod), &name_of(backend), port);
        found((Symptom::Ingress, Severity::Error, Reason::IngressBlocked), about, said, fix)
    })
}

/// Does a rule for addresses let in one of these?
fn lets_in(scene: &Scene<'_>, pod: PodId, addresses: &[IpAddr]) -> bool {
    let rules = scene.policies(pod, Direction::Ingress).filter_map(|policy| policy.rules(Direction::Ingress)).flatten();
    rules.flat_map(|rule| rule.peers.listed()).any(|peer| match peer {
        Peer::Block { cidr, .. } => addresses.iter().any(|address| cidr.contains(address)),
        Peer::Pods { .. } => false,
    })
}

/// Blocks of nodes are what one asks for where addresses of clients are lost.
fn holds_a_node(scene: &Scene<'_>, cidr: &IpNet) -> bool {
    let mut on_host = scene.all_pods().filter(|(_, pod)| pod.host_network);
    on_host.any(|(_, pod)| pod.addresses.iter().any(|address| cidr.contains(address)))
}

/// Rules for addresses of clients, behind a Service that replaces them by a node's.
fn client_addresses(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    let replaced = scene
        .details
        .services
        .iter()
        .filter(|(which, details)| !details.keeps_addresses && scene.scope.has(&which.namespace));
    for (which, _) in replaced {
        let Some(row) = scene.setting.picture.services.get(which) else { continue };
        let ServiceKind::Pods(labels) = &row.kind else { continue };
        let first = scene.setting.reach.pods_with(&which.namespace, labels).next();
        let Some(pod) = first else { continue };
        let ServiceRef { namespace, name } = which;
        let rule = scene.policies(pod, Direction::Ingress).find_map(|policy| {
            let rules = policy.rules(Direction::Ingress)?.iter().enumerate();
            let mut blocks = rules.filter_map(|(place, rule)| {
                rule.peers.listed().iter().find_map(|peer| match peer {
                    Peer::Block { cidr, .. } if cidr.prefix_len() > 0 && !holds_a_node(scene, cidr) => {
                        Some((place, *cidr))
                    }
                    _ => None,
                })
            });
            blocks
                .next()
                .map(|(place, cidr)| (format!("{}/{} spec.ingress[{place}]", policy.namespace, policy.name), cidr))
        });
        let Some((rule, cidr)) = rule else { continue };
        all.push(found(
            (Symptom::Ingress, Severity::Warning, Reason::ClientAddressLost),
            format!("{namespace}/svc/{name}"),
            format!(
                "{rule} lets in the addresses {cidr}, and the Service has `externalTrafficPolicy: Cluster`: calls from outside come with \
                 the address of a node"
            ),
            Fix::Command(format!(
                "kubectl patch service {name} -n {namespace} --type merge -p '{{\"spec\":{{\"externalTrafficPolicy\":\"Local\"}}}}'"
            )),
        ));
    }
    all
}
