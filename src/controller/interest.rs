//! Which profiles care about a change of the picture.

use kube::ResourceExt;

use crate::{
    api::{AppNetworkProfile, AppNetworkProfileSpec, Destination, DnsMode, PlatformPeer, PodsPeer},
    cluster::Touched,
    model::{DNS_NAMESPACES, Platform},
};

/// Could this change alter what the profile's policies or status say? Saying yes too often costs a look, saying no too
/// often a stale status.
#[must_use]
pub fn interested(profile: &AppNetworkProfile, platform: &Platform, touched: &Touched) -> bool {
    let own = profile.metadata.namespace.as_deref().unwrap_or_default();
    let spec = &profile.spec;
    match touched {
        Touched::Policies(namespace) => *namespace == own,
        Touched::Written { namespace, by } => *namespace == own && profile.uid().as_ref() != Some(by),
        // Ways in of other namespaces lead elsewhere.
        Touched::Callers(Some(namespace)) if *namespace != own => false,
        Touched::Callers(_) => looks_for_callers(spec, platform),
        // The addresses of load balancers tell controllers; the profile's own Services tell what leads to its tiers.
        Touched::Publisher(_) if looks_for_callers(spec, platform) => true,
        Touched::Service(service) if service.namespace == own && looks_for_callers(spec, platform) => true,
        // The platform's telemetry is everybody's.
        Touched::Pods(_) | Touched::Service(_) | Touched::Publisher(_) if !platform.telemetry.is_empty() => true,
        Touched::Pods(namespace) => {
            *namespace == own || DNS_NAMESPACES.contains(&namespace.as_str()) || names(spec, namespace)
        }
        // Peers of the platform can be anywhere too; namespaces change rarely. So does what kinds there are.
        Touched::Namespaces | Touched::Cilium | Touched::Network => true,
        Touched::Service(service) | Touched::Publisher(service) => {
            let system = DNS_NAMESPACES.contains(&service.namespace.as_str()) && spec.dns.mode == DnsMode::Auto;
            let api_server = service.namespace == "default" && service.name == "kubernetes";
            system
                || destinations(spec).any(|to| {
                    let named = to.service.as_ref().is_some_and(|peer| {
                        peer.name == service.name && peer.namespace.as_deref().unwrap_or(own) == service.namespace
                    });
                    named || (to.api_server.is_some() && api_server)
                })
        }
    }
}

/// The needs of which the profile says nothing itself: an ingress controller, a scraper.
fn unnamed(spec: &AppNetworkProfileSpec) -> (bool, bool) {
    let exposed = spec.tiers.iter().any(|tier| tier.exposed.is_some()) && spec.ingress_controller.is_none();
    let scraped = spec.tiers.iter().any(|tier| tier.metrics.is_some()) && spec.monitoring.is_none();
    (exposed, scraped)
}

/// Has the profile tiers whose callers nobody names?
fn looks_for_callers(spec: &AppNetworkProfileSpec, platform: &Platform) -> bool {
    let (exposed, scraped) = unnamed(spec);
    (exposed && platform.finds_controllers()) || (scraped && platform.finds_scrapers())
}

fn destinations(spec: &AppNetworkProfileSpec) -> impl Iterator<Item = &Destination> {
    spec.tiers.iter().flat_map(|tier| &tier.to).chain(&spec.telemetry)
}

/// Does the profile name Pods of this namespace, or could a selector of it do so? The platform's peers count for all.
fn names(spec: &AppNetworkProfileSpec, namespace: &str) -> bool {
    let one = |name: Option<&String>, by_label: bool| by_label || name.is_some_and(|name| name == namespace);
    let pods = |peer: &PodsPeer| one(peer.namespace.as_ref(), peer.namespace_selector.is_some());
    let platform = |peer: &PlatformPeer| one(peer.namespace.as_ref(), peer.namespace_selector.is_some());
    let (exposed, scraped) = unnamed(spec);
    exposed
        || scraped
        || spec.tiers.iter().flat_map(|tier| &tier.from).filter_map(|source| source.pods.as_ref()).any(pods)
        || destinations(spec).filter_map(|to| to.pods.as_ref()).any(pods)
        || spec.monitoring.iter().flat_map(|need| &need.from).any(platform)
        || spec.ingress_controller.iter().flat_map(|need| &need.from).any(platform)
}
