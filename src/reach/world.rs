//! A state as profiles see it: Pods by class, and the DNS that most clusters have where nothing of the cluster's own was read.

use super::{Picture, Pod, PodPort};
use crate::{
    api::Protocol,
    model::{DNS_NAMESPACES, Labels, NAMESPACE_NAME, ServiceRef},
    observe::{ContainerPort, Endpoints, PodClass, ServiceRow, World},
};

/// Where resolvers listen, mostly.
const DNS: u16 = 53;

impl Picture {
    /// The Services by which the cluster's Pods ask for names.
    pub fn dns_services(&self) -> impl Iterator<Item = (&ServiceRef, &ServiceRow)> {
        let serves = |row: &ServiceRow| row.ports.iter().any(|port| port.port == DNS && port.protocol == Protocol::Udp);
        let services = self.services.iter();
        services.filter(move |(which, row)| DNS_NAMESPACES.contains(&which.namespace.as_str()) && serves(row))
    }

    /// What profiles are resolved against, and checked against. `endpoints` are those that someone lists.
    ///
    /// Policies are not in it: who owns them, the picture does not know.
    #[must_use]
    pub fn world(&self, endpoints: &[Endpoints]) -> World {
        let has_dns = self.services.keys().any(|service| DNS_NAMESPACES.contains(&service.namespace.as_str()));
        // Files of one app hold no DNS, and a cluster without any is none that an app runs in.
        let mut world = if has_dns { World::default() } else { World::typical() };
        world.callers.clone_from(&self.callers);
        for (which, row) in &self.services {
            world.services.insert(which.clone(), row.clone());
        }
        for (position, one) in endpoints.iter().enumerate() {
            world.endpoints.insert(&one.service.namespace, &position.to_string(), one.clone());
        }
        for (name, labels) in &self.namespaces {
            world.namespaces.insert(name, with_name(name, labels.clone()));
        }
        let mut last = "";
        for pod in &self.pods {
            // They are sorted.
            if pod.namespace != last && !self.namespaces.contains_key(&pod.namespace) {
                world.namespaces.insert(&pod.namespace, with_name(&pod.namespace, Labels::new()));
            }
            last = &pod.namespace;
            world.pods.insert(&pod.namespace, &pod.name, class(pod));
        }
        world
    }
}

fn with_name(name: &str, mut labels: Labels) -> Labels {
    labels.insert(NAMESPACE_NAME.to_owned(), name.to_owned());
    labels
}

fn class(pod: &Pod) -> PodClass {
    let named = pod.ports.iter().filter(|port| !port.name.is_empty());
    let ports = named.map(|PodPort { name, number, protocol }| ContainerPort {
        name: name.clone(),
        number: *number,
        protocol: *protocol,
    });
    PodClass {
        workload: pod.workload.clone(),
        labels: pod.labels.clone(),
        ports: ports.collect(),
        host_network: pod.host_network,
    }
}
