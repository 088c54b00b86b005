//! The Gateway API: Gateways, and routes, all of which name their backends in the same way.

use serde::Deserialize;

use super::{
    entry::entry,
    object::{Content, Identity},
};
use crate::{
    model::ServiceRef,
    observe::{EntrySource, Source, public},
    reach::{Backend, BackendPort},
};

/// What is needed of the spec of a route.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GatewayRouteSpec {
    parent_refs: Option<Vec<ParentRef>>,
    rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
struct ParentRef {
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    backend_refs: Option<Vec<BackendRef>>,
}

#[derive(Debug, Deserialize)]
struct BackendRef {
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    name: String,
    #[serde(default)]
    port: Option<u16>,
}

/// What is needed of the status of a route: what the controllers of its Gateways say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GatewayRouteStatus {
    parents: Option<Vec<ParentStatus>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParentStatus {
    parent_ref: ParentRef,
    #[serde(default)]
    conditions: Option<Vec<ParentCondition>>,
}

#[derive(Debug, Deserialize)]
struct ParentCondition {
    r#type: String,
    status: String,
}

impl ParentRef {
    /// The Gateway that it names, by namespace and name. A Service is a parent of a route too, within a mesh.
    fn gateway(self, own: &str) -> Option<(String, String)> {
        let of_group = self.group.as_deref().is_none_or(|group| group == "gateway.networking.k8s.io");
        let is_gateway = of_group && self.kind.as_deref().is_none_or(|kind| kind == "Gateway");
        is_gateway.then(|| (self.namespace.unwrap_or_else(|| own.to_owned()), self.name))
    }
}

impl ParentStatus {
    fn is_accepted(&self) -> bool {
        self.conditions.iter().flatten().any(|one| one.r#type == "Accepted" && one.status == "True")
    }
}

impl BackendRef {
    /// Without a group and a kind it is a Service.
    fn is_service(&self) -> bool {
        self.group.as_deref().is_none_or(str::is_empty) && self.kind.as_deref().is_none_or(|kind| kind == "Service")
    }
}

pub(super) fn gateway_route(identity: &Identity, spec: GatewayRouteSpec, status: GatewayRouteStatus) -> Content {
    let references = spec.rules.into_iter().flatten().filter_map(|rule| rule.backend_refs).flatten();
    let parents = spec.parent_refs.into_iter().flatten();
    let own = identity.namespace.as_str();
    let accepted = status.parents.into_iter().flatten().filter(ParentStatus::is_accepted);
    let source = EntrySource {
        gateways: parents.filter_map(|parent| parent.gateway(own)).collect(),
        taken_by: accepted.filter_map(|parent| parent.parent_ref.gateway(own)).collect(),
        ..EntrySource::default()
    };
    entry(
        source,
        references.filter(BackendRef::is_service).map(|reference| {
            let namespace = reference.namespace.unwrap_or_else(|| identity.namespace.clone());
            let service = ServiceRef { namespace, name: reference.name };
            Backend { service, port: reference.port.map_or(BackendPort::All, BackendPort::Number) }
        }),
    )
}

/// What is needed of the status of a Gateway: its controller writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GatewayStatus {
    addresses: Option<Vec<GatewayAddress>>,
}

#[derive(Debug, Deserialize)]
struct GatewayAddress {
    value: String,
}

pub(super) fn gateway(status: GatewayStatus) -> Content {
    let addresses = status.addresses.into_iter().flatten().map(|address| public(&address.value));
    Content::Source(Source::Gateway(addresses.collect()))
}
