//! What is evaluated: Pods, namespaces, policies, and what leads to Pods.
//!
//! It can come from files, from a live cluster or from the operator's watches; the evaluator does not know.

use std::{collections::BTreeMap, net::IpAddr};

use super::Policy;
use crate::{
    api::Protocol,
    model::{Labels, ServiceRef},
    observe::{CallerTable, EndpointPort, NetworkSigns, ServiceRow, Workload},
};

/// A state of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Namespaces with their labels. One that is not here and has Pods or policies is taken to have the labels that the
    /// API server gives to every namespace, and no others.
    pub namespaces: BTreeMap<String, Labels>,
    /// Pods, or what stands for them: a workload that has no Pods yet is here as one Pod made from its template.
    pub pods: Vec<Pod>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Services.
    pub services: BTreeMap<ServiceRef, ServiceRow>,
    /// Who is behind Services, where somebody lists it. What is listed of a Service that selects Pods repeats what they say.
    pub slices: BTreeMap<ServiceRef, Vec<Slice>>,
    /// Ways in through an ingress controller.
    pub entries: Vec<Entry>,
    /// What says who calls from beyond an app.
    pub callers: CallerTable,
    /// What the settings and programs of the network say about enforcement.
    pub network: NetworkSigns,
    /// Policies that decide about connections too and are not evaluated.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Do blocks of addresses match Pods that have such an address? The API leaves it open, and CNIs differ: Cilium never
    /// does that, others do. So: no, unless asked.
    pub blocks_match_pods: bool,
}

/// A Pod, or what stands for Pods that are not there yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name; for what stands for Pods that are not there yet, that of the workload.
    pub name: String,
    /// What runs it; for a bare Pod itself.
    pub workload: Workload,
    /// Its labels.
    pub labels: Labels,
    /// The ports that its containers declare.
    pub ports: Vec<PodPort>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// On the host network it has the addresses of its node, and what policies do is not defined.
    pub host_network: bool,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodPort {
    /// Its name; empty when it has none.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// An `EndpointSlice`: some of those behind a Service, and the ports of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Who they are.
    pub seats: Vec<Seat>,
    /// Their ports, each under the name of the Service's port that it stands for.
    pub ports: Vec<EndpointPort>,
}

/// Somebody behind a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// The addresses; the first one counts, as for kube-proxy.
    pub addresses: Vec<IpAddr>,
    /// The Pod that it is, by namespace and name, where the slice says so.
    pub pod: Option<(String, String)>,
}

/// A way in through an ingress controller: an `Ingress`, a `Route` of OpenShift, or a route of the Gateway API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The kind of the object.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub backends: Vec<Backend>,
}

/// Where a way in leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The Service.
    pub service: ServiceRef,
    /// Which of its ports; all of them when none is named.
    pub port: BackendPort,
}

/// How a way in names the port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendPort {
    /// Not at all.
    All,
    /// The Service's port of this number.
    Number(u16),
    /// The Service's port of this name.
    Name(String),
    /// The Pods' port of this number (a `Route` of OpenShift may name it).
    Target(u16),
    /// The Pods' port of this name.
    TargetName(String),
}

/// A policy of an API that is not evaluated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotEvaluated {
    /// Its kind, as `AdminNetworkPolicy`.
    pub kind: String,
    /// Its namespace; empty for one of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
