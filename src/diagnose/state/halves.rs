//! Rules in vain: one end lets the call pass, and the other end does not. Both must.

use std::collections::{BTreeSet, HashMap};

use super::{Diagnosis, Scene, Severity, Symptom, scene::found};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    model::DNS_NAMESPACES,
    reach::{ClassId, Direction, End, Gate, NamespacesOf, Peer, Peers, Pod, PodId, PodsOf, Policy, PolicyId, Rule},
};

/// Pairs that are looked at for one rule: it may be about thousands.
const MOST: usize = 40;

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut kinds = Kinds::new();
    for (id, pod) in scene.kinds_of_all_pods() {
        if !pod.host_network {
            kinds.entry(scene.setting.reach.class_of(id)).or_default().push((id, pod));
        }
    }
    let mut said = BTreeSet::new();
    let mut all = Vec::new();
    for policy in scene.setting.picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)) {
        let Some(number) = scene.setting.reach.find_policy(&policy.namespace, &policy.name) else { continue };
        for direction in [Direction::Ingress, Direction::Egress] {
            for (place, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
                for (diagnosis, pair) in of_rule(scene, &kinds, (policy, number), (direction, place, rule)) {
                    if said.insert(pair) {
                        all.push(diagnosis);
                    }
                }
            }
        }
    }
    all
}

type Pair = (String, String, (Protocol, u16));
/// One Pod of each kind, by class.
type Kinds<'a> = HashMap<ClassId, Vec<(PodId, &'a Pod)>>;

fn of_rule(
    scene: &Scene<'_>,
    kinds: &Kinds<'_>,
    (policy, number): (&Policy, PolicyId),
    (direction, place, rule): (Direction, usize, &Rule),
) -> Vec<(Diagnosis, Pair)> {
    let Peers::These(peers) = &rule.peers else { return Vec::new() };
    let picture = scene.setting.picture;
    let reach = scene.setting.reach;
    let of_classes = |classes: &[ClassId]| -> Vec<(PodId, &Pod)> {
        classes.iter().filter_map(|class| kinds.get(class)).flatten().copied().collect()
    };
    let subjects = of_classes(reach.classes_selected(number));
    // Who asks for everybody does not mean each of them.
    let meant: Vec<_> = peers
        .iter()
        .filter(|peer| {
            matches!(
                peer,
                Peer::Pods { namespaces: NamespacesOf::Own | NamespacesOf::Selected(_), pods: PodsOf::Selected(_) }
            )
        })
        .collect();
    if meant.is_empty() {
        return Vec::new();
    }
    let is_meant =
        |pod: &Pod| meant.iter().any(|peer| crate::lint::peer_matches(picture, peer, &policy.namespace, pod));
    // Names have a check of their own.
    let resolves = |pod: &Pod| DNS_NAMESPACES.contains(&pod.namespace.as_str());
    let mut others = of_classes(reach.classes_of_peers(number, direction, place));
    others.retain(|(_, pod)| !resolves(pod) && is_meant(pod));
    let at = format!("{}/{} spec.{}[{place}]", policy.namespace, policy.name, direction.field());
    let mut found_here = Vec::new();
    for (id, pod) in &subjects {
        for (other_id, other) in others.iter().take(MOST) {
            if id == other_id {
                continue;
            }
            let ((from, caller), (to, answers)) = match direction {
                Direction::Ingress => ((*other_id, *other), (*id, *pod)),
                Direction::Egress => ((*id, *pod), (*other_id, *other)),
            };
            let ports = ports_at(rule, answers);
            let Some(port) = ports.first().copied() else { continue };
            // One port that passes is enough: the rule is of use.
            let passes = |at: &(Protocol, u16)| scene.outcome(from, End::Pod(to), *at) != crate::reach::Outcome::Denied;
            if ports.iter().any(passes) {
                continue;
            }
            if let Some(one) = of_pair(scene, (from, caller), (to, answers), port, &at) {
                found_here.push((one, (name_of_workload(caller), name_of_workload(answers), port)));
            }
        }
    }
    found_here
}

/// The ports that a rule is about at a Pod: those that it declares among a large set, which nobody means one by one.
fn ports_at(rule: &Rule, pod: &Pod) -> Vec<(Protocol, u16)> {
    let declared = pod.ports.iter().map(|port| (port.protocol, port.number));
    let mut ports: Vec<_> = declared.filter(|(protocol, port)| rule.ports.numbers.contains(*protocol, *port)).collect();
    let named = pod.ports.iter().filter(|port| {
        rule.ports
            .names
            .iter()
            .any(|(protocol, name)| (*protocol, name.as_str()) == (port.protocol, port.name.as_str()))
    });
    ports.extend(named.map(|port| (port.protocol, port.number)));
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let single = rule.ports.numbers.spans(protocol).iter().filter(|(first, last)| first == last);
        ports.extend(single.map(|(port, _)| (protocol, *port)));
    }
    ports.dedup();
    ports
}

fn of_pair(
    scene: &Scene<'_>,
    (from, caller): (PodId, &Pod),
    (to, answers): (PodId, &Pod),
    port: (Protocol, u16),
    at: &str,
) -> Option<Diagnosis> {
    let (protocol, number) = port;
    let connection = crate::reach::Connection { from: End::Pod(from), to: End::Pod(to), protocol, port: number };
    let verdict = scene.setting.reach.query(&connection);
    // Both halves missing means that it was hardly meant.
    let (half, by) = match (verdict.egress, verdict.ingress) {
        (Gate::Denied, Gate::Denied) => return None,
        (Gate::Denied, _) => ("egress", scene.isolating(from, Direction::Egress)),
        (_, Gate::Denied) => ("ingress", scene.isolating(to, Direction::Ingress)),
        _ => return None,
    };
    let (symptom, code) = if caller.namespace == answers.namespace {
        (Symptom::SameNamespace, Reason::SameNamespaceBlocked)
    } else {
        (Symptom::CrossNamespace, Reason::CrossNamespaceBlocked)
    };
    let whose = if half == "egress" { name_of_workload(caller) } else { name_of_workload(answers) };
    Some(found(
        (symptom, Severity::Error, code),
        format!("{} → {}", name_of_workload(caller), name_of_workload(answers)),
        format!(
            "{at} allows the call at {} {number}, but the {half} of {whose} is isolated by {}, and no rule there allows it: one half is \
             missing",
            protocol.as_str(),
            by.join(", ")
        ),
        scene.fix(&name_of(caller), &name_of(answers), port),
    ))
}
