//! Names outside the cluster: policies know none, but where no address at all may be called, no name helps.

use std::net::IpAddr;

use super::{case::Group, port::Wanted, setting::Setting};
use crate::{
    model::ServiceRef,
    reach::{Direction, Peer, Peers, Picture, PodId, Rule},
};

/// Is it a DNS name of something outside the cluster, for certain?
///
/// The cluster's DNS makes up names for Services and Pods, completes short ones (`db.shop`, `db-0.db`), and its domain may have any
/// name. So a name with fewer than two dots is not counted as one, nor one that speaks of `svc` or `pod`, that ends with a namespace,
/// or in which a Service stands before its namespace.
#[must_use]
pub fn is_outside_name(text: &str, picture: &Picture) -> bool {
    let name = text.trim_end_matches('.');
    let parts: Vec<_> = name.split('.').collect();
    let [first @ .., last] = &parts[..] else { return false };
    let inside = parts.iter().any(|part| ["svc", "pod", "local"].contains(part))
        || picture.namespaces.contains_key(*last)
        || picture.services.keys().any(|service| service.namespace == *last || service.name == *last)
        || parts.windows(2).any(|pair| service_of(&pair.join("."), picture).is_some());
    first.len() >= 2 && !name.contains('/') && name.parse::<IpAddr>().is_err() && !inside
}

/// The Service whose name in the cluster's DNS begins like this.
pub(super) fn service_of(name: &str, picture: &Picture) -> Option<ServiceRef> {
    let mut parts = name.split('.');
    let (name, namespace) = parts.next().zip(parts.next())?;
    let service = ServiceRef { namespace: namespace.to_owned(), name: name.to_owned() };
    picture.services.contains_key(&service).then_some(service)
}

/// Why none of these may call any name outside, when not one of them may call any address there.
pub(super) fn closed(setting: &Setting<'_>, callers: &[Group], wanted: &Wanted) -> Option<String> {
    // Policies of other APIs are made for names, and may allow this one.
    if !setting.picture.not_evaluated.is_empty() {
        return None;
    }
    let pods: Vec<PodId> = callers.iter().flat_map(|group| group.pods.iter().copied()).collect();
    let first = *pods.first()?;
    if pods.iter().any(|pod| may_call_an_address(setting, *pod, wanted)) {
        return None;
    }
    let names = setting.reach.isolating(first, Direction::Egress).iter();
    let names = names.filter_map(|policy| setting.reach.policy_name(*policy));
    let policies: Vec<_> = names.map(|(namespace, name)| format!("{namespace}/{name}")).collect();
    let port = wanted.text().map(|port| format!(" at {port}")).unwrap_or_default();
    Some(format!(
        "no rule lets {} call any address outside the cluster{port}: its egress is isolated by {}; it may pass only if the cluster's DNS or \
         `hostAliases` give the name an address inside; ask again with one of its addresses as --to, to see what would allow it",
        super::name_of(&setting.picture.pods[first as usize]),
        policies.join(", ")
    ))
}

fn may_call_an_address(setting: &Setting<'_>, pod: PodId, wanted: &Wanted) -> bool {
    let isolating = setting.reach.isolating(pod, Direction::Egress);
    let has_port = |rule: &Rule| match wanted {
        Wanted::Number(protocol, number) => rule.ports.numbers.contains(*protocol, *number),
        // An address has no names for its ports.
        Wanted::Every | Wanted::Name(..) => !rule.ports.numbers.is_empty(),
    };
    let has_addresses = |rule: &Rule| {
        rule.peers == Peers::Any || rule.peers.listed().iter().any(|peer| matches!(peer, Peer::Block { .. }))
    };
    let policies = isolating.iter().filter_map(|policy| {
        let (namespace, name) = setting.reach.policy_name(*policy)?;
        setting.policy(namespace, name)
    });
    let mut rules = policies.flat_map(|policy| policy.rules(Direction::Egress).unwrap_or_default());
    isolating.is_empty() || rules.any(|rule| has_port(rule) && has_addresses(rule))
}
