//! Ways in through an ingress controller: `Ingress`, and the `Route` of OpenShift.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use super::{
    metadata::Metadata,
    object::{Content, Identity},
};
use crate::{
    model::ServiceRef,
    observe::{EntrySource, public},
    reach::{Backend, BackendPort},
};

/// What is needed of the spec of an Ingress. Versions before v1 wrote a backend in another way.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IngressSpec {
    #[serde(alias = "backend")]
    default_backend: Option<IngressBackend>,
    ingress_class_name: Option<String>,
    rules: Option<Vec<IngressRule>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressRule {
    http: Option<Http>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    paths: Option<Vec<HttpPath>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HttpPath {
    backend: Option<IngressBackend>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IngressBackend {
    service: Option<IngressService>,
    service_name: Option<String>,
    service_port: Option<IntOrString>,
}

#[derive(Debug, Deserialize)]
struct IngressService {
    name: String,
    #[serde(default)]
    port: Option<IngressPort>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IngressPort {
    number: Option<u16>,
    name: Option<String>,
}

/// What is needed of the status of an Ingress: its controller writes it, and whoever may write the Ingress may not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IngressStatus {
    load_balancer: Option<Published>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Published {
    ingress: Option<Vec<Address>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    ip: Option<String>,
    hostname: Option<String>,
}

pub(super) fn ingress(identity: &Identity, metadata: Metadata, spec: IngressSpec, status: IngressStatus) -> Content {
    let rules = spec.rules.into_iter().flatten().filter_map(|rule| rule.http?.paths).flatten();
    let backends = spec.default_backend.into_iter().chain(rules.filter_map(|path| path.backend));
    let published = status.load_balancer.and_then(|published| published.ingress).into_iter().flatten();
    let addresses = published.flat_map(|one| one.ip.into_iter().chain(one.hostname)).map(|text| public(&text));
    let source = EntrySource {
        class: spec.ingress_class_name.or_else(|| metadata.annotations?.ingress_class),
        addresses: addresses.collect(),
        ..EntrySource::default()
    };
    entry(
        source,
        backends.filter_map(|backend| {
            let (name, port) = match (backend.service, backend.service_name) {
                (Some(IngressService { name, port }), _) => (name, port.unwrap_or_default().read()),
                (None, Some(name)) => (name, backend.service_port.map_or(BackendPort::All, of_service)),
                // It leads to a resource of another kind.
                (None, None) => return None,
            };
            Some(Backend { service: identity.neighbour(name), port })
        }),
    )
}

impl IngressPort {
    fn read(self) -> BackendPort {
        match (self.number.filter(|number| *number != 0), self.name.filter(|name| !name.is_empty())) {
            (Some(number), _) => BackendPort::Number(number),
            (None, Some(name)) => BackendPort::Name(name),
            (None, None) => BackendPort::All,
        }
    }
}

/// A port of a Service, as older versions of an Ingress name it.
fn of_service(port: IntOrString) -> BackendPort {
    match port {
        IntOrString::Int(number) => u16::try_from(number).map_or(BackendPort::All, BackendPort::Number),
        IntOrString::String(name) => name.parse().map_or(BackendPort::Name(name), BackendPort::Number),
    }
}

/// The class that OpenShift gives to what serves its Routes.
const OPENSHIFT: &str = "openshift-default";

/// What is needed of the spec of a Route.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RouteSpec {
    to: Option<RouteTarget>,
    alternate_backends: Option<Vec<RouteTarget>>,
    port: Option<RoutePort>,
}

#[derive(Debug, Deserialize)]
struct RouteTarget {
    #[serde(default)]
    kind: Option<String>,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoutePort {
    target_port: IntOrString,
}

/// The router looks a Route's port up in the endpoints of the Service: a number is a port of the Pods, and a name is that
/// of the Service's port, which its endpoints repeat. Without one it takes all of them.
pub(super) fn route(identity: &Identity, spec: RouteSpec) -> Content {
    let port = match spec.port.map(|port| port.target_port) {
        None => BackendPort::All,
        Some(IntOrString::Int(number)) => u16::try_from(number).map_or(BackendPort::All, BackendPort::Target),
        Some(IntOrString::String(name)) => name.parse().map_or(BackendPort::Name(name), BackendPort::Target),
    };
    let targets = spec.to.into_iter().chain(spec.alternate_backends.into_iter().flatten());
    let services = targets.filter(|target| target.kind.as_deref().is_none_or(|kind| kind == "Service"));
    let source = EntrySource { class: Some(OPENSHIFT.to_owned()), ..EntrySource::default() };
    entry(source, services.map(|target| Backend { service: identity.neighbour(target.name), port: port.clone() }))
}

/// An entry with each of its backends once: many paths may lead to one.
pub(super) fn entry(source: EntrySource, found: impl Iterator<Item = Backend>) -> Content {
    let mut backends = Vec::new();
    for backend in found {
        if !backends.contains(&backend) {
            backends.push(backend);
        }
    }
    let mut services: Vec<_> = backends.iter().map(|backend| backend.service.clone()).collect();
    services.sort();
    services.dedup();
    Content::Entry(backends, EntrySource { services, ..source })
}

impl Identity {
    /// A Service of the same namespace.
    pub(super) fn neighbour(&self, name: String) -> ServiceRef {
        ServiceRef { namespace: self.namespace.clone(), name }
    }
}
