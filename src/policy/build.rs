//! The policies of a profile. Cannot fail: everything that could was settled before.

use super::{
    Allow, Desired, DesiredPolicy, Resolved, Role, cilium, explanation, group, metadata, policy_name, policy_spec, spec,
};
use crate::{
    api::{DeletionPolicy, Isolation},
    model::{Caller, NamespaceMatch, NonEmpty, Peer, PodMatch, PodsMatch, Profile, Tier},
    observe::PolicySpec,
};

/// The policies that a profile asks for.
#[must_use]
pub fn build(profile: &Profile, resolved: &Resolved) -> Desired {
    let dns = resolved.dns.as_deref().unwrap_or_default();
    let mut allows: Vec<_> = profile
        .tiers
        .iter()
        .enumerate()
        .map(|(position, tier)| tier_policy(profile, (position, tier), resolved, dns))
        .collect();
    let mut deny = None;
    if profile.isolation == Isolation::Namespace {
        allows.extend(dns_policy(profile, dns));
        deny = Some(deny_policy(profile));
    }
    let companions = profile.tiers.iter().zip(&resolved.companions).filter_map(|(tier, companion)| {
        let companion = companion.as_ref()?;
        let spec = cilium::to_api_server(&tier.selector, companion);
        Some(desired(profile, Role::ApiServer(tier.name.clone()), explanation::api_server(tier, companion), spec))
    });
    let companions = companions.collect();
    let orphan = profile.deletion_policy == DeletionPolicy::Orphan;
    Desired { identity: profile.identity.clone(), companions, allows, deny, orphan }
}

fn desired(profile: &Profile, role: Role, explanation: String, spec: impl Into<PolicySpec>) -> DesiredPolicy {
    let name = &profile.identity.name;
    let spec = spec.into();
    DesiredPolicy { name: policy_name(name, &role), labels: metadata::labels(name, &role), role, explanation, spec }
}

/// Everything that one tier may do, both directions in one object.
fn tier_policy(
    profile: &Profile,
    (position, tier): (usize, &Tier),
    resolved: &Resolved,
    dns: &[Allow],
) -> DesiredPolicy {
    let (ingress, egress) = tier_allows(profile, (position, tier), resolved, dns);
    let pods = PodMatch::Selected(tier.selector.clone());
    let spec = policy_spec(&pods, &group(&ingress), &group(&egress));
    desired(profile, Role::Tier(tier.name.clone()), explanation::tier(tier, &ingress, &egress), spec)
}

fn tier_allows(
    profile: &Profile,
    (position, tier): (usize, &Tier),
    resolved: &Resolved,
    dns: &[Allow],
) -> (Vec<Allow>, Vec<Allow>) {
    let of_tier = |all: &[Vec<Allow>]| all.get(position).cloned().unwrap_or_default();
    let mut ingress = ingress(profile, tier);
    ingress.extend(of_tier(&resolved.callers));
    let mut egress = tier_egress(profile, position);
    egress.extend(of_tier(&resolved.destinations));
    egress.extend_from_slice(dns);
    (ingress, egress)
}

/// Everything that a tier may do, in and out, each with the field that says so. Nothing when there is no such tier.
#[must_use]
pub fn allows_of(profile: &Profile, resolved: &Resolved, tier: &str) -> (Vec<Allow>, Vec<Allow>) {
    let found = profile.tiers.iter().enumerate().find(|(_, one)| one.name == tier);
    found.map_or_else(Default::default, |found| {
        tier_allows(profile, found, resolved, resolved.dns.as_deref().unwrap_or_default())
    })
}

/// DNS for every Pod of the namespace, those of no tier too.
fn dns_policy(profile: &Profile, dns: &[Allow]) -> Option<DesiredPolicy> {
    let rules = group(dns);
    if rules.is_empty() {
        return None;
    }
    Some(desired(profile, Role::Dns, explanation::dns(), spec::egress_spec(&PodMatch::All, &rules)))
}

fn deny_policy(profile: &Profile) -> DesiredPolicy {
    desired(
        profile,
        Role::DefaultDeny,
        explanation::deny(&profile.identity.name),
        policy_spec(&PodMatch::All, &[], &[]),
    )
}

fn pods_of(tier: &Tier) -> Peer {
    Peer::Pods(PodsMatch { namespace: NamespaceMatch::Own, pods: PodMatch::Selected(tier.selector.clone()) })
}

fn ingress(profile: &Profile, tier: &Tier) -> Vec<Allow> {
    let callers = tier.from.iter().filter_map(|caller| match caller {
        Caller::Tier { tier: from, ports, path } => {
            let from = profile.tiers.get(*from)?;
            Some(Allow {
                peers: NonEmpty::one(pods_of(from)),
                ports: ports.clone(),
                who: format!("tier '{}'", from.name),
                path: path.clone(),
            })
        }
        Caller::Other { peer, ports, path } => Some(Allow {
            peers: NonEmpty::one(peer.clone()),
            ports: ports.clone(),
            who: peer.to_string(),
            path: path.clone(),
        }),
    });
    callers.collect()
}

/// The other half of what the called tiers say: the same record, seen from the caller.
fn tier_egress(profile: &Profile, position: usize) -> Vec<Allow> {
    profile
        .tiers
        .iter()
        .flat_map(|called| called.from.iter().map(move |caller| (called, caller)))
        .filter_map(|(called, caller)| match caller {
            Caller::Tier { tier, ports, path } if *tier == position => Some(Allow {
                peers: NonEmpty::one(pods_of(called)),
                ports: ports.clone(),
                who: format!("tier '{}'", called.name),
                path: path.clone(),
            }),
            _ => None,
        })
        .collect()
}
