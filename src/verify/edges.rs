//! Which connections are tried: every one that policies allow between the Pods that are asked about, and some that they deny.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use serde::Serialize;

use crate::{
    api::Protocol,
    explain::name_of_workload,
    model::Labels,
    reach::{BackendPort, Connection, End, Outcome, Picture, Pod, PodId, Reach},
};

/// Where names are resolved.
const DNS: u16 = 53;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// One of the Pods that are alike.
    pub pod: PodId,
    /// Its namespace.
    pub namespace: String,
    /// How it is called.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
}

/// What the policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// It is allowed.
    Allowed,
    /// It is denied.
    Denied,
}

/// A connection to be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// The protocol and the port of the Pod that is called.
    pub port: String,
    /// What the policies say.
    pub expected: Expected,
    /// The connection, as `tcp:10.0.0.7:8080`.
    pub target: String,
}

/// How much is tried.
#[derive(Clone, Debug)]
pub struct Extent {
    /// The namespaces whose Pods call, and are called.
    pub namespaces: BTreeSet<String>,
    /// So many of those that are denied are tried for each source; nothing for all.
    pub denied: Option<usize>,
}

/// One Pod of each kind in the namespaces: the others are alike to every policy. On the host network no policy is about a Pod.
#[must_use]
pub fn sources(picture: &Picture, reach: &Reach, extent: &Extent) -> Vec<Source> {
    kinds(picture, reach, extent)
        .into_iter()
        .map(|(id, pod)| Source {
            pod: id,
            namespace: pod.namespace.clone(),
            name: name_of_workload(pod),
            labels: pod.labels.clone(),
        })
        .collect()
}

fn kinds<'p>(picture: &'p Picture, reach: &Reach, extent: &Extent) -> Vec<(PodId, &'p Pod)> {
    reach.kinds(picture, |pod| {
        extent.namespaces.contains(&pod.namespace) && !pod.host_network && !pod.addresses.is_empty()
    })
}

/// The connections of a source: all that are allowed, and as many of the denied as are asked for, spread over the destinations.
#[must_use]
pub fn edges(picture: &Picture, reach: &Reach, source: &Source, extent: &Extent) -> Vec<Edge> {
    let mut all = Vec::new();
    for (id, pod) in kinds(picture, reach, extent) {
        // What happens to a Pod that calls itself is not defined.
        if id != source.pod {
            let ports = pod.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
            all.extend(ports.filter_map(|port| edge(reach, source, (id, pod), (Protocol::Tcp, port.number), "tcp")));
        }
    }
    for (id, ports) in resolvers(picture, reach) {
        let pod = &picture.pods[id as usize];
        if !extent.namespaces.contains(&pod.namespace) {
            let kind = |protocol| if protocol == Protocol::Udp { "dns" } else { "dnstcp" };
            all.extend(ports.into_iter().filter_map(|at| edge(reach, source, (id, pod), at, kind(at.0))));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|edge| seen.insert(edge.target.clone()));
    let Some(most) = extent.denied else { return all };
    let (denied, mut sample): (Vec<_>, Vec<_>) = all.into_iter().partition(|edge| edge.expected == Expected::Denied);
    // Not the first ones: they would all be of one destination.
    let step = denied.len().div_ceil(most.max(1)).max(1);
    sample.extend(denied.into_iter().step_by(step).take(most));
    sample
}

/// One Pod of the cluster's DNS for each of its Services, with its ports over UDP and TCP.
fn resolvers(picture: &Picture, reach: &Reach) -> Vec<(PodId, Vec<(Protocol, u16)>)> {
    let pods = picture.dns_services().filter_map(|(which, row)| {
        let behind = reach.behind(picture, (which, row), &BackendPort::Number(DNS));
        behind.into_iter().find(|(id, _)| {
            let pod = &picture.pods[*id as usize];
            !pod.host_network && !pod.addresses.is_empty()
        })
    });
    pods.map(|(id, ports)| {
        let both = [Protocol::Udp, Protocol::Tcp];
        let numbers = both.iter().filter_map(|protocol| Some((*protocol, ports.spans(*protocol).first()?.0)));
        (id, numbers.collect())
    })
    .collect()
}

fn edge(
    reach: &Reach,
    source: &Source,
    (id, pod): (PodId, &Pod),
    (protocol, port): (Protocol, u16),
    kind: &str,
) -> Option<Edge> {
    let connection = Connection { from: End::Pod(source.pod), to: End::Pod(id), protocol, port };
    let expected = match reach.query(&connection).outcome() {
        Outcome::Allowed => Expected::Allowed,
        Outcome::Denied => Expected::Denied,
        Outcome::Unknown => return None,
    };
    let address: IpAddr = *pod.addresses.first()?;
    let target = format!("{kind}:{}", SocketAddr::new(address, port));
    let port = format!("{} {port}", protocol.as_str());
    Some(Edge { from: source.name.clone(), to: name_of_workload(pod), port, expected, target })
}
