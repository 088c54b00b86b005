//! What else one has to know about an answer.

use super::{
    answer::{Answer, ConnectionShown, GateShown},
    case::Group,
    find::{name_of, stands_for_others},
    setting::Setting,
};

/// The notes for these groups and what was found between them.
pub(super) fn notes(
    setting: &Setting<'_>,
    (callers, called): (&[Group], &[Group]),
    connections: &[ConnectionShown],
) -> Vec<String> {
    let (mut notes, mut standing) = (Vec::new(), Vec::new());
    for group in callers.iter().chain(called) {
        let Some(pod) = setting.pod(group.end) else { continue };
        let name = name_of(pod);
        if pod.host_network {
            notes.push(format!(
                "{name} is on the host network: policies do not isolate it, no selector finds it, and what policies say of \
                 nodes is not defined"
            ));
        }
        if stands_for_others(pod) {
            standing.push(name);
        }
    }
    standing.dedup();
    if !standing.is_empty() {
        notes.push(format!("without Pods yet, so that templates stand for them: {}", standing.join(", ")));
    }
    let alone = |groups: &[Group]| match groups {
        [group] if group.pods.len() == 1 => Some(group.pods[0]),
        _ => None,
    };
    if alone(callers).is_some() && alone(callers) == alone(called) {
        notes.push(
            "what policies do to a Pod's connections to itself is up to the CNI; the answer is for another Pod like it"
                .to_owned(),
        );
    }
    if connections.iter().any(|one| one.verdict == Answer::Allowed) {
        notes.push("replies need no rule of their own".to_owned());
    }
    let closed = |one: &&ConnectionShown| one.ingress.as_ref().is_some_and(|side| side.gate == GateShown::Denied);
    if let Some(one) = connections.iter().find(closed) {
        notes.push(format!("the node of {} may always call it, whatever policies say, so that probes work", one.to));
    }
    let sides = connections.iter().flat_map(|one| one.egress.iter().chain(&one.ingress));
    let mut profiles = sides.flat_map(|side| &side.policies).filter_map(|policy| policy.profile.as_ref());
    if let Some(profile) = profiles.find(|profile| profile.says.is_some()) {
        notes.push(format!(
            "profile '{}' is not among what was read; read it too, so that its fields are shown and a fix can change it",
            profile.name
        ));
    }
    let others = &setting.picture.not_evaluated;
    if let Some(first) = others.first() {
        let name = [first.namespace.as_str(), &first.name].join("/");
        let (first, count) = (format!("{} {}", first.kind, name.trim_start_matches('/')), others.len());
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        notes.push(format!("not evaluated, and may decide otherwise: {first}{more}"));
    }
    notes.sort();
    notes.dedup();
    notes
}
