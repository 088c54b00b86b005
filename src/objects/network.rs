//! Services, their endpoints, and policies.

use k8s_openapi::api::{
    core::v1::{ServiceSpec, ServiceStatus},
    discovery::v1::EndpointPort,
    networking::v1::NetworkPolicySpec,
};
use serde::Deserialize;

use super::{
    metadata::Metadata,
    object::{Content, Identity},
};
use crate::{
    model::ServiceRef,
    observe::{Endpoints, ServiceDetails, ServiceRow},
    reach::{Policy, Seat},
};

/// The label by which an `EndpointSlice` says whose it is.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

pub(super) fn service(metadata: Metadata, spec: ServiceSpec, status: &ServiceStatus) -> Content {
    let from_outside = matches!(spec.type_.as_deref(), Some("LoadBalancer" | "NodePort"));
    let keeps_addresses = spec.external_traffic_policy.as_deref() == Some("Local");
    let details = from_outside.then_some(ServiceDetails { keeps_addresses });
    Content::Service(ServiceRow::read(metadata.labels, spec, Some(status)), details)
}

pub(super) fn policy(identity: &Identity, spec: &NetworkPolicySpec) -> Content {
    match Policy::read(&identity.namespace, &identity.name, spec) {
        Ok(policy) => Content::Policy(policy),
        Err(refusals) => Content::Refused(refusals),
    }
}

/// What is needed of an `EndpointSlice`, which has no spec.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Slice {
    pub metadata: Option<Metadata>,
    endpoints: Option<Vec<Endpoint>>,
    ports: Option<Vec<EndpointPort>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    addresses: Option<Vec<String>>,
    #[serde(rename = "targetRef")]
    target: Option<Target>,
}

/// What an endpoint is; a Pod, mostly.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

/// The endpoints of a slice; nothing when it names no Service.
pub(super) fn endpoints(identity: &Identity, metadata: &mut Metadata, slice: &Slice) -> Content {
    let Some(name) = metadata.labels.remove(SERVICE_NAME) else { return Content::Nothing };
    let service = ServiceRef { namespace: identity.namespace.clone(), name };
    let listed = || slice.endpoints.iter().flatten();
    let addresses = listed().flat_map(|endpoint| endpoint.addresses.iter().flatten());
    let endpoints = Endpoints::of_service(service, addresses, slice.ports.iter().flatten());
    let seats = listed().map(|endpoint| endpoint.seat(&identity.namespace)).collect();
    Content::Endpoints(endpoints, seats)
}

impl Endpoint {
    fn seat(&self, namespace: &str) -> Seat {
        let target = self.target.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"));
        let pod = target.and_then(|target| {
            let namespace = target.namespace.clone().unwrap_or_else(|| namespace.to_owned());
            Some((namespace, target.name.clone()?))
        });
        let addresses = self.addresses.iter().flatten().filter_map(|text| text.parse().ok());
        Seat { addresses: addresses.collect(), pod }
    }
}
