//! What was looked at and is well: a line for each symptom of which nothing was found, with numbers, so that "nothing is wrong" can
//! be told from "nothing was there to look at".

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Diagnosis, Scene, Severity, Symptom, dns};
use crate::{
    api::Reason,
    diagnose::enforcement,
    explain::name_of_workload,
    model::ServiceRef,
    observe::{ServiceKind, ServiceRow},
    reach::{Direction, Peer, Pod, PodId},
};

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// The symptom that it would explain.
    pub symptom: Symptom,
    /// What there is, in one sentence.
    pub said: String,
}

/// A line for every symptom of which no finding is an error or a warning.
#[must_use]
pub fn looked(scene: &Scene<'_>, findings: &[Diagnosis]) -> Vec<Looked> {
    let found: BTreeSet<_> =
        findings.iter().filter(|one| one.severity != Severity::Note).map(|one| one.symptom).collect();
    let pods = scene.kinds_of_pods();
    let said = |symptom| match symptom {
        Symptom::StillAllowed => isolation(scene, &pods),
        Symptom::Dns => names(scene, &pods),
        Symptom::Ingress => ways_in(scene),
        Symptom::SameNamespace => {
            "no rule for a call within a namespace was found whose other half is missing".to_owned()
        }
        Symptom::CrossNamespace => {
            "no rule for a call between namespaces was found whose other half is missing".to_owned()
        }
        Symptom::Outside => blocks(scene),
        Symptom::NotPolicy => services(scene),
        Symptom::Metrics => monitors(scene),
    };
    let well = Symptom::ALL.into_iter().filter(|symptom| !found.contains(symptom));
    well.map(|symptom| Looked { symptom, said: said(symptom) }).collect()
}

fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Workloads, not Pods: their number does not change with every rollout.
fn workloads<'a>(pods: impl Iterator<Item = &'a Pod>) -> usize {
    pods.map(name_of_workload).collect::<BTreeSet<_>>().len()
}

fn isolation(scene: &Scene<'_>, pods: &[(PodId, &Pod)]) -> String {
    let cni = enforcement(scene.cni, scene.world);
    let cni = match cni.reason {
        Reason::CniDetected => format!("{}, which enforces policies in its usual settings", cni.found),
        _ if scene.details.network.aws_enforces == Some(true) => {
            "found the AWS VPC CNI, which is told to enforce policies".to_owned()
        }
        _ => "what was read does not tell which CNI there is".to_owned(),
    };
    let isolated =
        |direction| workloads(pods.iter().filter(|(id, _)| scene.is_isolated(*id, direction)).map(|(_, pod)| *pod));
    let policies = scene.setting.picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)).count();
    format!(
        "{cni}; of {}, {} isolate {} for ingress and {} for egress",
        counted(workloads(pods.iter().map(|(_, pod)| *pod)), "workload", "workloads"),
        counted(policies, "policy", "policies"),
        isolated(Direction::Ingress),
        isolated(Direction::Egress)
    )
}

fn names(scene: &Scene<'_>, pods: &[(PodId, &Pod)]) -> String {
    let Some((service, may_ask)) = dns::who_may_ask(scene, pods) else {
        return "no Pod that answers for the cluster's DNS was read, or they are on the host network".to_owned();
    };
    let all = counted(workloads(pods.iter().map(|(_, pod)| *pod)), "workload", "workloads");
    format!(
        "{} of {all} may ask {}/svc/{} over UDP and TCP",
        workloads(may_ask.into_iter()),
        service.namespace,
        service.name
    )
}

fn ways_in(scene: &Scene<'_>) -> String {
    let entries = &scene.setting.picture.entries;
    let of_scope = |namespace: &String| scene.scope.has(namespace);
    let count = entries.iter().filter(|entry| entry.backends.iter().any(|to| of_scope(&to.service.namespace))).count();
    match count {
        0 => "no Ingress and no route that leads here was read".to_owned(),
        _ => format!(
            "{} here; nothing was found that keeps out a controller that is known to serve one",
            counted(count, "Ingress or route leads", "Ingresses and routes lead")
        ),
    }
}

fn blocks(scene: &Scene<'_>) -> String {
    let policies = scene.setting.picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace));
    let rules = policies.filter_map(|policy| policy.rules(Direction::Egress)).flatten();
    let has_a_block = |peer: &Peer| matches!(peer, Peer::Block { .. });
    match rules.filter(|rule| rule.peers.listed().iter().any(has_a_block)).count() {
        0 => "no egress rule names addresses".to_owned(),
        count => {
            format!("{} addresses; none was found wrong", counted(count, "egress rule names", "egress rules name"))
        }
    }
}

fn services(scene: &Scene<'_>) -> String {
    let leads = |(which, row): &(&ServiceRef, &ServiceRow)| match &row.kind {
        ServiceKind::Pods(labels) => scene.setting.reach.pods_with(&which.namespace, labels).next().is_some(),
        ServiceKind::Endpoints | ServiceKind::ExternalName => false,
    };
    let services = scene.setting.picture.services.iter().filter(|(which, _)| scene.scope.has(&which.namespace));
    match services.filter(leads).count() {
        0 => "no Service that selects Pods was read".to_owned(),
        count => {
            format!(
                "{} Pods; nothing was found wrong with their ports",
                counted(count, "Service selects", "Services select")
            )
        }
    }
}

fn monitors(scene: &Scene<'_>) -> String {
    match scene.details.monitors.iter().filter(|one| scene.scope.has(&one.namespace)).count() {
        0 => "no ServiceMonitor and no PodMonitor was read here".to_owned(),
        count => format!(
            "{} here; nothing was found that keeps a scraper from what it asks for",
            counted(count, "monitor is", "monitors are")
        ),
    }
}
