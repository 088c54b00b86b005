//! Selectors that select nothing: they look right and do nothing, in silence.

use strsim::osa_distance;

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
        let (found, advice) = if pods.iter().any(|pod| matches(&policy.subject, &pod.labels)) {
            let found =
                format!("selects {selector}; the Pods that have it are on the host network, where no policy applies");
            (found, "take them off it, or protect their nodes instead")
        } else {
            let (near, advice) = hint(selector, pods);
            (format!("selects {selector}; no Pod of namespace '{}' has it{near}", policy.namespace), advice)
        };
        remarks.push(Remark::new(policy, "spec.podSelector", Reason::NoMatchingPods, found, advice));
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
                let near = namespace_like(scene, selector);
                // One that is not among files may be elsewhere. What comes close tells that the selector is wrong.
                if near.is_none() && !scene.whole {
                    continue;
                }
                let (near, advice) = match near {
                    Some(near) => (near, "correct the labels or the selector"),
                    None => (String::new(), "create the namespace, or correct the selector"),
                };
                let found = format!("asks for namespaces with {selector}; none has it{near}");
                let path = format!("{path}.namespaceSelector");
                remarks.push(Remark::new(policy, path, Reason::NoMatchingNamespaces, found, advice));
                continue;
            }
            let PodsOf::Selected(selector) = pods else { continue };
            let candidates: Vec<&Pod> = there.iter().flat_map(|name| scene.pods_in(name)).copied().collect();
            let mut have_it = candidates.iter().filter(|pod| selector.matches(&pod.labels));
            if candidates.is_empty() || have_it.clone().any(|pod| !pod.host_network) {
                continue;
            }
            let place = match &there[..] {
                [one] => format!("namespace '{one}'"),
                _ => "those namespaces".to_owned(),
            };
            let (found, advice) = if let Some(Pod { workload, .. }) = have_it.next() {
                let found = format!(
                    "asks for Pods with {selector}; those of {place}, as {} '{}', are on the host network, where no Pod selector \
                     matches them",
                    workload.kind, workload.name
                );
                (found, "name the addresses of their nodes as an `ipBlock`")
            } else {
                let (near, advice) = hint(selector, &candidates);
                (format!("asks for Pods with {selector}; no Pod of {place} has it{near}"), advice)
            };
            remarks.push(Remark::new(policy, format!("{path}.podSelector"), Reason::NoMatchingPods, found, advice));
        }
    }
    remarks
}

/// The labels that come closest, as the end of a sentence, and what to do.
fn hint(selector: &Selector, pods: &[&Pod]) -> (String, &'static str) {
    let classes: Vec<_> = pods
        .iter()
        .map(|pod| PodClass { workload: pod.workload.clone(), labels: pod.labels.clone(), ..PodClass::default() })
        .collect();
    let misses = near_misses(selector, &classes.iter().collect::<Vec<_>>());
    if misses.is_empty() {
        (String::new(), "create the Pods, or correct the selector")
    } else {
        (format!("; {}", misses.join(", ")), "correct the labels or the selector")
    }
}

/// The namespace that comes closest, as the end of a sentence. In a part of a cluster only those count of which more is known than
/// their names.
fn namespace_like(scene: &Scene<'_>, selector: &Selector) -> Option<String> {
    let wanted: Vec<_> = selector.labels().iter().collect();
    let known = scene.namespaces().filter(|(name, _)| scene.whole || scene.picture.namespaces.contains_key(*name));
    let mut close = known.filter_map(|(name, labels)| {
        let near = wanted.iter().find_map(|(key, value)| match labels.get(*key) {
            Some(other) if may_be_meant(value, other) => Some(format!("{key}={other}")),
            _ => labels.iter().find(|(_, other)| other == value).map(|(key, value)| format!("{key}={value}")),
        });
        near.map(|label| format!("; namespace '{name}' has {label}"))
    });
    close.next()
}

/// Another case, a beginning, or a slip of the hand. One letter for another is none: that is how neighbours are told apart.
fn may_be_meant(value: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<_> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let slip = || osa_distance(value, other) == 1 && (value.len() != other.len() || sorted(value) == sorted(other));
    other.eq_ignore_ascii_case(value) || other.starts_with(value) || (value.len() > 4 && slip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Labels, NonEmpty},
        reach::{Peers, Picture, Policy, Ports, Rule},
    };

    /// Whom the rule of a policy asks for in vain, in a picture with one namespace and its label.
    fn said(asked: &str, there: &str, whole: bool) -> Vec<String> {
        let namespaces = NamespacesOf::Selected(Selector::of_label("team", asked));
        let peers = Peers::These(NonEmpty::one(Peer::Pods { namespaces, pods: PodsOf::All }));
        let policy = Policy {
            namespace: "shop".into(),
            name: "api".into(),
            subject: PodsOf::All,
            ingress: Some(vec![Rule { peers, ports: Ports::any() }]),
            egress: None,
            ignored: Vec::new(),
        };
        let mut picture = Picture { policies: vec![policy], ..Picture::default() };
        picture.namespaces.insert("money".into(), Labels::from([("team".into(), there.into())]));
        of_peers(&Scene::new(&picture, whole)).into_iter().map(|remark| remark.message()).collect()
    }

    #[test]
    fn a_namespace_that_is_not_among_files_is_missing_only_where_one_comes_close() {
        let missing =
            "asks for namespaces with team=payroll; none has it; create the namespace, or correct the selector";
        assert_eq!(said("payroll", "ledger", true), [missing]);
        assert_eq!(said("payroll", "ledger", false), [""; 0]);
        let close = "; none has it; namespace 'money' has team=payroll; correct the labels or the selector";
        for asked in ["payrol", "pyaroll", "Payroll", "payrolll"] {
            assert_eq!(said(asked, "payroll", false), [format!("asks for namespaces with team={asked}{close}")]);
        }
        // Neighbours are told apart by a letter.
        assert_eq!(said("payroll-2", "payroll-1", false), [""; 0]);
    }
}
