//! Objects that say who calls from beyond the app: classes of ingress controllers, scrapers, the API server.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use super::{
    metadata::Metadata,
    object::{Content, Identity},
};
use crate::{
    api::LabelSelector,
    model::{PodMatch, ServiceRef},
    observe::{Chosen, ClassSource, Monitor, Scraper, Source, Webhook},
};

/// What is needed of the spec of an `IngressClass`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClassSpec {
    controller: Option<String>,
}

pub(super) fn class(metadata: Metadata, spec: ClassSpec) -> Content {
    let annotations = metadata.annotations.unwrap_or_default();
    Content::Source(Source::Class(ClassSource {
        controller: spec.controller.unwrap_or_default(),
        installed_in: annotations.installed_in,
    }))
}

/// What is needed of the spec of a `ServiceMonitor` or a `PodMonitor`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MonitorSpec {
    selector: Option<LabelSelector>,
    namespace_selector: Option<MonitorNamespaces>,
    endpoints: Option<Vec<MonitorPort>>,
    pod_metrics_endpoints: Option<Vec<MonitorPort>>,
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

pub(super) fn monitor(identity: &Identity, metadata: Metadata, spec: MonitorSpec) -> Content {
    let namespaces = spec.namespace_selector.and_then(|selector| match (selector.any, selector.match_names) {
        (true, _) => Some(Vec::new()),
        (false, names) => names.filter(|names| !names.is_empty()),
    });
    // What the API server would not take selects nothing: guessing would tell about what it does not scrape.
    let Some(selects) = PodMatch::of(&spec.selector.unwrap_or_default()) else { return Content::Nothing };
    let listed = spec.endpoints.into_iter().chain(spec.pod_metrics_endpoints).flatten();
    let ports = listed.filter_map(|endpoint| {
        let by_target = endpoint.target_port.map(|target| match target {
            IntOrString::Int(number) => number.to_string(),
            IntOrString::String(name) => name,
        });
        endpoint.port.or(endpoint.port_number.map(|number| number.to_string())).or(by_target)
    });
    Content::Source(Source::Monitor(Monitor {
        kind: identity.kind.name().to_owned(),
        namespace: identity.namespace.clone(),
        name: identity.name.clone(),
        labels: metadata.labels,
        selects,
        namespaces,
        ports: ports.collect(),
    }))
}

/// What is needed of the spec of a `Prometheus`. A selector that is not there chooses nothing, an empty one everything; that of
/// namespaces stands for the own one when it is not there (monitoring.coreos.com/v1).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ScraperSpec {
    pod_monitor_selector: Option<LabelSelector>,
    pod_monitor_namespace_selector: Option<LabelSelector>,
    service_monitor_selector: Option<LabelSelector>,
    service_monitor_namespace_selector: Option<LabelSelector>,
    ignore_namespace_selectors: bool,
    host_network: bool,
}

pub(super) fn scraper(spec: &ScraperSpec) -> Content {
    let chosen =
        |monitors: Option<&LabelSelector>, namespaces: Option<&LabelSelector>| match namespaces.map(PodMatch::of) {
            // It would choose none.
            Some(None) => Chosen::default(),
            of => Chosen { monitors: monitors.and_then(PodMatch::of), namespaces: of.flatten() },
        };
    Content::Source(Source::Scraper(Scraper {
        pod_monitors: chosen(spec.pod_monitor_selector.as_ref(), spec.pod_monitor_namespace_selector.as_ref()),
        service_monitors: chosen(
            spec.service_monitor_selector.as_ref(),
            spec.service_monitor_namespace_selector.as_ref(),
        ),
        own_namespaces_only: spec.ignore_namespace_selectors,
        host_network: spec.host_network,
    }))
}

/// What is needed of a configuration of webhooks, which has no spec.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Webhooks {
    pub metadata: Option<Metadata>,
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
