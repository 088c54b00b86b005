//! The whole picture.

use super::{EndpointTable, NamespaceTable, PodTable, PolicyTable, ServiceTable};

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
    /// Does the cluster know policies of Cilium's own?
    pub cilium: CiliumApi,
}

/// Does the cluster know `CiliumNetworkPolicies` (`cilium.io/v2`)?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CiliumApi {
    /// No, or nobody wants to know.
    #[default]
    NotServed,
    /// Yes, but they may not be listed.
    Hidden,
    /// Yes, and those that are there are known.
    Served,
}
