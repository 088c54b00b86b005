//! Who is asked for verdicts: the naive reading of the API in `tests/flows`.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::Pod;

use crate::{
    flows,
    objects::Objects,
    table::{Flow, Party},
};

/// Is this new connection allowed in this cluster?
pub fn evaluate(objects: &Objects, flow: &Flow) -> bool {
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
