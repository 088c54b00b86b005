//! Who calls from beyond the app: the ingress controllers and scrapers that the profile or the platform names; where neither does,
//! those that the cluster's own objects tell.
//!
//! Whoever passes for the controller is let in, so nothing counts that a tenant of another namespace can write or choose. The
//! labels of Pods are such, and so are addresses of load balancers: many platforms let whoever makes a Service choose or share
//! one. So a controller or scraper has to be in a namespace that somebody vouches for: the profile's own, one that the platform
//! protects, the one that an `IngressClass` (which is the whole cluster's) was installed from, or that of a Gateway that took the
//! route.

mod controllers;
mod scrapers;

use super::{Allow, Unresolved, service::in_namespace};
use crate::{
    api::Reason,
    model::{Labels, NonEmpty, Peer, Platform, PodMatch, PodsMatch, Port, Profile, Selector, Tier},
    observe::{ServiceKind, ServiceRow, World},
};

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

/// A need of a tier: its ports, its field, who is named for it, and how it is said.
struct Need<'a> {
    ports: &'a NonEmpty<Port>,
    path: String,
    named: &'a [Peer],
    who: &'static str,
    one: &'static str,
    field: &'static str,
    reason: Reason,
}

/// What looking for callers gave.
#[derive(Default)]
struct Search {
    peers: Vec<Peer>,
    /// For each that was found why it is it.
    because: Vec<String>,
    /// What was looked at and does not tell who serves it.
    doubts: Vec<String>,
}

/// Where is looked, and for which tier.
#[derive(Clone, Copy)]
struct Scene<'a> {
    tier: &'a Tier,
    own: &'a str,
    platform: &'a Platform,
    world: &'a World,
}

/// The callers of a tier.
pub(super) fn callers(tier: &Tier, profile: &Profile, (platform, world): (&Platform, &World)) -> Callers {
    let mut callers = Callers::default();
    let scene = Scene { tier, own: &profile.identity.namespace, platform, world };
    if let Some(ports) = &tier.exposed {
        let need = Need {
            ports,
            path: format!("{}.exposed", tier.path),
            named: &profile.ingress_controllers,
            who: "the ingress controller",
            one: "an ingress controller",
            field: "spec.ingressController",
            reason: Reason::IngressControllerNotFound,
        };
        callers.add(&need, || platform.finds_controllers().then(|| scene.controllers()));
    }
    if let Some(ports) = &tier.metrics {
        let need = Need {
            ports,
            path: format!("{}.metrics", tier.path),
            named: &profile.monitoring,
            who: "monitoring",
            one: "a scraper",
            field: "spec.monitoring",
            reason: Reason::MonitoringNotFound,
        };
        callers.add(&need, || platform.finds_scrapers().then(|| scene.scrapers()));
    }
    callers
}

impl Callers {
    /// Explicit peers always win. No rule when nobody was found: an empty list of peers would be everyone.
    fn add(&mut self, need: &Need<'_>, search: impl FnOnce() -> Option<Search>) {
        let Need { ports, path, named, who, one, field, reason } = need;
        let allow =
            |peers: NonEmpty<Peer>| Allow { peers, ports: (*ports).clone(), who: (*who).into(), path: path.clone() };
        if let Some(peers) = NonEmpty::new(named.to_vec()) {
            self.allows.push(allow(peers));
            return;
        }
        let Search { mut peers, because, doubts } = search().unwrap_or_default();
        peers.sort();
        peers.dedup();
        let all: Vec<_> = peers.iter().map(ToString::to_string).collect();
        let admitted = NonEmpty::new(peers);
        let message = match (&admitted, doubts.is_empty()) {
            (Some(_), true) => None,
            (Some(_), false) => Some(format!(
                "{one} was not found for all of it ({}); name all of them in `{field}`: what is named there takes the place of what \
                     was found",
                some_of(doubts, "; ")
            )),
            (None, true) => Some(format!("neither the profile nor the platform names {one}; name it in `{field}`")),
            (None, false) => Some(format!(
                "neither the profile nor the platform names {one}, and none was found ({}); name it in `{field}`",
                some_of(doubts, "; ")
            )),
        };
        if let Some(peers) = admitted {
            self.allows.push(allow(peers));
            self.found.push(format!("{path}: {}, because {}", all.join(" and "), some_of(because, " and ")));
        }
        self.unresolved.extend(message.map(|message| Unresolved { reason: *reason, path: path.clone(), message }));
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
    fn admit(&mut self, (namespace, own): (&str, &str), selector: Selector, because: String) {
        let pods = PodMatch::Selected(selector);
        self.peers.push(Peer::Pods(PodsMatch { namespace: in_namespace(namespace, own), pods }));
        self.because.push(because);
    }

    fn doubt(&mut self, doubt: impl Into<String>) {
        self.doubts.push(doubt.into());
    }

    /// Kinds that may not be listed.
    fn doubt_hidden(&mut self, world: &World, kinds: &[&str]) {
        let hidden = world.callers.hidden().filter(|kind| kinds.contains(kind));
        self.doubts.extend(hidden.map(|kind| format!("the operator may not list objects of kind {kind}")));
    }
}

fn has(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

impl Scene<'_> {
    /// Does a Service lead to the tier? Its Pods tell; where there are none yet, its own selector.
    fn is_before(&self, row: &ServiceRow) -> bool {
        let ServiceKind::Pods(labels) = &row.kind else { return false };
        let mut pods = self.world.pods.classes(self.own).filter(|class| has(&class.labels, labels)).peekable();
        if pods.peek().is_none() {
            return self.tier.selector.matches(labels);
        }
        pods.any(|class| self.tier.selector.matches(&class.labels))
    }

    /// Does somebody vouch for what runs in this namespace, as far as the profile is concerned?
    fn vouched(&self, namespace: &str) -> bool {
        namespace == self.own || self.platform.protects(namespace)
    }
}
