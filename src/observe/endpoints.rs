//! Endpoints that no Pod selector stands for: those of Services without a selector, and of the API server.

use std::{collections::HashMap, net::IpAddr};

use k8s_openapi::api::discovery::v1::{self as discovery, EndpointSlice};

use super::services::protocol;
use crate::{api::Protocol, model::ServiceRef};

/// What we use of an `EndpointSlice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The Service it belongs to.
    pub service: ServiceRef,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// The ports, the same for all addresses.
    pub ports: Vec<EndpointPort>,
}

/// A port of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPort {
    /// The name of the Service's port that it stands for.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

/// `EndpointSlices`, by namespace and name.
#[derive(Debug, Default)]
pub struct EndpointTable(HashMap<(String, String), Endpoints>);

impl EndpointTable {
    /// Notes a slice; true when something that we use changed.
    pub fn insert(&mut self, namespace: &str, name: &str, endpoints: Endpoints) -> bool {
        let key = (namespace.to_owned(), name.to_owned());
        let changed = self.0.get(&key) != Some(&endpoints);
        self.0.insert(key, endpoints);
        changed
    }

    /// Notes that a slice is gone; the Service it belonged to.
    pub fn remove(&mut self, namespace: &str, name: &str) -> Option<ServiceRef> {
        self.0.remove(&(namespace.to_owned(), name.to_owned())).map(|endpoints| endpoints.service)
    }

    /// Keeps only these; the Services of the ones that went.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> Vec<ServiceRef> {
        let gone: Vec<_> = self.0.keys().filter(|(namespace, name)| !keep(namespace, name)).cloned().collect();
        gone.iter().filter_map(|(namespace, name)| self.remove(namespace, name)).collect()
    }

    /// The endpoints of a Service, in a stable order.
    #[must_use]
    pub fn of(&self, service: &ServiceRef) -> Vec<&Endpoints> {
        let mut found: Vec<_> = self.0.iter().filter(|(_, endpoints)| endpoints.service == *service).collect();
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, endpoints)| endpoints).collect()
    }
}

impl Endpoints {
    /// Reads a slice; nothing when it names no Service or holds names instead of addresses.
    #[must_use]
    pub fn read(slice: &EndpointSlice) -> Option<Self> {
        let service = ServiceRef {
            namespace: slice.metadata.namespace.clone()?,
            name: slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name")?.clone(),
        };
        let addresses = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        Some(Self::of_service(service, addresses, slice.ports.iter().flatten()))
    }

    /// The endpoints of a Service: those of its addresses that are no names, and its ports.
    #[must_use]
    pub fn of_service<'a>(
        service: ServiceRef,
        addresses: impl Iterator<Item = &'a String>,
        ports: impl Iterator<Item = &'a discovery::EndpointPort>,
    ) -> Self {
        let mut addresses: Vec<IpAddr> = addresses.filter_map(|text| text.parse().ok()).collect();
        addresses.sort();
        addresses.dedup();
        let ports = ports.filter_map(|port| {
            Some(EndpointPort {
                name: port.name.clone().unwrap_or_default(),
                protocol: protocol(port.protocol.as_deref()),
                number: u16::try_from(port.port?).ok()?,
            })
        });
        Self { service, addresses, ports: ports.collect() }
    }
}
