//! Names outside the cluster: policies know none, but where no address at all may be called, no name helps.

use std::net::IpAddr;

use super::{case::Group, port::Wanted, setting::Setting};
use crate::{
    model::ServiceRef,
    reach::{Direction, Peer, Peers, Picture, PodId, Rule},
};

/// Is it a DNS name, and none that the cluster's own DNS makes up for a Service?
#[must_use]
pub fn is_outside_name(text: &str, picture: &Picture) -> bool {
    let name = text.trim_end_matches('.');
    let of_cluster = || [".svc", ".cluster.local"].iter().any(|end| name.ends_with(end));
    let own = || of_cluster() || service_of(name, picture).is_some();
    name.contains('.') && !name.contains('/') && name.parse::<IpAddr>().is_err() && !own()
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
        "no rule lets {} call any address outside the cluster{port}, whatever the name stands for: its egress is isolated by {}; ask \
         again with one of the addresses as --to, to see what would allow it",
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
