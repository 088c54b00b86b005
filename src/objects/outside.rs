//! Objects that say who calls from beyond the app: classes of ingress controllers, scrapers, the API server.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::{Deserialize, de::IgnoredAny};

use super::object::{Content, Identity};
use crate::{
    model::ServiceRef,
    observe::{Monitor, Webhook},
};

/// What is needed of the spec of an `IngressClass`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClassSpec {
    controller: Option<String>,
}

pub(super) fn class(spec: ClassSpec) -> Content {
    Content::Class(spec.controller.unwrap_or_default())
}

/// What is needed of the spec of a `ServiceMonitor` or a `PodMonitor`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MonitorSpec {
    selector: Option<MonitorSelector>,
    namespace_selector: Option<MonitorNamespaces>,
    endpoints: Option<Vec<MonitorPort>>,
    pod_metrics_endpoints: Option<Vec<MonitorPort>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MonitorSelector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MonitorNamespaces {
    any: bool,
    match_names: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MonitorPort {
    port: Option<String>,
    target_port: Option<IntOrString>,
    port_number: Option<u16>,
}

pub(super) fn monitor(identity: &Identity, spec: MonitorSpec) -> Content {
    let namespaces = spec.namespace_selector.and_then(|selector| match (selector.any, selector.match_names) {
        (true, _) => Some(Vec::new()),
        (false, names) => names.filter(|names| !names.is_empty()),
    });
    // What it selects by expressions is not looked up, and guessing would tell about what it does not scrape.
    if spec.selector.as_ref().is_some_and(|selector| selector.match_expressions.is_some()) {
        return Content::Nothing;
    }
    let listed = spec.endpoints.into_iter().chain(spec.pod_metrics_endpoints).flatten();
    let ports = listed.filter_map(|endpoint| {
        let by_target = endpoint.target_port.map(|target| match target {
            IntOrString::Int(number) => number.to_string(),
            IntOrString::String(name) => name,
        });
        endpoint.port.or(endpoint.port_number.map(|number| number.to_string())).or(by_target)
    });
    Content::Monitor(Monitor {
        kind: identity.kind.name().to_owned(),
        namespace: identity.namespace.clone(),
        name: identity.name.clone(),
        labels: spec.selector.and_then(|selector| selector.match_labels).unwrap_or_default(),
        namespaces,
        ports: ports.collect(),
    })
}

/// What is needed of a configuration of webhooks, which has no spec.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Webhooks {
    pub metadata: Option<super::metadata::Metadata>,
    webhooks: Option<Vec<OneWebhook>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneWebhook {
    client_config: Option<ClientConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClientConfig {
    service: Option<CalledService>,
}

#[derive(Debug, Deserialize)]
struct CalledService {
    namespace: String,
    name: String,
    #[serde(default)]
    port: Option<u16>,
}

pub(super) fn webhooks(identity: &Identity, webhooks: Webhooks) -> Content {
    let called = webhooks.webhooks.into_iter().flatten().filter_map(|one| one.client_config?.service);
    let mut found: Vec<_> = called
        .map(|CalledService { namespace, name, port }| Webhook {
            kind: identity.kind.name().to_owned(),
            name: identity.name.clone(),
            service: ServiceRef { namespace, name },
            // The default of the API (admissionregistration.k8s.io/v1, `ServiceReference.port`).
            port: port.unwrap_or(443),
        })
        .collect();
    found.sort();
    found.dedup();
    Content::Webhooks(found)
}
