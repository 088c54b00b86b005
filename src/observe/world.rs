//! The whole picture.

use super::{CallerTable, EndpointTable, NamespaceTable, NetworkSigns, PodTable, PolicyTable, ServiceTable};

/// Everything that the pure steps know of the cluster.
#[derive(Debug, Default)]
pub struct World {
    /// Pods, by class.
    pub pods: PodTable,
    /// Namespaces and their labels.
    pub namespaces: NamespaceTable,
    /// Services.
    pub services: ServiceTable,
    /// Endpoints of Services without a selector, and of the API server.
    pub endpoints: EndpointTable,
    /// Policies.
    pub policies: PolicyTable,
    /// What says who calls from beyond an app.
    pub callers: CallerTable,
    /// What the settings and programs of the network say about enforcement.
    pub network: NetworkSigns,
    /// Does the cluster know policies of Cilium's own?
    pub cilium: Availability,
}

/// Does the cluster know a kind that not every cluster knows?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// No, or nobody wants to know.
    #[default]
    NotServed,
    /// Yes, but they may not be listed.
    Hidden,
    /// Yes, and its objects are known.
    Served,
}
