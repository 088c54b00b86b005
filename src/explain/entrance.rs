//! Calls of the ingress controller: nobody knows its labels, nor its namespace.

use super::{
    answer::{Answer, ConnectionShown, GateShown, PolicyShown, RuleShown, SideShown},
    case::{Group, names},
    find::name_of,
    origin,
    port::{At, is_among, shown, written},
    setting::Setting,
};
use crate::reach::{Direction, End, NamespacesOf, Peer, Peers, Pod, PodId, PodsOf, Policy, Rule};

/// As answers write it.
const CONTROLLER: &str = "{ingress-controller}";

/// Why nothing can be said of the controller's calls to what no policy protects.
pub(super) const UNKNOWN: &str = "nothing is known of the Pods of the ingress controller; write them as --from";

/// May just any Pod call these?
pub(super) fn look(setting: &Setting<'_>, called: &[Group]) -> Vec<ConnectionShown> {
    let each = |group: &Group| {
        let ports: Vec<_> =
            if group.ports.is_empty() { vec![None] } else { group.ports.iter().copied().map(Some).collect() };
        ports.into_iter().map(|at| one(setting, group, at)).collect::<Vec<_>>()
    };
    called.iter().flat_map(each).collect()
}

fn one(setting: &Setting<'_>, group: &Group, at: Option<At>) -> ConnectionShown {
    match (group.end, setting.pod(group.end)) {
        (End::Pod(id), Some(pod)) if !pod.host_network => of_pod(setting, group, (id, pod), at),
        (_, Some(pod)) => beyond(setting, group, at, on_the_host_network(pod)),
        _ => beyond(setting, group, at, UNKNOWN.to_owned()),
    }
}

fn on_the_host_network(pod: &Pod) -> String {
    format!(
        "{} is on the host network: on the wire it is its node, and what policies say of nodes is not defined",
        name_of(pod)
    )
}

/// No policy protects them here, so it is up to what isolates the controller, and of that nobody knows.
fn beyond(setting: &Setting<'_>, group: &Group, at: Option<At>, reason: String) -> ConnectionShown {
    ConnectionShown {
        verdict: Answer::Unknown,
        from: CONTROLLER.into(),
        to: setting.name(group.end),
        port: at.map(shown),
        allowed_ports: None,
        from_pods: Vec::new(),
        to_pods: names(setting, group),
        reason: Some(reason),
        egress: None,
        ingress: None,
    }
}

/// The ways in that lead to one of these Pods, in a sentence each.
pub(super) fn ways_in(setting: &Setting<'_>, called: &[Group]) -> Vec<String> {
    let pods: Vec<PodId> = called.iter().flat_map(|group| group.pods.iter().copied()).collect();
    let mut found = Vec::new();
    for entry in &setting.picture.entries {
        for entrance in setting.reach.entrances(setting.picture, entry) {
            let crate::reach::Entry { kind, namespace, name, .. } = entry;
            let mut led_to = entrance.pods.iter().filter(|pod| pods.contains(pod));
            let Some(pod) = led_to.next() else { continue };
            let pod = name_of(&setting.picture.pods[*pod as usize]);
            let more = match led_to.count() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let service = &entrance.service;
            found.push(format!(
                "{kind} {namespace}/{name} leads through Service {}/{} to {} of {pod}{more}",
                service.namespace, service.name, entrance.ports
            ));
        }
    }
    found
}

fn of_pod(setting: &Setting<'_>, group: &Group, (id, pod): (PodId, &Pod), at: Option<At>) -> ConnectionShown {
    let isolating = setting.reach.isolating(id, Direction::Ingress).iter();
    let policies: Vec<&Policy> = isolating
        .filter_map(|policy| {
            let (namespace, name) = setting.reach.policy_name(*policy)?;
            setting.policy(namespace, name)
        })
        .collect();
    let open = setting.reach.open_to_any_pod(id);
    let is_open = at.map_or_else(|| !open.is_empty(), |(protocol, number)| open.contains(protocol, number));
    let shown_policies: Vec<_> = policies.iter().map(|policy| of_policy(setting, policy, pod, at)).collect();
    let some = shown_policies.iter().any(|policy| !policy.rules.is_empty());
    let of = name_of(pod);
    let (gate, sentence) = match (policies.is_empty(), is_open, some) {
        (true, ..) => (GateShown::Open, format!("no policy isolates {of} for ingress, so all may pass")),
        (_, true, _) => (GateShown::Allowed, format!("a rule lets every Pod of every namespace call {of}")),
        (_, _, true) => (
            GateShown::Unknown,
            "rules let some callers pass, and nobody knows whether the controller is one of them".to_owned(),
        ),
        _ => (GateShown::Denied, format!("no rule lets anybody call {of} there")),
    };
    let (verdict, reason) = match gate {
        GateShown::Open | GateShown::Allowed => (Answer::Allowed, None),
        GateShown::Denied => (Answer::Denied, None),
        GateShown::Unknown => (
            Answer::Unknown,
            Some("write the Pods of your ingress controller as --from to have a certain answer".to_owned()),
        ),
    };
    ConnectionShown {
        verdict,
        from: CONTROLLER.into(),
        to: of.clone(),
        port: at.map(shown),
        allowed_ports: at.is_none().then(|| open.to_string()),
        from_pods: Vec::new(),
        to_pods: names(setting, group),
        reason,
        egress: None,
        ingress: Some(SideShown { of, gate, sentence, policies: shown_policies, near: Vec::new() }),
    }
}

fn of_policy(setting: &Setting<'_>, policy: &Policy, pod: &Pod, at: Option<At>) -> PolicyShown {
    let Policy { namespace, name, .. } = policy;
    let rules = policy.rules(Direction::Ingress).unwrap_or_default();
    let has_port = |rule: &Rule| at.is_none_or(|at| is_among(&rule.ports, Some(pod), at));
    let shown = rules.iter().enumerate().filter(|(_, rule)| has_port(rule)).map(|(position, rule)| {
        let path = format!("spec.ingress[{position}]");
        let allows = is_for_all(rule);
        let who = if allows { "every Pod" } else { "some callers only" };
        let place = setting.sources.policy(namespace, name, &path);
        let sentence = format!("is for {who}, at {}", written(&rule.ports));
        RuleShown { number: position + 1, path, place, allows, sentence, fields: Vec::new() }
    });
    PolicyShown {
        namespace: namespace.clone(),
        name: name.clone(),
        place: setting.sources.policy(namespace, name, ""),
        profile: origin::profile_of(setting, namespace, name),
        rules_in_all: rules.len(),
        rules: shown.collect(),
    }
}

fn is_for_all(rule: &Rule) -> bool {
    match &rule.peers {
        Peers::Any => true,
        Peers::These(peers) => peers.contains(&Peer::Pods { namespaces: NamespacesOf::All, pods: PodsOf::All }),
    }
}
