//! What is known of objects beyond what policies look at: why a connection that is allowed may fail all the same. Only what
//! is out of the ordinary is kept, so that a large cluster costs little more than its list.

use std::{collections::BTreeMap, net::IpAddr};

use crate::model::ServiceRef;

/// What is known beside the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Pods, by namespace and name; those that are in no way out of the ordinary are left out.
    pub pods: BTreeMap<(String, String), PodDetails>,
    /// Services that are reached from outside the cluster.
    pub services: BTreeMap<ServiceRef, ServiceDetails>,
    /// Services that the API server calls.
    pub webhooks: Vec<Webhook>,
}

/// What is out of the ordinary about a Pod, or about what stands for Pods that are not there yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodDetails {
    /// Its condition `Ready` is False: Services do not lead to it.
    pub not_ready: bool,
    /// Whom it asks for names, when not the cluster.
    pub names: Names,
    /// The names that it answers itself, from its `/etc/hosts`, each with the address there.
    pub aliases: Vec<(String, IpAddr)>,
    /// The mesh whose proxy is in it.
    pub mesh: Option<Mesh>,
}

/// Whom a Pod asks for names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// The cluster's DNS.
    #[default]
    Cluster,
    /// That of its node (`dnsPolicy: Default`), and these.
    Node(Vec<IpAddr>),
    /// These alone (`dnsPolicy: None`).
    These(Vec<IpAddr>),
}

/// A service mesh, by the proxy that it puts into Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mesh {
    /// Istio with sidecars.
    Istio,
    /// Linkerd.
    Linkerd,
}

/// How a Service is reached from outside the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceDetails {
    /// `externalTrafficPolicy: Local`: the caller's address is kept. Otherwise it may be replaced by a node's.
    pub keeps_addresses: bool,
}

/// A Service that the API server calls, for admission or as a part of the API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Webhook {
    /// The kind of the object that says so.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The Service.
    pub service: ServiceRef,
    /// Its port.
    pub port: u16,
}

impl PodDetails {
    /// Is there anything to say?
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        *self == Self::default()
    }
}

impl Details {
    /// What is out of the ordinary about a Pod.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&PodDetails> {
        // A key of borrowed texts would need a type of its own; this is asked of a few Pods.
        self.pods.get(&(namespace.to_owned(), name.to_owned()))
    }
}
