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
    /// NetworkPolicies.
    pub policies: PolicyTable,
}
