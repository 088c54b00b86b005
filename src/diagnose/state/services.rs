//! Policies allow the port, and the app times out: Services that lead nowhere, or to ports that nobody listens on.

use std::collections::BTreeSet;

use super::{
    Diagnosis, Fix, Scene, Severity, Symptom,
    scene::{found, target},
};
use crate::{
    api::Reason,
    diagnose::{alike, near_misses},
    explain::{listens_elsewhere, name_of_workload},
    model::{Labels, PortRange, Selector, ServiceRef},
    observe::{PodClass, ServiceKind, ServicePortRow, ServiceRow},
    reach::{Pod, PodId},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let services = scene.setting.picture.services.iter().filter(|(which, _)| scene.scope.has(&which.namespace));
    services.flat_map(|(which, row)| of_service(scene, which, row)).collect()
}

/// What is wrong with a Service and what it leads to.
pub(super) fn of_service(scene: &Scene<'_>, which: &ServiceRef, row: &ServiceRow) -> Vec<Diagnosis> {
    match &row.kind {
        ServiceKind::ExternalName => Vec::new(),
        ServiceKind::Endpoints => no_endpoints(scene, which).into_iter().collect(),
        ServiceKind::Pods(labels) => {
            let reach = scene.setting.reach;
            let pods: Vec<_> = reach.pods_with(&which.namespace, labels).collect();
            if pods.is_empty() {
                return vec![no_pods(scene, which, labels)];
            }
            let wrong = |port| {
                if row.headless {
                    untranslated(scene, which, port, &pods)
                } else {
                    no_such_port(scene, which, port, &pods)
                }
            };
            let mut all: Vec<_> = row.ports.iter().filter_map(wrong).collect();
            all.extend(not_ready(scene, which, &pods));
            all
        }
    }
}

fn about(which: &ServiceRef) -> String {
    format!("{}/svc/{}", which.namespace, which.name)
}

fn words(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// A Service that nobody lists endpoints for. That of the API server is written by the API server.
fn no_endpoints(scene: &Scene<'_>, which: &ServiceRef) -> Option<Diagnosis> {
    let listed =
        scene.setting.picture.slices.get(which).is_some_and(|slices| slices.iter().any(|one| !one.seats.is_empty()));
    (scene.whole && !listed).then(|| {
        found(
            (Symptom::NotPolicy, Severity::Error, Reason::ServiceWithoutEndpoints),
            about(which),
            "the Service has no selector, and no EndpointSlice lists an address for it: nobody answers".to_owned(),
            Fix::Do("give the Service a selector, or create an EndpointSlice for it".to_owned()),
        )
    })
}

fn no_pods(scene: &Scene<'_>, which: &ServiceRef, labels: &Labels) -> Diagnosis {
    let own = scene.setting.picture.pods.iter().filter(|pod| pod.namespace == which.namespace);
    let classes: Vec<PodClass> = own
        .map(|pod| PodClass { workload: pod.workload.clone(), labels: pod.labels.clone(), ..PodClass::default() })
        .collect();
    let misses = Selector::of_labels(labels.clone())
        .map(|selector| near_misses(&selector, &classes.iter().collect::<Vec<_>>()))
        .unwrap_or_default();
    let near = if misses.is_empty() { String::new() } else { format!("; {}", misses.join(", ")) };
    let ServiceRef { namespace, name } = which;
    // The labels of the Pods that come closest, when one kind of them does.
    let fix = match closest(labels, &classes) {
        Some(better) => Fix::Command(format!(
            "kubectl patch service {name} -n {namespace} --type json -p '[{{\"op\":\"replace\",\"path\":\"/spec/selector\",\"value\":{}}}]'",
            serde_json::json!(better)
        )),
        None => Fix::Ask(format!("kubectl get pods -n {namespace} --show-labels")),
    };
    found(
        (Symptom::NotPolicy, Severity::Error, Reason::ServiceWithoutEndpoints),
        about(which),
        format!(
            "the Service selects Pods with {}, and there is none in namespace '{namespace}': nobody answers{near}",
            words(labels)
        ),
        fix,
    )
}

/// Keys under which people write the name of an app.
const NAMES: [&str; 5] = ["app", "name", "k8s-app", "app.kubernetes.io/name", "component"];

/// For each wanted label the one that a single workload has under the same key or value; nothing when that is not clear.
fn closest(labels: &Labels, classes: &[PodClass]) -> Option<Labels> {
    let mut candidates = BTreeSet::new();
    for class in classes {
        let better: Option<Labels> = labels
            .iter()
            .map(|(key, value)| {
                // The same value under another key that names an app; what an app is part of selects its neighbours too.
                let names = |key: &str| NAMES.contains(&key);
                let same_value = class.labels.iter().find(|(key, other)| *other == value && names(key));
                let same_key = class.labels.get_key_value(key).filter(|(_, other)| alike(value, other));
                same_key.or(same_value).map(|(key, value)| (key.clone(), value.clone()))
            })
            .collect();
        if let Some(better) = better {
            candidates.insert(better);
        }
    }
    let mut all = candidates.into_iter();
    all.next().filter(|_| all.next().is_none())
}

/// A target port that no container of the Pods has.
fn no_such_port(scene: &Scene<'_>, which: &ServiceRef, port: &ServicePortRow, pods: &[PodId]) -> Option<Diagnosis> {
    let picture = scene.setting.picture;
    let pods: Vec<&Pod> = pods.iter().map(|pod| &picture.pods[*pod as usize]).collect();
    let has = |pod: &&&Pod| {
        pod.ports.iter().any(|declared| {
            declared.protocol == port.protocol
                && match &port.target {
                    PortRange::Numbers(number, _) => declared.number == *number,
                    PortRange::Name(name) => declared.name == name.as_str(),
                }
        })
    };
    if pods.iter().any(|pod| has(&pod)) {
        return None;
    }
    let first = pods.first()?;
    let declared: Vec<_> = first
        .ports
        .iter()
        .map(|port| match port.name.as_str() {
            "" => format!("{} {}", port.protocol.as_str(), port.number),
            name => format!("{} {} ('{name}')", port.protocol.as_str(), port.number),
        })
        .collect();
    // Containers need not declare a port to listen on it: a number is only a suspicion, and nothing declared is none.
    let (severity, target_text) = match &port.target {
        PortRange::Name(name) => (Severity::Error, format!("'{}'", name.as_str())),
        // Nor are the ports of a mesh's proxy those of the app.
        PortRange::Numbers(..) if declared.is_empty() || scene.has_a_mesh(first) => return None,
        PortRange::Numbers(number, _) => (Severity::Warning, number.to_string()),
    };
    let has_text = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
    let of_protocol: Vec<_> = first.ports.iter().filter(|declared| declared.protocol == port.protocol).collect();
    let ServiceRef { namespace, name } = which;
    let place = scene.setting.picture.services.get(which)?.ports.iter().position(|other| other == port)?;
    // A name that no container has leads nowhere for certain, and the only port is the one that was meant. A number may be one that
    // the app listens on and does not declare.
    let fix = match (&port.target, &of_protocol[..]) {
        (PortRange::Name(_), [only]) => Fix::Command(format!(
            "kubectl patch service {name} -n {namespace} --type json -p '[{{\"op\":\"test\",\"path\":\"/spec/ports/{place}/port\",\"value\":{}}},\
             {{\"op\":\"replace\",\"path\":\"/spec/ports/{place}/targetPort\",\"value\":{}}}]'",
            port.port, only.number
        )),
        _ => Fix::Ask(format!("kubectl exec -n {namespace} {} -- cat /proc/net/tcp /proc/net/tcp6", target(first))),
    };
    Some(found(
        (Symptom::NotPolicy, severity, Reason::TargetPortWrong),
        about(which),
        format!(
            "port {} {} leads to the target port {target_text} of its Pods, which no container of {} declares: it declares {has_text}",
            port.protocol.as_str(),
            port.port,
            name_of_workload(first)
        ),
        fix,
    ))
}

/// A headless Service whose Pods listen at another port than its own: nothing translates one into the other.
fn untranslated(scene: &Scene<'_>, which: &ServiceRef, port: &ServicePortRow, pods: &[PodId]) -> Option<Diagnosis> {
    let pods: Vec<&Pod> = pods.iter().map(|pod| &scene.setting.picture.pods[*pod as usize]).collect();
    let listens = listens_elsewhere(&pods, port);
    // Proxies of a mesh may translate them all the same.
    let first = pods.first().filter(|pod| !listens.is_empty() && !scene.has_a_mesh(pod))?;
    let listens: Vec<_> = listens.iter().map(|(protocol, number)| format!("{} {number}", protocol.as_str())).collect();
    let listens = listens.join(", ");
    let own = format!("{} {}", port.protocol.as_str(), port.port);
    Some(found(
        (Symptom::NotPolicy, Severity::Warning, Reason::TargetPortWrong),
        about(which),
        format!(
            "it is headless, so nothing translates its port {own} to the target port: callers of {own} arrive at {own} of its Pods, \
             and {} listens on {listens}",
            name_of_workload(first)
        ),
        Fix::Do(format!(
            "call it at {listens}, or let it have an address (without `clusterIP: None`), which translates ports"
        )),
    ))
}

/// Services do not lead to Pods that are not ready.
fn not_ready(scene: &Scene<'_>, which: &ServiceRef, pods: &[PodId]) -> Option<Diagnosis> {
    let picture = scene.setting.picture;
    let is_ready = |id: &&PodId| {
        let pod = &picture.pods[**id as usize];
        !scene.details.pod(&pod.namespace, &pod.name).is_some_and(|details| details.not_ready)
    };
    let ready = pods.iter().filter(is_ready).count();
    if ready == pods.len() {
        return None;
    }
    let first = pods.iter().find(|id| !is_ready(id)).map(|id| &picture.pods[*id as usize])?;
    let (all, not) = (pods.len(), pods.len() - ready);
    let severity = if ready == 0 { Severity::Error } else { Severity::Warning };
    Some(found(
        (Symptom::NotPolicy, severity, Reason::PodsNotReady),
        about(which),
        format!(
            "{}, and the Service does not lead to {}",
            match (not, all) {
                (1, 1) => format!("its only Pod, {}/{}, is not ready", first.namespace, first.name),
                (1, _) => format!("1 of its {all} Pods, {}/{}, is not ready", first.namespace, first.name),
                _ => format!("{not} of its {all} Pods are not ready, as {}/{}", first.namespace, first.name),
            },
            if not == 1 { "it" } else { "them" }
        ),
        Fix::Ask(format!("kubectl describe pod -n {} {}", first.namespace, first.name)),
    ))
}
