//! Who calls from beyond the app: the ingress controller and the scrapers that the profile or the platform names; where neither
//! does, those that the cluster's own objects tell.
//!
//! Only what a tenant cannot write counts, because whoever passes for the controller is let in: the addresses that controllers
//! publish in the status of Ingresses, Gateways and Services; the `IngressClass`, which is the whole cluster's, with the namespace
//! that Helm installed it from; Pods in the namespace of the Gateway that a route names; Prometheus objects. That a Pod has the
//! labels of a controller says nothing.

use super::{Allow, KNOWN_CONTROLLERS, Unresolved, is_default_backend, service::in_namespace};
use crate::{
    api::Reason,
    model::{Labels, NonEmpty, Peer, Platform, PodMatch, PodsMatch, Port, Profile, Selector, Tier},
    observe::{EntrySource, Monitor, PodClass, Scraper, ServiceKind, ServiceRow, SourceRef, World},
};

/// The label by which controllers mark the Pods that they make for a Gateway (GEP-1762).
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// A sentence holds so many reasons; a tier with hundreds of Ingresses still gets one that can be read.
const MOST: usize = 3;

/// The callers of a tier.
#[derive(Default)]
pub(super) struct Callers {
    pub(super) allows: Vec<Allow>,
    /// Who was found without being named, and why it is they.
    pub(super) found: Vec<String>,
    pub(super) unresolved: Vec<Unresolved>,
}

/// What looking for callers gave.
#[derive(Default)]
struct Search {
    peers: Vec<Peer>,
    /// For each that was found why it is it.
    because: Vec<String>,
    /// What was looked at and did not tell.
    doubts: Vec<String>,
}

/// A need of a tier: its ports, its field, who serves it.
struct Need<'a> {
    ports: &'a NonEmpty<Port>,
    path: String,
    who: &'static str,
    named: &'a [Peer],
}

/// The callers of a tier.
pub(super) fn callers(tier: &Tier, profile: &Profile, (platform, world): (&Platform, &World)) -> Callers {
    let mut callers = Callers::default();
    let own = profile.identity.namespace.as_str();
    if let Some(ports) = &tier.exposed {
        let (path, named) = (format!("{}.exposed", tier.path), profile.ingress_controllers.as_slice());
        let need = Need { ports, path, who: "the ingress controller", named };
        let search = || if platform.finds_controllers() { controllers(tier, own, world) } else { Search::default() };
        callers.add(
            need,
            search,
            (Reason::IngressControllerNotFound, "an ingress controller", "spec.ingressController"),
        );
    }
    if let Some(ports) = &tier.metrics {
        let (path, named) = (format!("{}.metrics", tier.path), profile.monitoring.as_slice());
        let need = Need { ports, path, who: "monitoring", named };
        let search = || if platform.finds_scrapers() { scrapers(tier, own, world) } else { Search::default() };
        callers.add(need, search, (Reason::MonitoringNotFound, "a scraper", "spec.monitoring"));
    }
    callers
}

impl Callers {
    /// Explicit peers always win. Nothing when nobody was found: an empty list of peers would be everyone.
    fn add(
        &mut self,
        Need { ports, path, who, named }: Need<'_>,
        search: impl FnOnce() -> Search,
        (reason, what, field): (Reason, &str, &str),
    ) {
        let allow = |peers: NonEmpty<Peer>| Allow { peers, ports: ports.clone(), who: who.into(), path: path.clone() };
        if let Some(peers) = NonEmpty::new(named.to_vec()) {
            self.allows.push(allow(peers));
            return;
        }
        let Search { mut peers, because, doubts } = search();
        peers.sort();
        peers.dedup();
        let all: Vec<_> = peers.iter().map(ToString::to_string).collect();
        if let Some(peers) = NonEmpty::new(peers) {
            self.allows.push(allow(peers));
            self.found.push(format!("{path}: {}, because {}", all.join(" and "), some_of(because, " and ")));
        } else {
            let looked = if doubts.is_empty() {
                String::new()
            } else {
                format!(", and none was found ({})", some_of(doubts, "; "))
            };
            let message = format!("neither the profile nor the platform names {what}{looked}; name it in `{field}`");
            self.unresolved.push(Unresolved { reason, path, message });
        }
    }
}

fn some_of(mut all: Vec<String>, between: &str) -> String {
    all.sort();
    all.dedup();
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.join(between)
}

impl Search {
    fn found(&mut self, namespace: &str, own: &str, selector: Selector, because: String) {
        let pods = PodMatch::Selected(selector);
        self.peers.push(Peer::Pods(PodsMatch { namespace: in_namespace(namespace, own), pods }));
        self.because.push(because);
    }

    /// Kinds that may not be listed are told where nothing was found without them.
    fn doubt_hidden(&mut self, world: &World, kinds: &[&str]) {
        let hidden = world.callers.hidden().filter(|kind| kinds.contains(kind));
        self.doubts.extend(hidden.map(|kind| format!("the operator may not list objects of kind {kind}")));
    }
}

/// Does a Service lead to the tier? Its Pods tell, and where there are none yet, its own selector.
fn leads_to(row: &ServiceRow, tier: &Tier, own: &str, world: &World) -> bool {
    let ServiceKind::Pods(labels) = &row.kind else { return false };
    tier.selector.matches(labels)
        || world.pods.classes(own).any(|class| tier.selector.matches(&class.labels) && has(&class.labels, labels))
}

fn has(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Who serves the ways in that lead to a tier. Those of its own namespace count: whoever writes there may write the profile too.
fn controllers(tier: &Tier, own: &str, world: &World) -> Search {
    let mut search = Search::default();
    let leads = |entry: &EntrySource| {
        let mut services = entry.services.iter().filter(|service| service.namespace == own);
        services.any(|service| world.services.get(service).is_some_and(|row| leads_to(row, tier, own, world)))
    };
    let mut any = false;
    for (which, entry) in world.callers.entries().filter(|(which, entry)| which.namespace == own && leads(entry)) {
        any = true;
        let found = by_address(&mut search, (which, &entry.addresses), own, world);
        if entry.gateways.is_empty() {
            if !found {
                by_class(&mut search, which, entry, own, world);
            }
            continue;
        }
        for (namespace, name) in &entry.gateways {
            let gateway = SourceRef { kind: "Gateway".into(), namespace: namespace.clone(), name: name.clone() };
            if !by_address(&mut search, (&gateway, world.callers.gateway(namespace, name)), own, world) {
                by_gateway(&mut search, &gateway, own, world);
            }
        }
    }
    if !any {
        search.doubts.push("no Ingress and no route of this namespace leads to the tier".into());
    }
    search.doubt_hidden(world, &["Ingress", "IngressClass", "Gateway", "HTTPRoute", "GRPCRoute"]);
    search
}

/// The Services whose load balancers have an address that is published for a way in: their Pods are where it arrives.
fn by_address(search: &mut Search, (which, addresses): (&SourceRef, &[String]), own: &str, world: &World) -> bool {
    let mut found = false;
    for address in addresses {
        let mut known = false;
        for (service, row) in world.services.all().filter(|(_, row)| row.published.contains(address)) {
            known = true;
            let ServiceKind::Pods(labels) = &row.kind else { continue };
            let title = format!("{which} has the address {address} of Service {}/{}", service.namespace, service.name);
            if on_the_host_network(&service.namespace, labels, world) {
                search
                    .doubts
                    .push(format!("{title}, whose Pods are on the host network, where no selector matches them"));
                continue;
            }
            let Some(selector) = Selector::of_labels(labels.clone()) else { continue };
            search.found(&service.namespace, own, selector, title);
            found = true;
        }
        if !known {
            search.doubts.push(format!("{which} has the address {address}, which is no Service's"));
        }
    }
    if addresses.is_empty() {
        search.doubts.push(format!("{which} has no address"));
    }
    found
}

fn behind<'w>(namespace: &str, labels: &'w Labels, world: &'w World) -> impl Iterator<Item = &'w PodClass> {
    world.pods.classes(namespace).filter(move |class| has(&class.labels, labels))
}

fn on_the_host_network(namespace: &str, labels: &Labels, world: &World) -> bool {
    let mut pods = behind(namespace, labels, world).peekable();
    pods.peek().is_some() && pods.all(|class| class.host_network)
}

/// The controller of the class, by its usual labels, in the namespace that the class was installed from.
fn by_class(search: &mut Search, which: &SourceRef, entry: &EntrySource, own: &str, world: &World) {
    let Some((name, class)) = world.callers.class(entry.class.as_deref()) else {
        let named = entry
            .class
            .as_deref()
            .map_or("names no class".to_owned(), |name| format!("has the unknown class '{name}'"));
        search.doubts.push(format!("{which} {named}"));
        return;
    };
    let Some(namespace) = &class.installed_in else {
        search.doubts.push(format!("IngressClass {name} does not say that Helm installed it"));
        return;
    };
    let known = KNOWN_CONTROLLERS.iter().find(|known| known.controller == class.controller);
    let labels = known.into_iter().flat_map(|known| known.labels).find(|(key, value)| {
        let mut pods = world.pods.classes(namespace);
        pods.any(|class| {
            !class.host_network
                && !is_default_backend(&class.labels)
                && class.labels.get(*key).is_some_and(|own| own == value)
        })
    });
    match labels {
        Some((key, value)) => search.found(
            namespace,
            own,
            Selector::of_label(key, value),
            format!("{which} has the class {name}, which Helm installed from there"),
        ),
        None => search.doubts.push(format!(
            "no Pod of the controller {} of IngressClass {name} was found in namespace {namespace}",
            class.controller
        )),
    }
}

/// The Pods that a controller made for a Gateway, beside it.
fn by_gateway(search: &mut Search, gateway: &SourceRef, own: &str, world: &World) {
    let selector = Selector::of_label(GATEWAY_NAME, &gateway.name);
    let mut pods = world.pods.classes(&gateway.namespace);
    if pods.any(|class| !class.host_network && selector.matches(&class.labels)) {
        search.found(&gateway.namespace, own, selector, format!("they are made for {gateway}"));
    } else {
        search.doubts.push(format!("no Pod beside {gateway} is labelled {selector}"));
    }
}

/// Who scrapes a tier: every Prometheus that reads a monitor which asks for it.
fn scrapers(tier: &Tier, own: &str, world: &World) -> Search {
    let mut search = Search::default();
    let monitors: Vec<_> = world.callers.monitors().filter(|monitor| asks_for(monitor, tier, own, world)).collect();
    for monitor in &monitors {
        let title = format!("{} {}/{}", monitor.kind, monitor.namespace, monitor.name);
        let mut read = false;
        for (which, _) in world.callers.scrapers().filter(|(which, scraper)| reads(which, scraper, monitor, world)) {
            read = true;
            // Prometheus operator v0.92, `pkg/prometheus/labels.go`: what it puts on the Pods of every Prometheus.
            let labels =
                [("app.kubernetes.io/name", "prometheus"), ("operator.prometheus.io/name", which.name.as_str())];
            let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
            let Some(selector) = Selector::of_labels(labels) else { continue };
            search.found(&which.namespace, own, selector, format!("{which} reads {title}"));
        }
        if !read {
            search.doubts.push(format!("no Prometheus reads {title}"));
        }
    }
    if monitors.is_empty() {
        search.doubts.push("no PodMonitor and no ServiceMonitor asks for the tier".into());
    }
    search.doubt_hidden(world, &["PodMonitor", "ServiceMonitor", "Prometheus"]);
    search
}

fn asks_for(monitor: &Monitor, tier: &Tier, own: &str, world: &World) -> bool {
    if !monitor.looks_at(own) {
        return false;
    }
    if monitor.kind == "PodMonitor" {
        let pods = || world.pods.classes(own).filter(|class| tier.selector.matches(&class.labels));
        // Where there are none yet, the labels that they must have tell.
        return pods().any(|class| monitor.selects.matches(&class.labels))
            || (pods().next().is_none() && monitor.selects.matches(tier.selector.labels()));
    }
    let mut services = world.services.of(own).into_iter();
    services.any(|(_, row)| monitor.selects.matches(&row.labels) && leads_to(row, tier, own, world))
}

fn reads(which: &SourceRef, scraper: &Scraper, monitor: &Monitor, world: &World) -> bool {
    let chosen = if monitor.kind == "PodMonitor" { &scraper.pod_monitors } else { &scraper.service_monitors };
    let there = match &chosen.namespaces {
        None => monitor.namespace == which.namespace,
        Some(PodMatch::All) => true,
        Some(PodMatch::Selected(selector)) => {
            world.namespaces.get(&monitor.namespace).is_some_and(|labels| selector.matches(labels))
        }
    };
    there && chosen.monitors.as_ref().is_some_and(|monitors| monitors.matches(&monitor.labels))
}
