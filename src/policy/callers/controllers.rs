//! Who serves the ways in that lead to a tier.

use super::{Scene, Search, has};
use crate::{
    model::{Labels, Selector, ServiceRef},
    observe::{EntrySource, ServiceKind, ServiceRow, SourceRef},
    policy::{KNOWN_CONTROLLERS, is_default_backend},
};

/// The label by which controllers mark the Pods that they make for a Gateway (GEP-1762).
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// The kinds of ways in that are looked at; the operator watches no others.
const ENTRIES: [&str; 3] = ["Ingress", "HTTPRoute", "GRPCRoute"];

/// Where Pods are that nobody can let in by a selector.
const HIDDEN: &str = "on the host network, where no selector matches them";

/// How many of some Pods are on the host network.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnHost {
    /// There are no such Pods yet.
    NoPods,
    None,
    Some,
    All,
}

/// The Services that publish an address.
type Published<'a> = [(&'a ServiceRef, &'a ServiceRow)];

impl Scene<'_> {
    /// Who serves the ways in that lead to the tier. Those of its own namespace count, with what took them there.
    pub(super) fn controllers(&self) -> Search {
        let mut search = Search::default();
        let mut any = false;
        // A cluster has thousands of Services, of which few publish an address.
        let published: Vec<_> = self.world.services.all().filter(|(_, row)| !row.published.is_empty()).collect();
        for (which, entry) in ENTRIES.iter().flat_map(|kind| self.world.callers.entries_of(kind, self.own)) {
            if self.leads_here(entry) {
                any = true;
                match which.kind.as_str() {
                    "Ingress" => self.of_ingress(&mut search, &published, which, entry),
                    _ => self.of_route(&mut search, &published, which, entry),
                }
            }
        }
        if !any {
            search.doubt("no Ingress and no route of this namespace leads to the tier");
        }
        search.doubt_hidden(self.world, &["Ingress", "IngressClass", "Gateway", "HTTPRoute", "GRPCRoute"]);
        search
    }

    fn leads_here(&self, entry: &EntrySource) -> bool {
        let mut services = entry.services.iter().filter(|service| service.namespace == self.own);
        services.any(|service| self.world.services.get(service).is_some_and(|row| self.is_before(row)))
    }

    /// The controller of the class that an Ingress names: whoever has its address, else the Pods with the controller's labels, in
    /// the namespace that the class was installed from.
    fn of_ingress(&self, search: &mut Search, published: &Published<'_>, which: &SourceRef, entry: &EntrySource) {
        let class = entry.class.as_deref().and_then(|name| Some((name, self.world.callers.class(name)?)));
        let installed_in = class.and_then(|(_, class)| class.installed_in.as_deref());
        let mut doubts = Vec::new();
        if self.by_address(search, &mut doubts, published, (which, &entry.addresses), installed_in) {
            return;
        }
        match (entry.class.as_deref(), class, installed_in) {
            (None, ..) => doubts.push(format!("{which} names no class")),
            (Some(name), None, _) => doubts.push(format!("{which} has the unknown class '{name}'")),
            (_, Some((name, _)), None) => doubts.push(format!("IngressClass {name} was not installed by Helm")),
            (_, Some((name, class)), Some(namespace)) => {
                let known = KNOWN_CONTROLLERS.iter().filter(|known| known.controller == class.controller);
                let labels: Vec<_> = known.flat_map(|known| known.labels).collect();
                if labels.is_empty() {
                    let controller = &class.controller;
                    doubts.push(format!("the controller {controller} of IngressClass {name} is not known here"));
                }
                let (before, mut on_host) = (search.peers.len(), Vec::new());
                for (key, value) in labels {
                    let found = self.on_host(namespace, &[((*key).to_owned(), (*value).to_owned())].into());
                    let how_many = match found {
                        OnHost::NoPods | OnHost::None => None,
                        OnHost::Some => Some("some Pods"),
                        OnHost::All => Some("Pods"),
                    };
                    on_host.extend(
                        how_many.map(|pods| format!("{pods} of IngressClass {name} with {key}={value} are {HIDDEN}")),
                    );
                    if found == OnHost::All {
                        continue;
                    }
                    let because = format!("{which} has the class {name}, which Helm installed from there");
                    search.admit((namespace, self.own), Selector::of_label(key, value), because);
                }
                if search.peers.len() > before {
                    search.doubts.append(&mut on_host);
                    return;
                }
                doubts.append(&mut on_host);
            }
        }
        search.doubts.append(&mut doubts);
    }

    /// Whoever has the address of a Gateway that took the route, else the Pods that were made for it, beside it.
    fn of_route(&self, search: &mut Search, published: &Published<'_>, which: &SourceRef, entry: &EntrySource) {
        for (namespace, name) in &entry.gateways {
            let gateway = SourceRef { kind: "Gateway".into(), namespace: namespace.clone(), name: name.clone() };
            let Some(addresses) = self.world.callers.gateway(namespace, name) else {
                search.doubt(format!("{gateway} does not exist"));
                continue;
            };
            // Cross-namespace references count only where the Gateway allows them, which its controller says here.
            if !entry.taken_by.contains(&(namespace.clone(), name.clone())) {
                search.doubt(format!("{gateway} has not accepted {which}"));
                continue;
            }
            let mut doubts = Vec::new();
            if self.by_address(search, &mut doubts, published, (&gateway, addresses), Some(namespace)) {
                continue;
            }
            let selector = Selector::of_label(GATEWAY_NAME, name);
            let found = self.on_host(namespace, selector.labels());
            match found {
                OnHost::NoPods => doubts.push(format!("no Pod beside {gateway} is labelled {selector}")),
                OnHost::All => doubts.push(format!("the Pods beside {gateway} are {HIDDEN}")),
                OnHost::Some => search.doubt(format!("some of the Pods beside {gateway} are {HIDDEN}")),
                OnHost::None => {}
            }
            if matches!(found, OnHost::Some | OnHost::None) {
                search.admit((namespace, self.own), selector, format!("they are made for {gateway}"));
            } else {
                search.doubts.append(&mut doubts);
            }
        }
        if entry.gateways.is_empty() {
            search.doubt(format!("{which} names no Gateway"));
        }
    }

    /// The Services whose load balancers have an address that is published for a way in: their Pods are where it arrives. False
    /// when there are none that count; `doubts` says why.
    fn by_address(
        &self,
        search: &mut Search,
        doubts: &mut Vec<String>,
        published: &Published<'_>,
        (which, addresses): (&SourceRef, &[String]),
        vouched: Option<&str>,
    ) -> bool {
        let before = search.peers.len();
        if addresses.is_empty() {
            doubts.push(format!("{which} has no address"));
            return false;
        }
        let shares = |row: &ServiceRow| row.published.iter().find(|address| addresses.contains(address)).cloned();
        let mut known = false;
        for (service, row) in published.iter().copied() {
            let Some(address) = shares(row) else { continue };
            known = true;
            let title = format!("{which} has the address {address} of Service {}/{}", service.namespace, service.name);
            let ServiceKind::Pods(labels) = &row.kind else { continue };
            if !self.vouched(&service.namespace) && vouched != Some(service.namespace.as_str()) {
                doubts.push(format!("{title}, whose namespace is not among the platform's `protectedNamespaces`"));
                continue;
            }
            match self.on_host(&service.namespace, labels) {
                OnHost::All => {
                    doubts.push(format!("{title}, whose Pods are {HIDDEN}"));
                    continue;
                }
                // Said even though others are admitted: what comes through these is cut.
                OnHost::Some => search.doubt(format!("{title}, some of whose Pods are {HIDDEN}")),
                OnHost::NoPods | OnHost::None => {}
            }
            if let Some(selector) = Selector::of_labels(labels.clone()) {
                search.admit((&service.namespace, self.own), selector, title);
            }
        }
        if !known {
            doubts.push(format!("{which} has the address {}, which no Service publishes", addresses.join(", ")));
        }
        search.peers.len() > before
    }

    fn on_host(&self, namespace: &str, labels: &Labels) -> OnHost {
        let (mut on_host, mut elsewhere) = (false, false);
        // A page for what nobody serves has the labels of the controller that it is installed with, and calls nobody.
        let with_labels = self.world.pods.classes(namespace).filter(|class| has(&class.labels, labels));
        for class in with_labels.filter(|class| !is_default_backend(&class.labels)) {
            on_host |= class.host_network;
            elsewhere |= !class.host_network;
        }
        match (on_host, elsewhere) {
            (false, false) => OnHost::NoPods,
            (false, true) => OnHost::None,
            (true, true) => OnHost::Some,
            (true, false) => OnHost::All,
        }
    }
}
