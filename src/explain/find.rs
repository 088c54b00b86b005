//! Who is meant by an end: Pods of the picture, an address, or somebody of whom nothing is known.

use std::net::IpAddr;

use super::{
    near::there_is,
    outside_name::service_of,
    spelling::{Spelling, kind_of, no_such_kind, short},
};
use crate::{
    model::ServiceRef,
    reach::{Picture, Pod, PodId},
};

/// An end that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How it is called in the answer.
    pub text: String,
    /// Who it is.
    pub who: Who,
    /// What has to be said about it.
    pub notes: Vec<String>,
}

/// Who an end is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// These Pods, by their position in the picture.
    Pods(Vec<PodId>),
    /// A Service, which leads to Pods.
    Service(ServiceRef),
    /// An address outside the cluster.
    Address(IpAddr),
    /// A node, as policies see it: like this Pod, which is on its network.
    Node(PodId),
    /// Whatever serves the ways in of the cluster.
    IngressController,
    /// Somebody of whom policies can say nothing, for this reason.
    Nobody(String),
}

/// How a Pod is called: what stands for Pods that are not there yet is called by its workload.
#[must_use]
pub fn name_of(pod: &Pod) -> String {
    if stands_for_others(pod) { name_of_workload(pod) } else { format!("{}/{}", pod.namespace, pod.name) }
}

/// How the Pods of a workload are called together; a Pod that nothing runs by its own name.
#[must_use]
pub fn name_of_workload(pod: &Pod) -> String {
    match pod.workload.kind.as_str() {
        "Pod" => format!("{}/{}", pod.namespace, pod.name),
        kind => format!("{}/{}/{}", pod.namespace, short(kind), pod.workload.name),
    }
}

/// Does it stand for the Pods that a workload will have?
#[must_use]
pub fn stands_for_others(pod: &Pod) -> bool {
    pod.workload.kind != "Pod" && pod.addresses.is_empty() && pod.workload.name == pod.name
}

/// Finds an end.
///
/// # Errors
/// When there is nothing of this name; with what there is.
pub fn find(spelling: &Spelling, picture: &Picture) -> Result<Found, String> {
    match spelling {
        Spelling::IngressController => Ok(found("{ingress-controller}".into(), Who::IngressController)),
        Spelling::Address(address) => Ok(at(*address, picture)),
        Spelling::Service { namespace, name } => service(namespace, name, picture),
        Spelling::Workload { namespace, kind, name } => workload(namespace, kind, name, picture),
        Spelling::Pod { namespace, name, bare } => pod(namespace, name, *bare, picture),
    }
}

const fn found(text: String, who: Who) -> Found {
    Found { text, who, notes: Vec::new() }
}

/// The Pods that hold, by number.
fn pods(picture: &Picture, holds: impl Fn(&Pod) -> bool) -> Vec<PodId> {
    let all = picture.pods.iter().zip(0..);
    all.filter(|(pod, _)| holds(pod)).map(|(_, id)| id).collect()
}

/// An address may be a Pod's or a Service's, and then policies do not see it as one.
fn at(address: IpAddr, picture: &Picture) -> Found {
    let having = pods(picture, |pod| pod.addresses.contains(&address));
    if let [id] = having[..]
        && let pod = &picture.pods[id as usize]
        && !pod.host_network
    {
        let name = name_of(pod);
        let note = format!("{address} is the address of Pod {name}; policies see the Pod");
        return Found { text: name, who: Who::Pods(having), notes: vec![note] };
    }
    if let Some((service, _)) = picture.services.iter().find(|(_, row)| row.cluster_ips.contains(&address)) {
        let text = service_text(service);
        let note = format!("{address} is the address of Service {}/{}", service.namespace, service.name);
        return Found { text, who: Who::Service(service.clone()), notes: vec![note] };
    }
    neither(address, picture)
}

/// An address that is no Pod and no Service: that of a node, when a Pod on the host network has it, or one outside.
pub(super) fn neither(address: IpAddr, picture: &Picture) -> Found {
    let text = address.to_string();
    let on_host = |(pod, _): &(&Pod, PodId)| pod.host_network && pod.addresses.contains(&address);
    if let Some((pod, id)) = picture.pods.iter().zip(0..).find(on_host) {
        let note = format!(
            "{address} is the address of a node ({}, which is on the host network, has it): whether blocks of addresses match \
             nodes is up to the CNI, and a Pod's own node may always call it",
            name_of(pod)
        );
        return Found { text, who: Who::Node(id), notes: vec![note] };
    }
    let mut notes = Vec::new();
    if hands_out_credentials(address) {
        notes.push(format!(
            "{address} is where clouds hand out the credentials of the machine; no fix is shown that would open it"
        ));
    }
    if address.is_loopback() {
        notes.push(format!("{address} never leaves the Pod; no policy is about it"));
    }
    Found { text, who: Who::Address(address), notes }
}

/// Is it the metadata service of a cloud?
#[must_use]
pub fn hands_out_credentials(address: IpAddr) -> bool {
    ["169.254.169.254", "fd00:ec2::254"].iter().any(|known| known.parse() == Ok(address))
}

fn service_text(service: &ServiceRef) -> String {
    format!("{}/svc/{}", service.namespace, service.name)
}

fn service(namespace: &str, name: &str, picture: &Picture) -> Result<Found, String> {
    let service = ServiceRef { namespace: namespace.to_owned(), name: name.to_owned() };
    if picture.services.contains_key(&service) {
        return Ok(found(service_text(&service), Who::Service(service)));
    }
    let exist: Vec<_> =
        picture.services.keys().filter(|one| one.namespace == namespace).map(|one| one.name.clone()).collect();
    let hint = in_namespace(namespace, name, "Service", &exist, picture);
    Err(format!("there is no Service '{name}' in namespace '{namespace}'; {hint}"))
}

fn workload(namespace: &str, kind: &str, name: &str, picture: &Picture) -> Result<Found, String> {
    // Written in any case, as kubectl takes it.
    let there =
        picture.pods.iter().map(|pod| pod.workload.kind.as_str()).find(|there| there.eq_ignore_ascii_case(kind));
    let kind = match there {
        Some(kind) => kind,
        None if kind_of(kind).is_none() => return Err(no_such_kind(kind)),
        None => kind,
    };
    let found_pods =
        pods(picture, |pod| pod.namespace == namespace && pod.workload.kind == kind && pod.workload.name == name);
    if !found_pods.is_empty() {
        return Ok(found(format!("{namespace}/{}/{name}", short(kind)), Who::Pods(found_pods)));
    }
    let of_kind = |pod: &&Pod| pod.namespace == namespace && pod.workload.kind == kind;
    let mut exist: Vec<_> = picture.pods.iter().filter(of_kind).map(|pod| pod.workload.name.clone()).collect();
    exist.dedup();
    let hint = in_namespace(namespace, name, kind, &exist, picture);
    Err(format!("there is no {kind} '{name}' with Pods in namespace '{namespace}'; {hint}"))
}

fn pod(namespace: &str, name: &str, bare: bool, picture: &Picture) -> Result<Found, String> {
    let found_pods = pods(picture, |pod| pod.namespace == namespace && pod.name == name);
    if let Some(first) = found_pods.first() {
        return Ok(found(name_of(&picture.pods[*first as usize]), Who::Pods(found_pods)));
    }
    if bare && name.contains('.') {
        return Ok(found(name.to_owned(), Who::Nobody(dns_name(name, picture))));
    }
    let here = || picture.pods.iter().filter(|pod| pod.namespace == namespace);
    if let Some(pod) = here().find(|pod| pod.workload.name == name) {
        let Pod { workload, .. } = pod;
        return Err(format!(
            "there is no Pod '{name}' in namespace '{namespace}'; write {namespace}/{}/{name} for the Pods of that {}",
            short(&workload.kind),
            workload.kind
        ));
    }
    let exist: Vec<_> = here().map(|pod| pod.name.clone()).collect();
    let hint = in_namespace(namespace, name, "Pod", &exist, picture);
    Err(format!("there is no Pod '{name}' in namespace '{namespace}'; {hint}"))
}

/// What there is; when the namespace has nothing at all, it may be the namespace that is wrong.
fn in_namespace(namespace: &str, name: &str, what: &str, exist: &[String], picture: &Picture) -> String {
    if exist.is_empty() && !picture.pods.iter().any(|pod| pod.namespace == namespace) {
        let mut namespaces: Vec<_> = picture.pods.iter().map(|pod| pod.namespace.clone()).collect();
        namespaces.dedup();
        return format!("nothing runs in that namespace; {}", there_is(namespace, "namespace with Pods", &namespaces));
    }
    there_is(name, what, exist)
}

/// Why nothing can be said of a DNS name, and what to write instead.
fn dns_name(name: &str, picture: &Picture) -> String {
    let instead = match service_of(name, picture) {
        Some(service) => format!("write {} for that Service", service_text(&service)),
        None => "write one of the addresses that it stands for".to_owned(),
    };
    format!("policies know no DNS names, only Pods and addresses; {instead}")
}
