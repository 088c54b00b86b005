//! Metrics are missing: a scraper that is not let in, or a monitor that names a port which is not there.

use super::{Diagnosis, Fix, Scene, Severity, Symptom, callers, scene::found};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    observe::{Monitor, ServiceKind},
    reach::{BackendPort, Direction, End, Outcome, Pod, PodId},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let scrapers = callers::scrapers(scene);
    let mut all = Vec::new();
    for monitor in scene.world.callers.monitors() {
        let targets = targets(scene, monitor);
        for (port, pods) in &targets {
            let scoped =
                pods.iter().filter(|(pod, _)| scene.scope.has(&scene.setting.picture.pods[*pod as usize].namespace));
            let scoped: Vec<_> = scoped.copied().collect();
            let Some((pod, _)) = scoped.first() else { continue };
            let first = &scene.setting.picture.pods[*pod as usize];
            let about = format!("{} {}/{}", monitor.kind, monitor.namespace, monitor.name);
            let Some((to, number)) = scoped.iter().find_map(|(pod, number)| Some((*pod, (*number)?))) else {
                let declared: Vec<_> = first
                    .ports
                    .iter()
                    .filter(|port| !port.name.is_empty())
                    .map(|port| format!("'{}'", port.name))
                    .collect();
                all.push(found(
                    (Symptom::Metrics, Severity::Error, Reason::MonitorPortWrong),
                    about,
                    format!(
                        "it scrapes the port '{port}', which {} does not have; it has {}",
                        name_of_workload(first),
                        said(&declared)
                    ),
                    Fix::Ask(format!(
                        "kubectl get {} -n {} {} -o yaml",
                        monitor.kind.to_lowercase(),
                        monitor.namespace,
                        monitor.name
                    )),
                ));
                continue;
            };
            let answers = &scene.setting.picture.pods[to as usize];
            if scrapers.is_empty() {
                all.extend(nobody_scrapes(scene, &about, (to, answers), number));
                continue;
            }
            let mut callers = scrapers.iter().filter(|(_, pod)| !pod.host_network);
            let denied = |(scraper, _): &(PodId, &Pod)| {
                scene.outcome(*scraper, End::Pod(to), (Protocol::Tcp, number)) == Outcome::Denied
            };
            // Of several scrapers one that passes is enough: which of them reads this monitor is not to be seen.
            if let Some((_, pod)) = callers.clone().next().filter(|_| callers.all(denied)) {
                all.push(found(
                    (Symptom::Metrics, Severity::Error, Reason::MonitoringBlocked),
                    about.clone(),
                    format!(
                        "{} scrapes {} at TCP {number}, and policies do not let it",
                        name_of_workload(pod),
                        name_of_workload(answers)
                    ),
                    scene.fix(&name_of(pod), &name_of(answers), (Protocol::Tcp, number)),
                ));
            }
        }
    }
    all
}

/// Nothing can be said of a scraper that is not among what was read: where policies let in just anybody, it may pass.
fn nobody_scrapes(scene: &Scene<'_>, about: &str, (id, pod): (PodId, &Pod), number: u16) -> Option<Diagnosis> {
    let open = scene.setting.reach.open_to_any_pod(id).contains(Protocol::Tcp, number);
    (scene.is_isolated(id, Direction::Ingress) && !open).then(|| {
        found(
            (Symptom::Metrics, Severity::Warning, Reason::CannotBeKnown),
            about,
            format!(
                "it scrapes {} at TCP {number}, which is isolated by {}, and no Pod of Prometheus is among what was read: whether it \
                 is let in is unknown",
                name_of_workload(pod),
                scene.isolating(id, Direction::Ingress).join(", ")
            ),
            Fix::Ask("kubectl get pods -A --show-labels | grep -iE 'prometheus|vmagent|grafana-agent'".to_owned()),
        )
    })
}

fn said(names: &[String]) -> String {
    if names.is_empty() { "no port with a name".to_owned() } else { names.join(", ") }
}

/// A Pod, and its number for the port that is scraped, if it has one.
pub(super) type Scraped = (PodId, Option<u16>);

/// For each port of a monitor: the Pods, each with its number there, if it has one.
pub(super) fn targets(scene: &Scene<'_>, monitor: &Monitor) -> Vec<(String, Vec<Scraped>)> {
    let picture = scene.setting.picture;
    let of_port = |port: &String| {
        let mut pods: Vec<Scraped> = Vec::new();
        if monitor.kind == "PodMonitor" {
            for (id, pod) in scene.kinds_of_all_pods() {
                if monitor.looks_at(&pod.namespace) && monitor.selects.matches(&pod.labels) {
                    let number = pod.ports.iter().find(|one| one.name == *port).map(|one| one.number);
                    pods.push((id, number.or(port.parse().ok())));
                }
            }
            return (port.clone(), pods);
        }
        for (which, row) in picture
            .services
            .iter()
            .filter(|(which, row)| monitor.looks_at(&which.namespace) && monitor.selects.matches(&row.labels))
        {
            let ServiceKind::Pods(labels) = &row.kind else { continue };
            let by_name = scene.setting.reach.behind(picture, (which, row), &BackendPort::Name(port.clone()));
            for id in scene.setting.reach.pods_with(&which.namespace, labels) {
                let pod = &picture.pods[id as usize];
                let through = by_name
                    .iter()
                    .find(|(other, _)| *other == id)
                    .and_then(|(_, ports)| ports.spans(Protocol::Tcp).first().map(|(first, _)| *first));
                let own = || pod.ports.iter().find(|one| one.name == *port).map(|one| one.number);
                pods.push((id, through.or_else(own).or(port.parse().ok())));
            }
        }
        (port.clone(), pods)
    };
    monitor.ports.iter().map(of_port).collect()
}
