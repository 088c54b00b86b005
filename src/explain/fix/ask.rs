//! What a fix has to open, and nothing else.

use std::collections::BTreeSet;

use super::{
    super::{
        case::{Case, Group},
        port::{At, named as ports_named},
        setting::Setting,
    },
    selector::{Named, named},
};
use crate::{
    api::Protocol,
    model::{PortName, PortRange},
    observe::Workload,
    reach::{Connection, Direction, End, FarEnd, Gate, Pod, PodId, PortSet},
};

/// What a fix has to open.
pub(super) struct Ask<'c> {
    pub cases: &'c [Case],
    /// The caller and the called, as rules name them.
    pub from: Named,
    pub to: Named,
    /// The ports, as rules name them.
    pub ports: Vec<(Protocol, PortRange)>,
    /// Is the way out, and the way in, closed to any of them?
    pub closed: [bool; 2],
    from_pods: BTreeSet<(String, Workload)>,
    to_pods: BTreeSet<(String, Workload)>,
    allowed: PortSet,
}

impl<'c> Ask<'c> {
    /// What these cases need; nothing when no rule can say it.
    pub(super) fn new(setting: &Setting<'_>, cases: &'c [Case]) -> Option<Self> {
        let callers: Vec<_> = cases.iter().map(|case| &case.from).collect();
        let called: Vec<_> = cases.iter().map(|case| &case.to).collect();
        let mut ats: Vec<At> = cases.iter().filter_map(|case| case.at).collect();
        ats.sort_unstable();
        ats.dedup();
        let mut closed = [false; 2];
        for connection in cases.iter().filter_map(connection) {
            let verdict = setting.reach.query(&connection);
            closed[0] |= verdict.egress == Gate::Denied;
            closed[1] |= verdict.ingress == Gate::Denied;
        }
        Some(Self {
            cases,
            from: named(setting, &callers)?,
            to: named(setting, &called)?,
            ports: ports(setting, cases, &ats),
            closed,
            from_pods: workloads(setting, &callers),
            to_pods: workloads(setting, &called),
            allowed: PortSet::of(ats.iter().map(|(protocol, number)| (*protocol, (*number, *number)))),
        })
    }

    /// The end that a side is about, and the other.
    pub(super) const fn ends(&self, direction: Direction) -> (&Named, &Named) {
        match direction {
            Direction::Egress => (&self.from, &self.to),
            Direction::Ingress => (&self.to, &self.from),
        }
    }

    /// The Pods of one end.
    pub(super) fn pods(&self, direction: Direction) -> impl Iterator<Item = PodId> + '_ {
        let side = move |case: &'c Case| match direction {
            Direction::Egress => &case.from,
            Direction::Ingress => &case.to,
        };
        self.cases.iter().flat_map(move |case| side(case).pods.iter().copied())
    }

    /// Are all these Pods of the end whose side this is?
    pub(super) fn is_only<'p>(&self, direction: Direction, mut pods: impl Iterator<Item = &'p Pod>) -> bool {
        let own = if direction == Direction::Egress { &self.from_pods } else { &self.to_pods };
        pods.all(|pod| own.contains(&(pod.namespace.clone(), pod.workload.clone())))
    }

    /// Is this what was asked to be opened: these two ends, at no other port?
    pub(super) fn covers(&self, setting: &Setting<'_>, from: &FarEnd, to: &FarEnd, opened: &PortSet) -> bool {
        is_one(setting, from, &self.from, &self.from_pods)
            && is_one(setting, to, &self.to, &self.to_pods)
            && opened.without(&self.allowed).is_empty()
    }
}

/// The connection of a case.
pub(super) fn connection(case: &Case) -> Option<Connection> {
    let (protocol, port) = case.at?;
    Some(Connection { from: case.from.end, to: case.to.end, protocol, port })
}

fn is_one(setting: &Setting<'_>, end: &FarEnd, named: &Named, workloads: &BTreeSet<(String, Workload)>) -> bool {
    match end {
        FarEnd::Addresses(span) => {
            span.first == span.last
                && matches!(named, Named::Block(block) if block.split('/').next() == Some(&span.first.to_string()))
        }
        FarEnd::Node(key) => {
            let mut pods = setting.picture.pods.iter().filter(|pod| pod.namespace == key.namespace);
            let own = (key.namespace.clone(), Workload { kind: key.kind.clone(), name: key.name.clone() });
            workloads.contains(&own)
                || key.kind == "Pod"
                    && pods.any(|pod| {
                        pod.name == key.name && workloads.contains(&(pod.namespace.clone(), pod.workload.clone()))
                    })
        }
    }
}

fn workloads(setting: &Setting<'_>, groups: &[&Group]) -> BTreeSet<(String, Workload)> {
    let pods = groups.iter().flat_map(|group| &group.pods).map(|id| &setting.picture.pods[*id as usize]);
    pods.map(|pod| (pod.namespace.clone(), pod.workload.clone())).collect()
}

/// Numbers; where the Pods have different ones under one name, that name.
fn ports(setting: &Setting<'_>, cases: &[Case], ats: &[At]) -> Vec<(Protocol, PortRange)> {
    if ats.len() > 1
        && let Some(found) = one_name(setting, cases)
    {
        return vec![found];
    }
    ats.iter().map(|(protocol, number)| (*protocol, PortRange::Numbers(*number, *number))).collect()
}

fn one_name(setting: &Setting<'_>, cases: &[Case]) -> Option<(Protocol, PortRange)> {
    let first = cases.first()?;
    let (protocol, number) = first.at?;
    let End::Pod(pod) = first.to.end else { return None };
    let names = setting.picture.pods[pod as usize]
        .ports
        .iter()
        .filter(|port| (port.protocol, port.number) == (protocol, number));
    let fits = |name: &str| {
        cases.iter().all(|case| {
            let mut pods = case.to.pods.iter().map(|id| &setting.picture.pods[*id as usize]);
            pods.all(|pod| case.at.is_some_and(|at| ports_named(pod, Some(protocol), name) == [at]))
        })
    };
    let name = names.map(|port| port.name.as_str()).find(|name| !name.is_empty() && fits(name))?;
    Some((protocol, PortRange::Name(PortName::parse(name)?)))
}
