//! The policies that are generated for a case, and what the evaluator reads out of them.

use appnet::{
    api::AppNetworkProfile,
    model::{self, Platform, PortRange, ServiceRef},
    observe::{
        ContainerPort, EndpointPort, Endpoints, PodClass, ServiceKind, ServicePortRow, ServiceRow, Workload, World,
    },
    policy,
    reach::{Direction, Picture, Pod, PodPort, Policy, Reach},
};
use k8s_openapi::{api::networking::v1::NetworkPolicySpec, apimachinery::pkg::util::intstr::IntOrString};

use crate::case::{Case, Service, To};

/// A policy as it would be written: namespace, name, content.
#[derive(Clone, Debug)]
pub struct Written {
    pub namespace: String,
    pub name: String,
    pub spec: NetworkPolicySpec,
}

/// The policies of all profiles of a case.
pub fn policies(case: &Case) -> Vec<Written> {
    let (world, platform) = (world(case), Platform::default());
    let mut found = Vec::new();
    for one in &case.profiles {
        let mut profile = AppNetworkProfile::new(one.name, one.spec.clone());
        profile.metadata.namespace = Some(one.namespace.to_owned());
        let profile = model::parse(&profile, &platform).unwrap_or_else(|problems| panic!("{problems}\n{one:#?}"));
        let resolved = policy::resolve(&profile, &platform, &world);
        assert!(resolved.unresolved.is_empty(), "{:?}", resolved.unresolved);
        let desired = policy::build(&profile, &resolved);
        found.extend(desired.policies().map(|policy| Written {
            namespace: one.namespace.to_owned(),
            name: policy.name.clone(),
            spec: policy.spec.standard().expect("the cluster has no Cilium").clone(),
        }));
    }
    found
}

/// The evaluator, told of the case's Pods and of these policies: of all that they say, or of one direction only.
pub fn reach(case: &Case, policies: &[Written], only: Option<Direction>) -> Reach {
    let read = |Written { namespace, name, spec }: &Written| {
        let policy = Policy::read(namespace, name, spec).unwrap_or_else(|refusals| panic!("{refusals:?}\n{spec:#?}"));
        let is_meant = |direction| only.is_none_or(|only| only == direction);
        Policy {
            ingress: policy.ingress.filter(|_| is_meant(Direction::Ingress)),
            egress: policy.egress.filter(|_| is_meant(Direction::Egress)),
            ..policy
        }
    };
    let pods = case.pods.iter().enumerate().map(|(place, pod)| Pod {
        namespace: pod.namespace.to_owned(),
        name: format!("pod-{place}"),
        workload: Workload { kind: "Pod".into(), name: format!("pod-{place}") },
        labels: pod.labels.clone(),
        ports: pod
            .ports
            .iter()
            .map(|(name, protocol, number)| PodPort { name: (*name).to_owned(), number: *number, protocol: *protocol })
            .collect(),
        ..Pod::default()
    });
    Reach::new(&Picture {
        namespaces: case.namespaces.clone(),
        pods: pods.collect(),
        policies: policies.iter().map(read).collect(),
        ..Picture::default()
    })
}

/// The case as the operator would know it.
fn world(case: &Case) -> World {
    let mut world = World::default();
    for service in &case.services {
        add(&mut world, service);
    }
    for (place, pod) in case.pods.iter().enumerate() {
        let ports = pod.ports.iter().map(|(name, protocol, number)| ContainerPort {
            name: (*name).to_owned(),
            number: *number,
            protocol: *protocol,
        });
        let class = PodClass { labels: pod.labels.clone(), ports: ports.collect(), ..PodClass::default() };
        world.pods.insert(pod.namespace, &format!("pod-{place}"), class);
    }
    if case.node_local_dns {
        let labels = crate::case::labels(&[("k8s-app", "node-local-dns")]);
        world.pods.insert("kube-system", "cache", PodClass { labels, host_network: true, ..PodClass::default() });
    }
    world
}

fn add(world: &mut World, service: &Service) {
    let which = ServiceRef { namespace: service.namespace.to_owned(), name: service.name.to_owned() };
    let address = |text: &&str| text.parse().expect("an address");
    let kind = match &service.to {
        To::Pods(labels) => ServiceKind::Pods(labels.clone()),
        To::Addresses(addresses) => {
            let ports = service.ports.iter().map(|port| EndpointPort {
                name: port.name.to_owned(),
                protocol: port.protocol,
                number: match &port.target {
                    IntOrString::Int(number) => u16::try_from(*number).expect("a port"),
                    IntOrString::String(name) => panic!("an address has no port named {name}"),
                },
            });
            let endpoints = Endpoints {
                service: which.clone(),
                addresses: addresses.iter().map(address).collect(),
                ports: ports.collect(),
            };
            world.endpoints.insert(service.namespace, service.name, endpoints);
            ServiceKind::Endpoints
        }
    };
    let ports = service.ports.iter().map(|port| ServicePortRow {
        name: port.name.to_owned(),
        protocol: port.protocol,
        port: port.port,
        target: match &port.target {
            IntOrString::Int(number) => {
                let number = u16::try_from(*number).expect("a port");
                PortRange::Numbers(number, number)
            }
            IntOrString::String(name) => PortRange::Name(model::PortName::parse(name).expect("a name")),
        },
    });
    let cluster_ips = service.cluster_ip.iter().map(address).collect();
    let ports = ports.collect();
    let row = ServiceRow {
        labels: model::Labels::default(),
        kind,
        cluster_ips,
        published: Vec::new(),
        headless: false,
        ports,
    };
    world.services.insert(which, row);
}
