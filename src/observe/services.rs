//! Services: which Pods they send to, and at which ports.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use k8s_openapi::{
    api::core::v1::{Service, ServiceSpec, ServiceStatus},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    api::Protocol,
    model::{Labels, PortName, PortRange, ServiceRef},
};

/// What we use of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its labels; they tell the cluster's DNS Service, and who is scraped, never what policies select.
    pub labels: Labels,
    /// Where it sends to.
    pub kind: ServiceKind,
    /// Its virtual addresses; none for a headless Service.
    pub cluster_ips: Vec<IpAddr>,
    /// The addresses and names that load balancers publish for it. Controllers write them, but whoever made it can often choose.
    pub published: Vec<String>,
    /// It says that it wants none: its name stands for the addresses of its Pods, and nothing translates ports.
    pub headless: bool,
    /// Its ports.
    pub ports: Vec<ServicePortRow>,
}

/// Where a Service sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// To Pods with these labels.
    Pods(BTreeMap<String, String>),
    /// To addresses that someone else lists in `EndpointSlices`.
    Endpoints,
    /// To a DNS name outside the cluster: there is nothing that a policy could name.
    ExternalName,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePortRow {
    /// Its name; empty when the Service has only one.
    pub name: String,
    /// Its protocol.
    pub protocol: Protocol,
    /// The Service's own port.
    pub port: u16,
    /// The Pods' port: what policies are about.
    pub target: PortRange,
}

/// The Services of a cluster.
#[derive(Debug, Default)]
pub struct ServiceTable(HashMap<ServiceRef, ServiceRow>);

impl ServiceTable {
    /// Notes a Service; true when something that we use changed.
    pub fn insert(&mut self, which: ServiceRef, row: ServiceRow) -> bool {
        let changed = self.0.get(&which) != Some(&row);
        self.0.insert(which, row);
        changed
    }

    /// Notes that a Service is gone; true when it was known.
    pub fn remove(&mut self, which: &ServiceRef) -> bool {
        self.0.remove(which).is_some()
    }

    /// Keeps only these; the ones that went.
    pub fn retain(&mut self, mut keep: impl FnMut(&ServiceRef) -> bool) -> Vec<ServiceRef> {
        let gone: Vec<_> = self.0.keys().filter(|which| !keep(which)).cloned().collect();
        for which in &gone {
            self.0.remove(which);
        }
        gone
    }

    /// A Service.
    #[must_use]
    pub fn get(&self, which: &ServiceRef) -> Option<&ServiceRow> {
        self.0.get(which)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&ServiceRef, &ServiceRow)> {
        self.0.iter()
    }

    /// The Services of a namespace, by name.
    #[must_use]
    pub fn of(&self, namespace: &str) -> Vec<(&ServiceRef, &ServiceRow)> {
        let mut found: Vec<_> = self.0.iter().filter(|(which, _)| which.namespace == namespace).collect();
        found.sort_by_key(|(which, _)| &which.name);
        found
    }
}

/// The protocol of this name; TCP where none is given, as the API server's default is.
pub(crate) fn protocol(name: Option<&str>) -> Protocol {
    match name {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

/// An address or a name as load balancers publish it, so that equal ones are equal: in small letters, without the last dot.
pub(crate) fn public(address: &str) -> String {
    address.trim_end_matches('.').to_ascii_lowercase()
}

impl From<&Service> for ServiceRow {
    fn from(service: &Service) -> Self {
        let labels = service.metadata.labels.clone().unwrap_or_default();
        Self::read(labels, service.spec.clone().unwrap_or_default(), service.status.as_ref())
    }
}

impl ServiceRow {
    /// Reads a Service.
    #[must_use]
    pub fn read(labels: Labels, spec: ServiceSpec, status: Option<&ServiceStatus>) -> Self {
        let kind = match (spec.type_.as_deref(), spec.selector) {
            (Some("ExternalName"), _) => ServiceKind::ExternalName,
            (_, Some(selector)) if !selector.is_empty() => ServiceKind::Pods(selector),
            _ => ServiceKind::Endpoints,
        };
        let ports = spec.ports.unwrap_or_default().into_iter().filter_map(|port| {
            let own = u16::try_from(port.port).ok()?;
            let target = match port.target_port {
                None | Some(IntOrString::Int(0)) => PortRange::Numbers(own, own),
                Some(IntOrString::Int(number)) => {
                    u16::try_from(number).map(|number| PortRange::Numbers(number, number)).ok()?
                }
                Some(IntOrString::String(name)) => PortRange::Name(PortName::parse(&name)?),
            };
            Some(ServicePortRow {
                name: port.name.unwrap_or_default(),
                protocol: protocol(port.protocol.as_deref()),
                port: own,
                target,
            })
        });
        let headless = spec.cluster_ip.iter().chain(spec.cluster_ips.iter().flatten()).any(|ip| ip == "None");
        let published = status.and_then(|status| status.load_balancer.as_ref()?.ingress.as_ref()).into_iter().flatten();
        let published = published.flat_map(|one| one.ip.iter().chain(&one.hostname)).map(|address| public(address));
        Self {
            labels,
            kind,
            published: published.collect(),
            headless,
            cluster_ips: spec.cluster_ips.unwrap_or_default().iter().filter_map(|ip| ip.parse().ok()).collect(),
            ports: ports.collect(),
        }
    }
}
