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
        world.network.clone_from(&self.network);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{Collection, Kind};

    const OBJECTS: [&str; 9] = [
        "{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: names}, spec: {selector: {a: b}, ports: [{port: 53, protocol: UDP}]}}",
        "{apiVersion: v1, kind: Service, metadata: {namespace: openshift-dns, name: dns}, spec: {selector: {a: b}, ports: [{port: 9154}, {port: 53, protocol: UDP}]}}",
        "{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: over-tcp}, spec: {selector: {a: b}, ports: [{port: 53}]}}",
        "{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: snmp}, spec: {selector: {a: b}, ports: [{port: 161, protocol: UDP}]}}",
        "{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: own}, spec: {selector: {a: b}, ports: [{port: 53, protocol: UDP}]}}",
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}}",
        "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: api}, spec: {containers: [{name: main, ports: [{name: http, containerPort: 80}, {containerPort: 81}]}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {namespace: blog, name: web}, spec: {containers: [{name: main}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web}, spec: {containers: [{name: main}]}}",
    ];

    fn picture() -> Picture {
        let mut collection = Collection::default();
        for text in OBJECTS {
            let object: serde_json::Value = serde_saphyr::from_str(text).expect("YAML");
            let kind = Kind::of("v1", object["kind"].as_str().expect("one")).expect("it is read");
            collection.add(kind.read(object, "").expect("an object"), ());
        }
        collection.finish().picture
    }

    #[test]
    fn names_are_asked_of_the_services_at_53_over_udp_where_dns_runs() {
        let picture = picture();
        let found: Vec<_> = picture.dns_services().map(|(which, _)| which.name.as_str()).collect();
        assert_eq!(found, ["names", "dns"]);
    }

    #[test]
    fn every_namespace_with_pods_is_there_with_the_labels_that_are_known() {
        let world = picture().world(&[]);
        let found: Vec<_> = world.namespaces.iter().map(|(name, labels)| (name, format!("{labels:?}"))).collect();
        let blog = r#"{"kubernetes.io/metadata.name": "blog"}"#.to_owned();
        let shop = r#"{"kubernetes.io/metadata.name": "shop", "team": "sales"}"#.to_owned();
        assert_eq!(found, [("blog", blog), ("shop", shop)]);
    }

    #[test]
    fn of_the_ports_of_pods_those_with_a_name_can_be_looked_up() {
        let world = picture().world(&[]);
        let ports = world.pods.classes("shop").flat_map(|class| &class.ports);
        assert_eq!(ports.map(|port| (port.name.as_str(), port.number)).collect::<Vec<_>>(), [("http", 80)]);
    }
}
