//! Clusters that plans are made for.

use appnet::{
    api::Protocol,
    model::ServiceRef,
    observe::{Availability, EndpointPort, Endpoints, World},
};

/// A cluster with Cilium, and the address of its API server.
pub fn on_cilium() -> World {
    let service = ServiceRef { namespace: "default".into(), name: "kubernetes".into() };
    let ports = vec![EndpointPort { name: "https".into(), protocol: Protocol::Tcp, number: 6443 }];
    let addresses = vec!["192.0.2.11".parse().expect("an address")];
    let mut world = World { cilium: Availability::Served, ..World::default() };
    world.endpoints.insert("default", "kubernetes", Endpoints { service, addresses, ports });
    world
}
