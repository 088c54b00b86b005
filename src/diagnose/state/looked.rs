//! What was looked at: a line for each symptom of which nothing was found, so that "nothing is wrong" can be told from "nothing was
//! there to look at".

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Diagnosis, Scene, Severity, Symptom, dns, ingress, metrics};
use crate::{
    api::Reason,
    diagnose::enforcement,
    explain::name_of_workload,
    model::ServiceRef,
    observe::{Monitor, Names, ServiceKind, ServiceRow},
    reach::{Direction, Peer, Peers, Pod, PodId, Policy, Rule},
};

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// The symptom that it would explain.
    pub symptom: Symptom,
    /// There was something to look at, and it is well. Otherwise nothing was there, or it may be meant and may be the cause.
    pub well: bool,
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
        Symptom::SameNamespace => halves("within a namespace"),
        Symptom::CrossNamespace => halves("between namespaces"),
        Symptom::Outside => outside(scene, &pods),
        Symptom::NotPolicy => services(scene),
        Symptom::Metrics => monitors(scene),
    };
    let silent = Symptom::ALL.into_iter().filter(|symptom| !found.contains(symptom));
    let of = |symptom| {
        let (well, said) = said(symptom);
        Looked { symptom, well, said }
    };
    silent.map(of).collect()
}

/// Is it well, and what there is.
type Said = (bool, String);

fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Workloads, not Pods: their number does not change with every rollout.
fn workloads<'a>(pods: impl Iterator<Item = &'a Pod>) -> usize {
    pods.map(name_of_workload).collect::<BTreeSet<_>>().len()
}

fn isolation(scene: &Scene<'_>, pods: &[(PodId, &Pod)]) -> Said {
    let cni = enforcement(scene.cni, scene.world);
    let (well, cni) = match cni.reason {
        Reason::CniDetected => (true, format!("{}, which enforces policies in its usual settings", cni.found)),
        _ => (false, "what was read does not tell which CNI there is".to_owned()),
    };
    let isolated =
        |direction| workloads(pods.iter().filter(|(id, _)| scene.is_isolated(*id, direction)).map(|(_, pod)| *pod));
    let policies = scene.setting.picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)).count();
    let said = format!(
        "{cni}; {}; of {}, {} isolated for ingress and {} for egress",
        counted(policies, "policy", "policies"),
        counted(workloads(pods.iter().map(|(_, pod)| *pod)), "workload", "workloads"),
        isolated(Direction::Ingress),
        isolated(Direction::Egress)
    );
    (well, said)
}

fn names(scene: &Scene<'_>, pods: &[(PodId, &Pod)]) -> Said {
    let asks_the_cluster = |(_, pod): &&(PodId, &Pod)| {
        let details = scene.details.pod(&pod.namespace, &pod.name);
        details.is_none_or(|details| details.names == Names::Cluster)
    };
    let pods: Vec<_> = pods.iter().filter(asks_the_cluster).copied().collect();
    let (services, may_ask) = dns::who_may_ask(scene, &pods);
    if services.is_empty() {
        return (
            false,
            "no Pod that answers for the cluster's DNS was read, or they are on the host network".to_owned(),
        );
    }
    let services: Vec<_> = services.iter().map(|one| format!("{}/svc/{}", one.namespace, one.name)).collect();
    let one_of = if services.len() == 1 { "" } else { "one of " };
    let said = format!(
        "{} of {} that ask the cluster may ask {one_of}{} over UDP and TCP",
        workloads(may_ask.into_iter()),
        counted(workloads(pods.iter().map(|(_, pod)| *pod)), "workload", "workloads"),
        services.join(", ")
    );
    (true, said)
}

fn ways_in(scene: &Scene<'_>) -> Said {
    let (mut all, mut served) = (0, 0);
    for entry in &scene.setting.picture.entries {
        let entrances = scene.setting.reach.entrances(scene.setting.picture, entry);
        if entrances.iter().any(|entrance| !entrance.pods.is_empty() && scene.scope.has(&entrance.service.namespace)) {
            all += 1;
            served += usize::from(!ingress::servers(scene, entry).is_empty());
        }
    }
    let said = match (all, served) {
        (0, _) => "no Ingress and no route that leads to Pods here was read".to_owned(),
        (all, 0) => format!(
            "{} to Pods here, and nobody who serves them was found among what was read",
            counted(all, "Ingress or route leads", "Ingresses and routes lead")
        ),
        (all, served) => format!(
            "{} to Pods here; of {served} it was found who serves them, and nothing keeps them out",
            counted(all, "Ingress or route leads", "Ingresses and routes lead")
        ),
    };
    (all > 0 && served == all, said)
}

/// Rules for everybody are passed over, and of very many only some are compared.
fn halves(calls: &str) -> Said {
    (true, format!("of the rules that name callers or called {calls}, none was found whose other half is missing"))
}

fn outside(scene: &Scene<'_>, pods: &[(PodId, &Pod)]) -> Said {
    let names_addresses = |rule: &Rule| {
        rule.peers == Peers::Any || rule.peers.listed().iter().any(|peer| matches!(peer, Peer::Block { .. }))
    };
    let is_shut_in = |id: PodId| {
        let mut policies = scene.policies(id, Direction::Egress);
        let opens = |policy: &Policy| policy.rules(Direction::Egress).unwrap_or_default().iter().any(names_addresses);
        scene.is_isolated(id, Direction::Egress) && !policies.any(opens)
    };
    let all = counted(workloads(pods.iter().map(|(_, pod)| *pod)), "workload", "workloads");
    match workloads(pods.iter().filter(|(id, _)| is_shut_in(*id)).map(|(_, pod)| *pod)) {
        0 => (true, format!("{all} may call addresses outside the cluster; no rule for addresses was found wrong")),
        shut => (false, format!("{shut} of {all} may call no address outside the cluster, which may be meant")),
    }
}

fn services(scene: &Scene<'_>) -> Said {
    let leads = |(which, row): &(&ServiceRef, &ServiceRow)| match &row.kind {
        ServiceKind::Pods(labels) => scene.setting.reach.pods_with(&which.namespace, labels).next().is_some(),
        ServiceKind::Endpoints | ServiceKind::ExternalName => false,
    };
    let services = scene.setting.picture.services.iter().filter(|(which, _)| scene.scope.has(&which.namespace));
    match services.filter(leads).count() {
        0 => (false, "no Service that selects Pods here was read".to_owned()),
        count => {
            let services = counted(count, "Service selects", "Services select");
            (true, format!("{services} Pods; nothing was found wrong with their ports"))
        }
    }
}

fn monitors(scene: &Scene<'_>) -> Said {
    let pods = &scene.setting.picture.pods;
    let asks = |monitor: &&Monitor| {
        let targets = metrics::targets(scene, monitor);
        targets.iter().flat_map(|(_, pods)| pods).any(|(id, _)| scene.scope.has(&pods[*id as usize].namespace))
    };
    match scene.world.callers.monitors().filter(asks).count() {
        0 => (false, "no ServiceMonitor and no PodMonitor that asks for Pods here was read".to_owned()),
        count => {
            let monitors = counted(count, "monitor asks", "monitors ask");
            (true, format!("{monitors} for Pods here; nothing was found that keeps a scraper from them"))
        }
    }
}
