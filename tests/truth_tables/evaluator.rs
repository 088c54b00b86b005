//! Who is asked for verdicts: the product's evaluator, and beside it the naive reading of the API in `tests/flows`.
//!
//! Some of these tables name Pods by their addresses, which the API leaves undefined. So blocks of addresses match Pods here,
//! which the product does when it is asked to.

use std::{collections::BTreeMap, net::IpAddr};

use appnet::{
    api::Protocol,
    objects::{Collection, Kind},
    reach::{Connection, End, Outcome, PodId, Reach},
};
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;
use serde_json::Value;

use crate::{
    flows,
    objects::Objects,
    table::{Flow, Party},
};

/// The product's answers for a cluster.
pub struct Evaluator {
    reach: Reach,
    pods: BTreeMap<(String, String), PodId>,
}

impl Evaluator {
    pub fn new(objects: &Objects) -> Self {
        let mut collection = Collection::default();
        let mut add = |version: &str, kind: &str, object: Value| {
            let kind = Kind::of(version, kind).expect("a kind that is read");
            collection.add(kind.read(object, "default").expect("an object"), ());
        };
        objects.namespaces.values().for_each(|namespace| add("v1", "Namespace", value(namespace)));
        objects.pods.values().for_each(|pod| add("v1", "Pod", value(pod)));
        objects.policies.values().for_each(|policy| add("networking.k8s.io/v1", "NetworkPolicy", value(policy)));
        let mut picture = collection.finish().picture;
        picture.blocks_match_pods = true;
        let numbered = picture.pods.iter().zip(0..);
        let pods = numbered.map(|(pod, number)| ((pod.namespace.clone(), pod.name.clone()), number)).collect();
        Self { reach: Reach::new(&picture), pods }
    }

    /// Is this new connection allowed?
    pub fn allows(&self, flow: &Flow) -> bool {
        let end = |party: &Party| match party {
            Party::Address(address) => End::Address(*address),
            Party::Pod { namespace, name } => End::Pod(self.pods[&(namespace.clone(), name.clone())]),
        };
        let protocol = match flow.protocol {
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            other => panic!("no such protocol: {other}"),
        };
        let connection = Connection { from: end(&flow.from), to: end(&flow.to), protocol, port: flow.port };
        let outcome = self.reach.query(&connection).outcome();
        assert_ne!(outcome, Outcome::Unknown, "{flow}");
        outcome == Outcome::Allowed
    }
}

fn value(object: &impl Serialize) -> Value {
    serde_json::to_value(object).expect("an object has a JSON form")
}

/// Is this new connection allowed in this cluster, read naively?
pub fn naively(objects: &Objects, flow: &Flow) -> bool {
    let policies: Vec<flows::Policy> = objects
        .policies
        .iter()
        .map(|((namespace, _), policy)| (namespace.clone(), policy.spec.clone().unwrap_or_default().into()))
        .collect();
    let flow = flows::Flow {
        from: end(objects, &flow.from),
        to: end(objects, &flow.to),
        protocol: flow.protocol,
        port: flow.port,
    };
    flows::allowed(&policies, &flow)
}

fn end(objects: &Objects, party: &Party) -> flows::End {
    match party {
        Party::Address(address) => flows::End::Address(*address),
        Party::Pod { namespace, name } => {
            let pod = &objects.pods[&(namespace.clone(), name.clone())];
            flows::End::Pod(flows::Pod {
                namespace: namespace.clone(),
                labels: pod.metadata.labels.clone().unwrap_or_default(),
                namespace_labels: objects.namespaces[namespace].metadata.labels.clone().unwrap_or_default(),
                ports: named_ports(pod),
                address: address(pod),
            })
        }
    }
}

fn named_ports(pod: &Pod) -> Vec<(String, String, u16)> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers
        .flat_map(|container| container.ports.iter().flatten())
        .filter_map(|port| {
            let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
            let number = u16::try_from(port.container_port).expect("a port");
            port.name.clone().map(|name| (name, protocol, number))
        })
        .collect()
}

fn address(pod: &Pod) -> Option<IpAddr> {
    let text = pod.status.as_ref()?.pod_ip.as_ref()?;
    Some(text.parse().expect("the address of a Pod"))
}
