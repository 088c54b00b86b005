//! Pods that cannot resolve names any more: the most common way in which a first policy breaks an app.

use std::collections::BTreeSet;

use super::{Remark, Scene};
use crate::{
    api::{Protocol, Reason},
    reach::{Direction, Pod, Policy, Rule},
};

/// Where resolvers listen: 53, and 5353 on OpenShift.
const PORTS: [u16; 2] = [53, 5353];
/// Names under which the ports of resolvers go.
const NAMES: [&str; 2] = ["dns", "dns-tcp"];

/// May these rules be about a resolver at this protocol? Whom they are about is not looked at: a resolver can be anywhere.
fn asks(rule: &Rule, protocol: Protocol) -> bool {
    PORTS.iter().any(|port| rule.ports.numbers.contains(protocol, *port))
        || rule.ports.names.iter().any(|(of, name)| *of == protocol && NAMES.contains(&name.as_str()))
}

/// The policies that isolate this Pod's egress, by name.
fn isolating<'s>(scene: &'s Scene<'_>, pod: &'s Pod) -> impl Iterator<Item = &'s Policy> + 's {
    let policies = scene.policies_in(&pod.namespace).iter().copied();
    policies.filter(|policy| policy.egress.is_some() && super::scene::matches(&policy.subject, &pod.labels))
}

/// Can the Pod's egress rules be about a resolver at this protocol?
fn may_ask(scene: &Scene<'_>, pod: &Pod, protocol: Protocol) -> bool {
    isolating(scene, pod)
        .flat_map(|policy| policy.rules(Direction::Egress).unwrap_or_default())
        .any(|rule| asks(rule, protocol))
}

/// Pods whose egress is isolated, and none of whose rules can be about a resolver. Told once, at the first policy that
/// isolates them.
pub(super) fn no_way_to_dns(scene: &Scene<'_>) -> Vec<Remark> {
    told(
        scene,
        |pod| !may_ask(scene, pod, Protocol::Udp) && !may_ask(scene, pod, Protocol::Tcp),
        |policy, who| {
            let found =
                format!("isolates the egress of {who}, and no policy lets them ask DNS: names will not resolve");
            let advice = "add a rule to the Pods of the cluster's DNS at UDP and TCP 53";
            Remark::new(policy, "spec.egress", Reason::DnsBlocked, found, advice).error()
        },
    )
}

/// Pods that may ask over UDP only: answers that do not fit a datagram come over TCP (RFC 7766).
pub(super) fn only_over_udp(scene: &Scene<'_>) -> Vec<Remark> {
    told(
        scene,
        |pod| may_ask(scene, pod, Protocol::Udp) && !may_ask(scene, pod, Protocol::Tcp),
        |policy, who| {
            let found = format!(
                "lets {who} ask DNS over UDP only: answers that do not fit a datagram come over TCP, and are lost"
            );
            Remark::new(policy, "spec.egress", Reason::DnsOverUdpOnly, found, "add TCP 53 to the rule")
        },
    )
}

fn told(scene: &Scene<'_>, is_so: impl Fn(&Pod) -> bool, say: impl Fn(&Policy, &str) -> Remark) -> Vec<Remark> {
    let mut told = Vec::new();
    for policy in scene.picture.policies.iter().filter(|policy| policy.egress.is_some()) {
        let first = |pod: &&Pod| isolating(scene, pod).next().is_some_and(|first| first.name == policy.name);
        let affected = scene.selected(policy).filter(first).filter(|pod| is_so(pod));
        let names: BTreeSet<_> = affected.map(|pod| format!("{} '{}'", pod.workload.kind, pod.workload.name)).collect();
        if let Some(first) = names.first() {
            let others = names.len() - 1;
            let who = if others == 0 { first.clone() } else { format!("{first} and {others} more") };
            told.push(say(policy, &who));
        }
    }
    told
}
