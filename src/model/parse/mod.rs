//! From what the user wrote to validated facts.
//!
//! Every problem is collected, with its path, before anything is refused: an author should need one round, not ten.

mod collector;
mod destination;
mod peer;
mod port;
mod tier;

use collector::Collector;
use garde::Validate;
use kube::ResourceExt;

use super::{DNS_NAMESPACES, DnsNeed, Identity, NonEmpty, Platform, Problem, Problems, Profile};
use crate::api::{self, AppNetworkProfile, DnsMode, Reason, rules::text};

/// Reads a profile against the platform's settings.
///
/// # Errors
/// All problems that were found, in the order of the fields.
pub fn parse(profile: &AppNetworkProfile, platform: &Platform) -> Result<Profile, Problems> {
    let mut collect = Collector::new(platform);
    collect.values(&profile.spec);
    let protected = profile.namespace().filter(|namespace| platform.protects(namespace));
    for problem in check_names(profile).into_iter().chain(protected.map(|namespace| protected_namespace(&namespace))) {
        collect.problem(problem);
    }
    let parsed = read(profile, platform, &mut collect);
    match (collect.finish(), parsed) {
        (Some(problems), _) => Err(problems),
        (None, Some(parsed)) => Ok(parsed),
        // Every step that gives up reports why; should one forget, the profile is refused, not half applied.
        (None, None) => Err(one(
            "spec",
            "cannot be read, for a reason that was not recorded; please report this",
            Reason::InvalidSpec,
        )),
    }
}

/// What is wrong with the object's own name, which the spec does not hold.
#[must_use]
pub fn check_names(profile: &AppNetworkProfile) -> Option<Problem> {
    // Not of a `generateName`: the server cuts it to size.
    let length = profile.metadata.name.as_ref().map_or(0, |name| name.chars().count());
    (length > 63).then(|| Problem {
        path: "metadata.name".into(),
        message: text::PROFILE_NAME.into(),
        reason: Reason::InvalidSpec,
    })
}

fn one(path: &str, message: &str, reason: Reason) -> Problems {
    let problem = Problem { path: path.into(), message: message.into(), reason };
    Problems::new(vec![problem]).unwrap_or_else(|| unreachable!("a list of one is not empty"))
}

fn protected_namespace(namespace: &str) -> Problem {
    let why = if DNS_NAMESPACES.contains(&namespace) {
        "isolating it would cut DNS for the whole cluster"
    } else {
        "the platform protects it"
    };
    let message = format!("must not be '{namespace}': {why}; create the profile in the namespace of its app");
    Problem { path: "metadata.namespace".into(), message, reason: Reason::ProtectedNamespace }
}

fn read(profile: &AppNetworkProfile, platform: &Platform, collect: &mut Collector<'_>) -> Option<Profile> {
    let spec = &profile.spec;
    let namespace = profile.namespace().unwrap_or_default();
    let tiers = tier::tiers(&spec.tiers, &namespace, collect);
    let dns = dns(&spec.dns, collect);
    let monitoring = spec.monitoring.as_ref().map(|need| platform_peers("spec.monitoring.from", &need.from, collect));
    let controllers =
        spec.ingress_controller.as_ref().map(|need| platform_peers("spec.ingressController.from", &need.from, collect));
    let own = destination::list("spec.telemetry", &spec.telemetry, &namespace, collect);
    let telemetry = platform.telemetry.iter().cloned().chain(own?).collect();
    Some(Profile {
        identity: Identity { namespace, name: profile.name_any(), uid: profile.uid().unwrap_or_default() },
        generation: profile.metadata.generation.unwrap_or_default(),
        mode: spec.mode,
        suspend: spec.suspend,
        isolation: spec.isolation,
        drift_policy: spec.drift_policy,
        deletion_policy: spec.deletion_policy,
        tiers: tiers?,
        dns: dns?,
        monitoring: monitoring.unwrap_or_else(|| Some(platform.monitoring.clone()))?,
        ingress_controllers: controllers.unwrap_or_else(|| Some(platform.ingress_controllers.clone()))?,
        telemetry,
    })
}

fn dns(dns: &api::Dns, collect: &mut Collector<'_>) -> Option<DnsNeed> {
    match (dns.mode, &dns.resolvers) {
        (DnsMode::Auto, None) => Some(DnsNeed::Auto),
        (DnsMode::None, None) => Some(DnsNeed::None),
        (DnsMode::Explicit, Some(resolvers)) => {
            let resolvers = peer::resolvers("spec.dns.resolvers", resolvers, collect)?;
            NonEmpty::new(resolvers).map(DnsNeed::Explicit)
        }
        (DnsMode::Explicit, None) => collect.refuse("spec.dns", text::EXPLICIT_DNS_NEEDS_RESOLVERS),
        (_, Some(_)) => collect.refuse("spec.dns", text::ONLY_EXPLICIT_DNS_TAKES_RESOLVERS),
    }
}

fn platform_peers(path: &str, peers: &[api::PlatformPeer], collect: &mut Collector<'_>) -> Option<Vec<super::Peer>> {
    let parsed: Vec<_> =
        peers.iter().enumerate().map(|(i, peer)| peer::platform(&format!("{path}[{i}]"), peer, collect)).collect();
    parsed.into_iter().collect()
}

/// Reads the platform's configuration with the same steps as a profile.
///
/// # Errors
/// All problems that were found; the paths begin at the file's top.
pub(super) fn platform(config: &api::OperatorConfig) -> Result<Platform, Problems> {
    let without = Platform::default();
    let mut collect = Collector::new(&without);
    if let Err(report) = config.validate() {
        collect.report("", &report);
    }
    let monitoring = platform_peers("monitoring", &config.monitoring, &mut collect);
    let controllers = platform_peers("ingressControllers", &config.ingress_controllers, &mut collect);
    // A profile's Service is in its own namespace when it names none; the platform has no namespace of its own.
    for (i, to) in config.telemetry.iter().enumerate() {
        if to.service.as_ref().is_some_and(|service| service.namespace.is_none()) {
            collect.refuse::<()>(&format!("telemetry[{i}].service.namespace"), text::PLATFORM_SERVICE_NEEDS_NAMESPACE);
        }
    }
    let telemetry = destination::list("telemetry", &config.telemetry, "", &mut collect);
    let resolvers = peer::resolvers("dns.resolvers", &config.dns.resolvers, &mut collect);
    let cidrs = |texts: &[String]| texts.iter().filter_map(|text| super::Cidr::parse(text)).collect::<Vec<_>>();
    match (collect.finish(), monitoring, controllers, telemetry, resolvers) {
        (None, Some(monitoring), Some(ingress_controllers), Some(telemetry), Some(resolvers)) => Ok(Platform {
            protected_namespaces: config
                .protected_namespaces
                .iter()
                .cloned()
                .chain(DNS_NAMESPACES.map(Into::into))
                .collect(),
            dns: super::DnsSetting { node_local: cidrs(&config.dns.node_local), resolvers },
            monitoring,
            ingress_controllers,
            discovery: config.discovery,
            telemetry,
            cidr_ceiling: cidrs(&config.cidr_ceiling),
            cni: config.cni,
        }),
        (Some(problems), ..) => Err(problems),
        _ => {
            Err(one("", "cannot be read, for a reason that was not recorded; please report this", Reason::InvalidSpec))
        }
    }
}
