//! Selectors that select nothing: they look right and do nothing, in silence.

use super::{
    Remark, Scene,
    scene::{matches, peers},
};
use crate::{
    api::Reason,
    diagnose::near_misses,
    model::Selector,
    observe::PodClass,
    reach::{NamespacesOf, Peer, Pod, PodsOf},
};

/// Policies that select no Pod. Where a namespace has no Pods at all, they may come later.
pub(super) fn subjects(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for policy in &scene.picture.policies {
        let PodsOf::Selected(selector) = &policy.subject else { continue };
        let pods = scene.pods_in(&policy.namespace);
        if pods.is_empty() || scene.selected(policy).next().is_some() {
            continue;
        }
        let message = if pods.iter().any(|pod| matches(&policy.subject, &pod.labels)) {
            format!("selects {selector}; the Pods that have it are on the host network, where no policy applies")
        } else {
            format!("selects {selector}; no Pod of namespace '{}' has it; {}", policy.namespace, hint(selector, pods))
        };
        remarks.push(Remark::new(policy, "spec.podSelector", Reason::NoMatchingPods, message));
    }
    remarks
}

/// Peers that are no Pod.
pub(super) fn of_peers(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (policy, direction, path, rule) in scene.rules() {
        for (path, peer) in peers(rule, &path, direction) {
            let Peer::Pods { namespaces, pods } = peer else { continue };
            let there: Vec<_> = scene.namespaces_of(namespaces, &policy.namespace).collect();
            if there.is_empty() {
                let NamespacesOf::Selected(selector) = namespaces else { continue };
                let message =
                    format!("asks for namespaces with {selector}; none has it; {}", namespaces_like(scene, selector));
                remarks.push(Remark::new(
                    policy,
                    format!("{path}.namespaceSelector"),
                    Reason::NoMatchingNamespaces,
                    message,
                ));
                continue;
            }
            let PodsOf::Selected(selector) = pods else { continue };
            let candidates: Vec<&Pod> = there.iter().flat_map(|name| scene.pods_in(name)).copied().collect();
            let found = candidates.iter().any(|pod| !pod.host_network && selector.matches(&pod.labels));
            if !found && !candidates.is_empty() {
                let place = match &there[..] {
                    [one] => format!("namespace '{one}'"),
                    _ => "those namespaces".to_owned(),
                };
                let message =
                    format!("asks for Pods with {selector}; no Pod of {place} has it; {}", hint(selector, &candidates));
                remarks.push(Remark::new(policy, format!("{path}.podSelector"), Reason::NoMatchingPods, message));
            }
        }
    }
    remarks
}

/// The labels that come closest, or what to do when none does.
fn hint(selector: &Selector, pods: &[&Pod]) -> String {
    let classes: Vec<_> = pods
        .iter()
        .map(|pod| PodClass { workload: pod.workload.clone(), labels: pod.labels.clone(), ..PodClass::default() })
        .collect();
    let misses = near_misses(selector, &classes.iter().collect::<Vec<_>>());
    if misses.is_empty() {
        "create the Pods, or correct the selector".to_owned()
    } else {
        format!("{}; correct the labels or the selector", misses.join(", "))
    }
}

fn namespaces_like(scene: &Scene<'_>, selector: &Selector) -> String {
    let wanted: Vec<_> = selector.labels().iter().collect();
    let close = scene.namespaces().find_map(|(name, labels)| {
        let near = wanted.iter().find_map(|(key, value)| match labels.get(*key) {
            Some(other) if other.eq_ignore_ascii_case(value) || other.starts_with(value.as_str()) => {
                Some(format!("{key}={other}"))
            }
            _ => labels.iter().find(|(_, other)| other == value).map(|(key, value)| format!("{key}={value}")),
        });
        near.map(|label| format!("namespace '{name}' has {label}; correct the labels or the selector"))
    });
    close.unwrap_or_else(|| "create the namespace, or correct the selector".to_owned())
}
