//! The connections behind a question: one for each kind that policies can tell apart.

use std::collections::BTreeMap;

use super::{
    answer::{Answer, ConnectionShown, GateShown},
    find::{Found, Who, name_of},
    hop::Hop,
    port::{At, Wanted, named, shown},
    setting::Setting,
    side::{Asked, side},
};
use crate::{
    api::Protocol,
    reach::{ClassId, Connection, End, Outcome, PodId},
};

/// Why nothing can be said of two addresses.
pub(super) const OUTSIDE: &str = "both ends are outside the cluster, and no policy is about that";

/// Pods that policies cannot tell apart, or an address; and the ports of the question there.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// One of them.
    pub end: End,
    /// All of them; none for an address.
    pub pods: Vec<PodId>,
    /// The ports; empty when nobody knows them.
    pub ports: Vec<At>,
}

/// One kind of connection.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub from: Group,
    pub to: Group,
    /// The port; nothing when it is about every port.
    pub at: Option<At>,
    pub answer: Answer,
}

/// The Pods of an end, those that are alike together.
pub(super) fn groups(setting: &Setting<'_>, pods: impl IntoIterator<Item = (PodId, Vec<At>)>) -> Vec<Group> {
    let mut found: BTreeMap<(ClassId, Vec<At>), Vec<PodId>> = BTreeMap::new();
    for (pod, ports) in pods {
        found.entry((setting.reach.class_of(pod), ports)).or_default().push(pod);
    }
    let mut groups: Vec<_> = found
        .into_iter()
        .filter_map(|((_, ports), pods)| Some(Group { end: End::Pod(*pods.first()?), pods, ports }))
        .collect();
    groups.sort_by_key(|group| group.end);
    groups
}

/// The groups of the end that calls: its own ports do not matter.
pub(super) fn callers(setting: &Setting<'_>, who: &Who) -> Vec<Group> {
    match who {
        Who::Pods(pods) => groups(setting, pods.iter().map(|pod| (*pod, Vec::new()))),
        who => groups_of(setting, who, &Wanted::Every),
    }
}

/// The groups of an end that has no Service before it.
pub(super) fn groups_of(setting: &Setting<'_>, who: &Who, wanted: &Wanted) -> Vec<Group> {
    match who {
        Who::Pods(pods) => groups(setting, pods.iter().map(|pod| (*pod, ports(setting, *pod, wanted)))),
        Who::Address(address) => {
            vec![Group { end: End::Address(*address), pods: Vec::new(), ports: by_number(wanted) }]
        }
        // What its Pods declare says nothing of what the node itself listens on.
        Who::Node(pod) => vec![Group { end: End::Pod(*pod), pods: vec![*pod], ports: by_number(wanted) }],
        Who::Service(_) | Who::IngressController | Who::Nobody(_) => Vec::new(),
    }
}

/// The groups behind a Service. `addresses` is what each of those addresses of the hop is that are no Pods.
pub(super) fn groups_behind(setting: &Setting<'_>, hop: &Hop, addresses: &[Found]) -> Vec<Group> {
    let mut groups = groups(setting, hop.pods.iter().cloned());
    let addresses = hop.addresses.iter().cloned().zip(addresses);
    groups.extend(addresses.map(|((address, ports), found)| match found.who {
        // As for an address that was asked for: it is a node's, and blocks may or may not match it.
        Who::Node(pod) => Group { end: End::Pod(pod), pods: vec![pod], ports },
        _ => Group { end: End::Address(address), pods: Vec::new(), ports },
    }));
    groups
}

fn by_number(wanted: &Wanted) -> Vec<At> {
    if let Wanted::Number(protocol, number) = wanted { vec![(*protocol, *number)] } else { Vec::new() }
}

fn ports(setting: &Setting<'_>, pod: PodId, wanted: &Wanted) -> Vec<At> {
    let pod = &setting.picture.pods[pod as usize];
    match wanted {
        Wanted::Number(protocol, number) => vec![(*protocol, *number)],
        Wanted::Name(protocol, name) => named(pod, *protocol, name.as_str()),
        Wanted::Every => {
            let mut ports: Vec<_> = pod.ports.iter().map(|port| (port.protocol, port.number)).collect();
            ports.sort_unstable();
            ports.dedup();
            ports
        }
    }
}

/// Looks at every pair of groups.
pub(super) fn look(
    setting: &Setting<'_>,
    (callers, called): (&[Group], &[Group]),
    wanted: &Wanted,
) -> (Vec<Case>, Vec<ConnectionShown>) {
    let (mut cases, mut shown) = (Vec::new(), Vec::new());
    for from in callers {
        for to in called {
            if let (End::Address(_), End::Address(_)) = (from.end, to.end) {
                shown.push(ConnectionShown { reason: Some(OUTSIDE.to_owned()), ..empty(setting, from, to) });
                continue;
            }
            let ports: Vec<_> = match to.ports[..] {
                [] if *wanted == Wanted::Every => vec![None],
                [] => {
                    shown.push(portless(setting, from, to, wanted));
                    continue;
                }
                _ => to.ports.iter().copied().map(Some).collect(),
            };
            for at in ports {
                let one = connection(setting, from, to, at, *wanted == Wanted::Every);
                cases.push(Case { from: from.clone(), to: to.clone(), at, answer: one.verdict });
                shown.push(one);
            }
        }
    }
    (cases, shown)
}

/// The ends of a group, by name.
pub(super) fn names(setting: &Setting<'_>, group: &Group) -> Vec<String> {
    match group.end {
        End::Address(address) => vec![address.to_string()],
        End::Pod(_) => group.pods.iter().map(|pod| name_of(&setting.picture.pods[*pod as usize])).collect(),
    }
}

fn empty(setting: &Setting<'_>, from: &Group, to: &Group) -> ConnectionShown {
    ConnectionShown {
        verdict: Answer::Unknown,
        from: setting.name(from.end),
        to: setting.name(to.end),
        port: None,
        allowed_ports: None,
        from_pods: names(setting, from),
        to_pods: names(setting, to),
        reason: None,
        egress: None,
        ingress: None,
    }
}

fn portless(setting: &Setting<'_>, from: &Group, to: &Group, wanted: &Wanted) -> ConnectionShown {
    let port = wanted.text().unwrap_or_default();
    let reason = match setting.pod(to.end) {
        None => format!("an address has no names for its ports; write the number in place of {port}"),
        Some(pod) => {
            let mut named: Vec<_> =
                pod.ports.iter().filter(|port| !port.name.is_empty()).map(|port| port.name.as_str()).collect();
            named.dedup();
            let has = if named.is_empty() { "none that has a name".to_owned() } else { named.join(", ") };
            format!(
                "{} declares no {port} that is meant here, so nobody knows its number; it declares {has}",
                name_of(pod)
            )
        }
    };
    ConnectionShown { port: Some(port), reason: Some(reason), ..empty(setting, from, to) }
}

fn connection(setting: &Setting<'_>, from: &Group, to: &Group, at: Option<At>, every: bool) -> ConnectionShown {
    // Without a port the story is told for any one, and only what it says of peers is used.
    let (protocol, port) = at.unwrap_or((Protocol::Tcp, 1));
    let connection = Connection { from: from.end, to: to.end, protocol, port };
    let [egress, ingress] = setting.reach.story(&connection);
    let asked = |subject, other| Asked { setting, subject, other, called: to.end, at };
    let egress = side(asked(from.end, to.end), &egress);
    let ingress = side(asked(to.end, from.end), &ingress);
    let between = setting.reach.ports_between(from.end, to.end);
    let gates = [egress.gate, ingress.gate];
    // A Pod that calls itself: what policies say of that is undefined (kubernetes/kubernetes#95879). Only where nothing stops it, it
    // is known.
    let itself = matches!(&from.pods[..], [_]) && from.pods == to.pods;
    let verdict = match setting.reach.query(&connection).outcome() {
        _ if at.is_none() && !between.is_empty() => Answer::Allowed,
        _ if at.is_none() && !gates.contains(&GateShown::Denied) && gates.contains(&GateShown::Unknown) => {
            Answer::Unknown
        }
        _ if at.is_none() => Answer::Denied,
        Outcome::Allowed => Answer::Allowed,
        Outcome::Denied => Answer::Denied,
        Outcome::Unknown => Answer::Unknown,
    };
    let undefined = itself && verdict == Answer::Denied;
    ConnectionShown {
        verdict: if undefined { Answer::Unknown } else { verdict },
        port: at.map(shown),
        allowed_ports: every.then(|| between.to_string()),
        reason: undefined
            .then(|| "what policies do to a Pod's connections to itself is undefined: CNIs differ".to_owned()),
        egress: Some(egress),
        ingress: Some(ingress),
        ..empty(setting, from, to)
    }
}
