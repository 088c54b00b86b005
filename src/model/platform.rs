//! The platform's settings, validated.

use super::{Cidr, Destination, Peer, Problems, Resolver, parse};
use crate::api::{Cni, Discovery, OperatorConfig};

/// Where the cluster's DNS runs, OpenShift's in a namespace of its own. Profiles are always refused there, because isolating it
/// cuts DNS for all.
pub const DNS_NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];

/// What the platform team says once for all profiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Platform {
    /// Where profiles are refused.
    pub protected_namespaces: Vec<String>,
    /// Where DNS is, when the cluster does not tell.
    pub dns: DnsSetting,
    /// The scrapers, for profiles that name none.
    pub monitoring: Vec<Peer>,
    /// The ingress controllers, for profiles that name none.
    pub ingress_controllers: Vec<Peer>,
    /// Are scrapers and ingress controllers looked for where neither a profile nor the platform names them?
    pub discovery: Discovery,
    /// Destinations of every tier.
    pub telemetry: Vec<Destination>,
    /// The blocks that CIDRs of profiles must lie in; empty means no ceiling.
    pub cidr_ceiling: Vec<Cidr>,
    /// The CNI, where it is set.
    pub cni: Cni,
}

/// Where DNS is, when the cluster does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DnsSetting {
    /// Addresses of node-local caches.
    pub node_local: Vec<Cidr>,
    /// Resolvers in place of the cluster's DNS Service.
    pub resolvers: Vec<Resolver>,
}

impl Platform {
    /// Reads the operator's configuration. `kube-system` and `openshift-dns` are protected in any case.
    ///
    /// # Errors
    /// All problems that were found, with paths that begin at the file's top.
    pub fn parse(config: &OperatorConfig) -> Result<Self, Problems> {
        parse::platform(config)
    }

    /// Does a block lie inside the ceiling, or is there none?
    #[must_use]
    pub fn allows(&self, cidr: &Cidr) -> bool {
        self.cidr_ceiling.is_empty() || self.cidr_ceiling.iter().any(|allowed| allowed.contains(cidr))
    }

    /// Are ingress controllers looked for where a profile names none?
    #[must_use]
    pub fn finds_controllers(&self) -> bool {
        self.discovery == Discovery::Auto && self.ingress_controllers.is_empty()
    }

    /// Are scrapers looked for where a profile names none?
    #[must_use]
    pub fn finds_scrapers(&self) -> bool {
        self.discovery == Discovery::Auto && self.monitoring.is_empty()
    }

    /// Are profiles refused in this namespace?
    #[must_use]
    pub fn protects(&self, namespace: &str) -> bool {
        self.protected_namespaces.iter().any(|protected| protected == namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Destination, ServicePeer};

    #[test]
    fn a_service_of_the_platform_needs_its_namespace() {
        let service = |namespace: Option<&str>| {
            let service = ServicePeer { namespace: namespace.map(str::to_owned), name: "otel".into() };
            let telemetry = Destination { name: "otel".into(), service: Some(service), ..Destination::default() };
            Platform::parse(&OperatorConfig { telemetry: vec![telemetry], ..OperatorConfig::default() })
        };
        assert!(service(Some("observability")).is_ok());
        let problems = service(None).expect_err("it could not be found anywhere").to_string();
        assert!(problems.contains("telemetry[0].service.namespace"), "{problems}");
    }
}
