//! Looks up what a profile refers to: DNS, its callers, Services, the API server.

use super::{Allow, callers, dns, service};
use crate::{
    api::{Cni, Reason},
    model::{Destination, DestinationKind, NonEmpty, Platform, Port, Profile, Tier},
    observe::{Availability, World},
};

/// What a profile refers to, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// DNS. Nothing: it was asked for and not found, so that no policy may be written that would cut it.
    pub dns: Option<Vec<Allow>>,
    /// For each tier, in the order of the profile, who calls it from beyond the app: ingress controllers, scrapers.
    pub callers: Vec<Vec<Allow>>,
    /// For each tier, in the order of the profile, what it calls beyond the tiers: `to`, then telemetry.
    pub destinations: Vec<Vec<Allow>>,
    /// For each tier, in the order of the profile, what has to be said in words of Cilium's own too.
    pub companions: Vec<Option<Companion>>,
    /// Which callers were found without being named, by field, and why it is they.
    pub found: Vec<String>,
    /// What was not found. Its rule is left out; nothing else takes its place.
    pub unresolved: Vec<Unresolved>,
}

/// The API server as Cilium knows it: not by addresses, but by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// Its own ports, sorted.
    pub ports: NonEmpty<Port>,
    /// The fields that ask for it.
    pub paths: Vec<String>,
}

/// Something that a profile refers to and that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The reason that `ReferencesResolved` gets.
    pub reason: Reason,
    /// The field that refers to it.
    pub path: String,
    /// What was not found, and what one can do.
    pub message: String,
}

/// Looks up everything that the profile refers to.
#[must_use]
pub fn resolve(profile: &Profile, platform: &Platform, world: &World) -> Resolved {
    let mut unresolved = Vec::new();
    let dns = dns::dns(profile, platform, world);
    let beyond = dns::beyond_reach(profile, platform, world);
    if !beyond.is_empty() {
        let message = format!(
            "the Pods behind the DNS Service {} are on the host network, where no rule for Pods reaches them; Pods that ask it would \
             resolve no names: name its addresses as resolvers in `spec.dns` (mode 'Explicit'), or ask the platform team to \
             configure them",
            beyond.join(" and ")
        );
        unresolved.push(Unresolved { reason: Reason::DnsNotFound, path: "spec.dns".into(), message });
    } else if dns.is_none() {
        let message = "no DNS Service was found in 'kube-system' or 'openshift-dns', and nothing is written that would cut DNS; \
                       name the resolvers in `spec.dns` (mode 'Explicit'), or ask the platform team to configure them";
        unresolved.push(Unresolved { reason: Reason::DnsNotFound, path: "spec.dns".into(), message: message.into() });
    }
    let mut callers = Vec::new();
    let mut found = Vec::new();
    for tier in &profile.tiers {
        let of_tier = callers::callers(tier, profile, (platform, world));
        unresolved.extend(of_tier.unresolved);
        found.extend(of_tier.found);
        callers.push(of_tier.allows);
    }
    let telemetry = destinations(&profile.telemetry, profile, (platform, world), &mut unresolved);
    let destinations = profile
        .tiers
        .iter()
        .map(|tier| {
            let mut found = destinations(&tier.to, profile, (platform, world), &mut unresolved);
            found.extend(telemetry.iter().cloned());
            found
        })
        .collect();
    let companions = profile.tiers.iter().map(|tier| companion(tier, profile, (platform, world))).collect();
    if platform.cni == Cni::Cilium && world.cilium == Availability::NotServed {
        let asks = |tier: &Tier| api_servers(tier, profile).next().map(|to| to.path.clone());
        unresolved.extend(profile.tiers.iter().find_map(asks).map(|path| Unresolved {
            reason: Reason::CiliumNotFound,
            path,
            message: "the platform says `cni: Cilium`, but the cluster does not know CiliumNetworkPolicies (cilium.io/v2), and by standard \
                      policies alone Cilium may deny calls to the API server; install Cilium's definitions, or ask the platform team to correct `cni`"
                .into(),
        }));
    }
    Resolved { dns, callers, destinations, companions, found, unresolved }
}

/// The destinations of a tier that are the API server.
fn api_servers<'a>(tier: &'a Tier, profile: &'a Profile) -> impl Iterator<Item = &'a Destination> {
    tier.to.iter().chain(&profile.telemetry).filter(|to| to.kind == DestinationKind::ApiServer)
}

/// What a tier needs in words of Cilium's own: nothing where the cluster has none, or where Cilium is not what enforces.
fn companion(tier: &Tier, profile: &Profile, (platform, world): (&Platform, &World)) -> Option<Companion> {
    if platform.cni == Cni::Standard || world.cilium == Availability::NotServed {
        return None;
    }
    let paths = NonEmpty::new(api_servers(tier, profile).map(|to| to.path.clone()).collect())?;
    Some(Companion { ports: service::api_server_ports(world)?, paths: paths.into_vec() })
}

fn destinations(
    list: &[Destination],
    profile: &Profile,
    (platform, world): (&Platform, &World),
    unresolved: &mut Vec<Unresolved>,
) -> Vec<Allow> {
    let mut found = Vec::new();
    for to in list {
        let who = match &to.kind {
            DestinationKind::Peer { peer, .. } => format!("'{}' ({peer})", to.name),
            DestinationKind::Service { service, .. } => {
                format!("'{}' (Service '{}' in namespace '{}')", to.name, service.name, service.namespace)
            }
            DestinationKind::ApiServer => format!("'{}' (the API server)", to.name),
        };
        let allows = match &to.kind {
            DestinationKind::Peer { peer, ports } => Ok(vec![Allow {
                peers: NonEmpty::one(peer.clone()),
                ports: ports.clone(),
                who: who.clone(),
                path: to.path.clone(),
            }]),
            DestinationKind::Service { service: wanted, ports } => {
                service::service(&who, &to.path, wanted, ports.as_ref(), &profile.identity.namespace, (platform, world))
            }
            DestinationKind::ApiServer => service::api_server(&who, &to.path, world),
        };
        match allows {
            Ok(allows) => found.extend(allows),
            Err(missing) => unresolved.push(missing),
        }
    }
    found
}
