//! One connection that fails: what stands in its way, the policies first.

use super::{
    Diagnosis, Fix, Scene, Severity, Symptom, dns, enforcement, explain_from_ingress, hosts,
    scene::{fix_of, found},
    services,
};
use crate::{
    api::Reason,
    explain::{Answer, Explanation, Question, is_outside_name, name_of, name_of_workload},
    model::{DNS_NAMESPACES, ServiceRef},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Path {
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// At which port.
    pub port: Option<String>,
    /// The namespace of names without one.
    pub namespace: String,
}

/// What stands in the way; empty when nothing was found.
///
/// # Errors
/// When an end is not there; with what there is.
pub fn of_path(scene: &Scene<'_>, path: &Path) -> Result<(Explanation, Vec<Diagnosis>), String> {
    let Path { from, to, port, namespace } = path;
    let answer = explain_from_ingress(scene, Question { from, to, port: port.as_deref(), namespace })?;
    let mut all = match answer.verdict {
        // A rule for a port at which nobody listens would help nobody.
        Answer::Denied | Answer::Mixed if listens(&answer).is_some() => Vec::new(),
        Answer::Denied if answer.connections.is_empty() => vec![no_way_out(&answer)],
        Answer::Denied | Answer::Mixed => vec![denied(scene, &answer)],
        Answer::Unknown => vec![unknown(scene, &answer, path)],
        Answer::Allowed => Vec::new(),
    };
    if let Some(service) = &answer.service {
        let which = ServiceRef { namespace: service.namespace.clone(), name: service.name.clone() };
        if let Some(row) = scene.setting.picture.services.get(&which) {
            all.extend(services::of_service(scene, &which, row));
        }
    }
    if let Some(wrong) = untranslated(&answer) {
        all.retain(|one| one.code != Reason::TargetPortWrong);
        all.insert(0, wrong);
    }
    // A name that does not resolve looks like a call that fails.
    let callers: Vec<String> = answer
        .connections
        .iter()
        .flat_map(|one| &one.from_pods)
        // Of a name outside no connection is known.
        .chain([&answer.from])
        .filter_map(|name| {
            let (namespace, pod) = name.split_once('/')?;
            let pods = scene.setting.picture.pods.iter();
            let mut own = pods.filter(|one| {
                one.namespace == namespace
                    && (one.name == pod || name_of(one) == *name || name_of_workload(one) == *name)
            });
            own.next().map(name_of_workload)
        })
        .collect();
    let of_caller = |one: &Diagnosis| one.code == Reason::DnsPodsIsolated || callers.contains(&one.about);
    all.extend(dns::check(scene).into_iter().chain(hosts::check(scene)).filter(of_caller));
    all.extend(enforcement::check(scene));
    if answer.verdict == Answer::Allowed && all.iter().all(|one| one.severity == Severity::Note) {
        all.push(found(
            (Symptom::NotPolicy, Severity::Note, Reason::NoPolicyStandsInTheWay),
            format!("{} → {}", answer.from, answer.to),
            format!(
                "policies allow the call{}: if it fails, the app does not listen there, or only on its loopback address",
                if answer.service.is_some() { ", and the Service leads to Pods that are ready" } else { "" }
            ),
            where_it_listens(&answer),
        ));
    }
    Ok((answer, all))
}

/// Where the Pods of a headless Service listen, when the port that was asked for is another one.
fn listens(answer: &Explanation) -> Option<&str> {
    answer.service.as_ref()?.listens.first().map(String::as_str)
}

/// Callers of a headless Service arrive at a port at which nobody listens.
fn untranslated(answer: &Explanation) -> Option<Diagnosis> {
    let (listens, asked) = (listens(answer)?, answer.port.as_deref()?);
    let (protocol, number) = listens.split_once(' ')?;
    Some(found(
        (Symptom::NotPolicy, Severity::Error, Reason::TargetPortWrong),
        format!("{} → {} {asked}", answer.from, answer.to),
        format!(
            "the Service is headless, so nothing translates its ports: who calls {asked} arrives at {asked} of its Pods, and they \
             listen on {listens}"
        ),
        Fix::Ask(format!(
            "kubectl appnet diagnose --from {} --to {} --port {number}/{protocol}",
            answer.from, answer.to
        )),
    ))
}

/// Where the app listens, nobody can see from outside.
fn where_it_listens(answer: &Explanation) -> Fix {
    let pod = answer.connections.first().and_then(|one| one.to_pods.first());
    let Some((namespace, name)) = pod.and_then(|pod| pod.split_once('/')) else {
        return Fix::Do(format!("look whether {} listens there, and what stands between", answer.to));
    };
    Fix::Ask(format!("kubectl exec -n {namespace} {name} -- cat /proc/net/tcp /proc/net/tcp6"))
}

fn denied(scene: &Scene<'_>, answer: &Explanation) -> Diagnosis {
    let stopped = answer.connections.iter().find(|one| one.verdict == Answer::Denied);
    let said = stopped.map_or_else(String::new, |one| {
        let gates = [(&one.egress, "egress"), (&one.ingress, "ingress")];
        let closed = gates.into_iter().filter_map(|(side, word)| {
            let side = side.as_ref().filter(|side| side.gate == crate::explain::GateShown::Denied)?;
            let policies: Vec<_> = side.policies.iter().map(|one| format!("{}/{}", one.namespace, one.name)).collect();
            let near = side.near.first().map(|near| format!("; {near}")).or_else(|| {
                let rules = side.policies.iter().flat_map(|policy| {
                    let at = format!("{}/{}", policy.namespace, policy.name);
                    policy.rules.iter().map(move |rule| format!("; {at} {} {}", rule.path, rule.sentence))
                });
                rules.into_iter().next()
            });
            Some(format!(
                "the {word} of {} is isolated by {}, and no rule allows it{}",
                side.of,
                policies.join(", "),
                near.unwrap_or_default()
            ))
        });
        closed.collect::<Vec<_>>().join("; and ")
    });
    let (symptom, code) = row_of(scene, answer);
    let port = stopped.and_then(|one| one.port.clone()).or_else(|| answer.port.clone());
    let port = port.map(|port| format!(" {port}")).unwrap_or_default();
    let fix = fix_of(answer)
        .unwrap_or_else(|| Fix::Ask(format!("kubectl appnet explain --from {} --to {}", answer.from, answer.to)));
    found((symptom, Severity::Error, code), format!("{} → {}{port}", answer.from, answer.to), said, fix)
}

/// The row of the table that a denied connection belongs to.
fn row_of(scene: &Scene<'_>, answer: &Explanation) -> (Symptom, Reason) {
    let end = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let stopped = answer.connections.iter().find(|one| one.verdict == Answer::Denied);
    let (from, to) =
        stopped.map_or((answer.from.as_str(), answer.to.as_str()), |one| (one.from.as_str(), one.to.as_str()));
    let is_address = |name: &str| name.parse::<std::net::IpAddr>().is_ok();
    let port = stopped.and_then(|one| one.port.as_deref()).or(answer.port.as_deref()).unwrap_or_default();
    let is_dns = DNS_NAMESPACES.contains(&end(to).as_str()) && (port.ends_with(" 53") || port.ends_with(" 5353"));
    let of_controller = || {
        let pods = super::callers::controllers(scene, None);
        // Only of what calls as the ingress controller ways in are told.
        answer.from == "{ingress-controller}"
            || !answer.ways_in.is_empty()
            || pods.iter().any(|(_, pod)| crate::explain::name_of(pod) == from)
    };
    let scrapes = || super::callers::scrapers(scene).iter().any(|(_, pod)| crate::explain::name_of(pod) == from);
    if is_dns {
        (Symptom::Dns, Reason::DnsBlocked)
    } else if is_address(to) {
        (Symptom::Outside, Reason::EgressBlocked)
    } else if of_controller() {
        (Symptom::Ingress, Reason::IngressBlocked)
    } else if scrapes() {
        (Symptom::Metrics, Reason::MonitoringBlocked)
    } else if end(from) == end(to) {
        (Symptom::SameNamespace, Reason::SameNamespaceBlocked)
    } else {
        (Symptom::CrossNamespace, Reason::CrossNamespaceBlocked)
    }
}

/// A name outside the cluster, where no address at all may be called.
fn no_way_out(answer: &Explanation) -> Diagnosis {
    let port = answer.port.as_ref().map(|port| format!(" {port}")).unwrap_or_default();
    found(
        (Symptom::Outside, Severity::Error, Reason::EgressBlocked),
        format!("{} → {}{port}", answer.from, answer.to),
        answer.reason.clone().unwrap_or_default(),
        Fix::Ask(format!("nslookup {}", answer.to)),
    )
}

fn unknown(scene: &Scene<'_>, answer: &Explanation, path: &Path) -> Diagnosis {
    let reason = answer.reason.clone().or_else(|| answer.connections.iter().find_map(|one| one.reason.clone()));
    let port = path.port.as_ref().map(|port| format!(" --port {port}")).unwrap_or_default();
    let outside = is_outside_name(&answer.to, scene.setting.picture);
    found(
        (if outside { Symptom::Outside } else { Symptom::NotPolicy }, Severity::Warning, Reason::CannotBeKnown),
        format!("{} → {}", answer.from, answer.to),
        reason.unwrap_or_else(|| "what policies say of one of the two ends is not defined".to_owned()),
        Fix::Ask(format!("kubectl appnet explain -n {} --from {} --to {}{port}", path.namespace, path.from, path.to)),
    )
}
