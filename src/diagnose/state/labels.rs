//! Selectors with a slip of the hand: of profiles and of policies.

use std::collections::BTreeSet;

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::Reason,
    diagnose::{self, Input},
    lint,
    reach::Pod,
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = of_profiles(scene);
    all.extend(of_policies(scene));
    all.extend(on_the_host_network(scene));
    all
}

/// What the operator says in `LabelsMatched` and `ReferencesResolved`.
fn of_profiles(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let peopled: BTreeSet<_> = scene.setting.picture.pods.iter().map(|pod| pod.namespace.as_str()).collect();
    let known = scene.setting.profiles.known().iter().filter(|known| {
        let identity = &known.profile.identity;
        scene.scope.has(&identity.namespace)
            && scene
                .scope
                .profile
                .as_ref()
                .is_none_or(|(namespace, name)| (namespace, name) == (&identity.namespace, &identity.name))
    });
    let mut all = Vec::new();
    for known in known {
        let profile = &known.profile;
        let resolved = scene.setting.profiles.resolve(profile);
        let input = Input { profile, resolved: &resolved, world: scene.world, discreet: false };
        for finding in diagnose::run(&input) {
            if !scene.whole && !finding.holds_for_a_part(peopled.contains(profile.identity.namespace.as_str())) {
                continue;
            }
            let identity = &profile.identity;
            let symptom = match (finding.reason, &finding.tier) {
                (Reason::NoMatchingPods, Some(_)) | (Reason::PodInSeveralTiers, _) => Symptom::StillAllowed,
                (Reason::DnsNotFound, _) => Symptom::Dns,
                (Reason::IngressControllerNotFound, _) => Symptom::Ingress,
                (Reason::MonitoringNotFound, _) => Symptom::Metrics,
                (Reason::NamedPortNotFound, _) => Symptom::NotPolicy,
                (Reason::ServiceNotFound | Reason::CiliumNotFound, _) => Symptom::Outside,
                _ => Symptom::CrossNamespace,
            };
            all.push(found(
                (symptom, Severity::Warning, finding.reason),
                format!("profile {}/{} {}", identity.namespace, identity.name, finding.path),
                finding.found,
                Fix::Do(finding.advice),
            ));
        }
    }
    all
}

/// What `lint` says of policies of anyone. Those of profiles are told by the profile.
fn of_policies(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let remarks = lint::lint(&lint::Scene::new(scene.setting.picture, scene.whole)).into_iter();
    let told_elsewhere = |reason: Reason| matches!(reason, Reason::DnsBlocked | Reason::DnsOverUdpOnly);
    let of_profile =
        |remark: &lint::Remark| scene.setting.profiles.of_policy(&remark.namespace, &remark.name).is_some();
    remarks
        .filter(|remark| {
            scene.scope.has(&remark.namespace)
                && !told_elsewhere(remark.reason)
                // What a profile asks for is told of the profile: edits of its policies are undone.
                && !of_profile(remark)
        })
        .map(|remark| {
            let symptom = match remark.reason {
                Reason::NoMatchingPods if remark.path == "spec.podSelector" => Symptom::StillAllowed,
                Reason::NoMatchingPods if of_one_namespace(scene, &remark) => Symptom::SameNamespace,
                Reason::NoMatchingPods | Reason::NoMatchingNamespaces => Symptom::CrossNamespace,
                Reason::NamedPortNotFound => Symptom::NotPolicy,
                Reason::MetadataReachable | Reason::BlockHoldsPods => Symptom::Outside,
                _ => Symptom::StillAllowed,
            };
            let severity = match remark.severity {
                lint::Severity::Error => Severity::Error,
                lint::Severity::Warning => Severity::Warning,
            };
            let about = format!("policy {}/{} {}", remark.namespace, remark.name, remark.path);
            found((symptom, severity, remark.reason), about, remark.found, Fix::Do(remark.advice))
        })
        .collect()
}

/// A peer without a namespace is one of the policy's own.
fn of_one_namespace(scene: &Scene<'_>, remark: &lint::Remark) -> bool {
    scene.setting.policy(&remark.namespace, &remark.name).is_some_and(|policy| {
        lint::peer_at(policy, &remark.path).is_some_and(|peer| {
            matches!(peer, crate::reach::Peer::Pods { namespaces: crate::reach::NamespacesOf::Own, .. })
        })
    })
}

/// Policies that select Pods on the host network, beside others: no policy is about those.
fn on_the_host_network(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let mut all = Vec::new();
    let in_scope = |pod: &&Pod| pod.host_network && scene.scope.has(&pod.namespace);
    let on_host: Vec<_> = picture.pods.iter().filter(in_scope).collect();
    for policy in picture.policies.iter().filter(|policy| policy.subject.selector().is_some()) {
        let selected: Vec<_> = on_host
            .iter()
            .filter(|pod| pod.namespace == policy.namespace && lint::matches(&policy.subject, &pod.labels))
            .collect();
        let Some(first) = selected.first() else { continue };
        all.push(found(
            (Symptom::StillAllowed, Severity::Warning, Reason::HostNetwork),
            format!("policy {}/{}", policy.namespace, policy.name),
            format!(
                "it selects {} of {} that are on the host network, where no policy applies to them",
                if selected.len() == 1 { "1 Pod".to_owned() } else { format!("{} Pods", selected.len()) },
                crate::explain::name_of_workload(first)
            ),
            Fix::Do(
                "take the Pods off the host network (`hostNetwork: false`), or protect their nodes instead".to_owned(),
            ),
        ));
    }
    all
}
