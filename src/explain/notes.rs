//! What else one has to know about an answer.

use super::{
    answer::{Answer, ConnectionShown, GateShown},
    case::Group,
    find::{name_of, stands_for_others},
    setting::Setting,
};
use crate::reach::NotEvaluated;

/// How many policies of other APIs are named.
const MOST: usize = 10;

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
            "a Pod calls itself here: where a policy has no rule for that, what it does is undefined, and CNIs differ"
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
    notes.extend(not_evaluated(&setting.picture.not_evaluated));
    notes.sort();
    notes.dedup();
    notes
}

/// Policies of other APIs by name, the first of very many.
pub(super) fn not_evaluated(others: &[NotEvaluated]) -> Option<String> {
    let name = |NotEvaluated { kind, namespace, name }: &NotEvaluated| {
        format!("{kind} {}", format!("{namespace}/{name}").trim_start_matches('/'))
    };
    let names: Vec<_> = others.iter().take(MOST).map(name).collect();
    let more = if others.len() > MOST { format!(" and {} more", others.len() - MOST) } else { String::new() };
    (!names.is_empty()).then(|| format!("not evaluated, and may decide otherwise: {}{more}", names.join(", ")))
}
