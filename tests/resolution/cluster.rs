//! A picture of a cluster, made by hand. Objects are named `namespace/name`.

use std::collections::BTreeMap;

use appnet::{api::Protocol, model::PortRange};
use appnet::{
    model::{Labels, ServiceRef},
    observe::{
        ContainerPort, EndpointPort, Endpoints, PodClass, ServiceKind, ServicePortRow, ServiceRow, Workload, World,
    },
};
use k8s_openapi::api::core::v1::Service;

fn parts(which: &str) -> (String, String) {
    let (namespace, name) = which.split_once('/').expect("namespace/name");
    (namespace.to_owned(), name.to_owned())
}

fn reference(which: &str) -> ServiceRef {
    let (namespace, name) = parts(which);
    ServiceRef { namespace, name }
}

pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A Service with this spec, as the API server has it.
pub fn service(world: &mut World, which: &str, spec: &str) {
    let spec = serde_saphyr::from_str(spec).unwrap_or_else(|error| panic!("{error}\n{spec}"));
    world.services.insert(reference(which), ServiceRow::from(&Service { spec: Some(spec), ..Service::default() }));
}

/// A DNS Service with one label of its own, that selects Pods by another.
pub fn dns_service(world: &mut World, which: &str, own: (&str, &str), selects: (&str, &str), target: u16) {
    let port = |name: &str, protocol| ServicePortRow {
        name: name.into(),
        protocol,
        port: 53,
        target: PortRange::Numbers(target, target),
    };
    let row = ServiceRow {
        labels: labels(&[own]),
        kind: ServiceKind::Pods(BTreeMap::from([(selects.0.into(), selects.1.into())])),
        cluster_ips: Vec::new(),
        published: Vec::new(),
        headless: false,
        ports: vec![port("dns", Protocol::Udp), port("dns-tcp", Protocol::Tcp)],
    };
    world.services.insert(reference(which), row);
}

/// The addresses behind a Service without a selector, at a port of that name.
pub fn endpoints(world: &mut World, which: &str, addresses: &[&str], (name, number): (&str, u16)) {
    let (namespace, slice) = parts(which);
    let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
    let ports = vec![EndpointPort { name: name.into(), protocol: Protocol::Tcp, number }];
    world.endpoints.insert(&namespace, &slice, Endpoints { service: reference(which), addresses, ports });
}

/// Pods with these labels and named ports: name, protocol, number.
pub fn class(of: &[(&str, &str)], ports: &[(&str, &str, u16)]) -> PodClass {
    let protocol = |name: &str| if name == "UDP" { Protocol::Udp } else { Protocol::Tcp };
    let port = |(name, kind, number): &(&str, &str, u16)| ContainerPort {
        name: (*name).into(),
        number: *number,
        protocol: protocol(kind),
    };
    PodClass { labels: labels(of), ports: ports.iter().map(port).collect(), ..PodClass::default() }
}

/// Pods of a Deployment.
pub fn deployment(name: &str, of: &[(&str, &str)]) -> PodClass {
    PodClass { workload: Workload { kind: "Deployment".into(), name: name.into() }, ..class(of, &[]) }
}

/// A Pod runs.
pub fn run(world: &mut World, which: &str, class: PodClass) {
    let (namespace, name) = parts(which);
    world.pods.insert(&namespace, &name, class);
}
