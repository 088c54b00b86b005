//! The cluster that random profiles meet.

use appnet::api::Protocol;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{
    case::{Case, Labels, Pod, Service, ServicePort, To, labels},
    chance::Chance,
};

pub const APPS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
pub const PARTS: [&str; 2] = ["x", "y"];
pub const PORT_NAMES: [&str; 3] = ["web", "admin", "sync"];
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
/// The numbers that one can listen on.
pub const NUMBERS: [u16; 8] = [80, 81, 443, 5353, 8080, 9000, 9090, 65535];

/// Namespaces with labels that a selector can ask for.
const NAMESPACES: [(&str, Option<&str>); 7] = [
    ("shop", Some("one")),
    ("jobs", Some("one")),
    ("watch", Some("two")),
    ("edge", None),
    ("kube-system", None),
    ("default", None),
    ("logs", Some("two")),
];

pub fn cluster(chance: &mut Chance) -> Case {
    let mut pods: Vec<Pod> = Vec::new();
    // Some in the namespace of the profiles, whether a tier selects them or not; and the same elsewhere.
    for _ in 0..chance.between(4, 8) {
        pods.push(pod(chance, "shop"));
    }
    for namespace in ["jobs", "jobs", "watch", "edge", "logs", "kube-system"] {
        pods.push(pod(chance, namespace));
    }
    // Two DNS Pods now and then listen on different ports: then only the name is right for both.
    let by_name = chance.percent(50);
    for _ in 0..chance.between(1, 2) {
        let number = if by_name { chance.one_of(&[53, 5353]) } else { 53 };
        let ports = vec![("dns", Protocol::Udp, number), ("dns", Protocol::Tcp, number)];
        pods.push(Pod { namespace: "kube-system", labels: labels(&[("k8s-app", "kube-dns")]), ports });
    }
    let namespaces = NAMESPACES.map(|(name, team)| {
        let mut of_namespace = labels(&[("kubernetes.io/metadata.name", name)]);
        of_namespace.extend(team.map(|team| ("team".to_owned(), team.to_owned())));
        (name.to_owned(), of_namespace)
    });
    Case {
        profiles: Vec::new(),
        namespaces: namespaces.into(),
        pods,
        services: services(by_name),
        node_local_dns: chance.percent(15),
    }
}

fn pod(chance: &mut Chance, namespace: &'static str) -> Pod {
    let mut of_pod = Labels::new();
    if chance.percent(85) {
        of_pod.insert("app".to_owned(), chance.one_of(&APPS).to_owned());
    }
    if chance.percent(40) {
        of_pod.insert("part".to_owned(), chance.one_of(&PARTS).to_owned());
    }
    let mut ports = Vec::new();
    for name in PORT_NAMES {
        if chance.percent(60) {
            ports.push((name, PROTOCOLS[chance.weighted(&[70, 20, 10])], chance.one_of(&NUMBERS)));
        }
    }
    Pod { namespace, labels: of_pod, ports }
}

fn services(dns_by_name: bool) -> Vec<Service> {
    let number = |number: u16| IntOrString::Int(number.into());
    let port = |name, protocol, port, target| ServicePort { name, protocol, port, target };
    let dns = if dns_by_name { IntOrString::String("dns".into()) } else { number(53) };
    vec![
        Service {
            namespace: "kube-system",
            name: "kube-dns",
            to: To::Pods(labels(&[("k8s-app", "kube-dns")])),
            cluster_ip: Some("10.96.0.10"),
            ports: vec![
                port("dns", Protocol::Udp, 53, dns.clone()),
                port("dns-tcp", Protocol::Tcp, 53, dns),
                port("metrics", Protocol::Tcp, 9090, number(9090)),
            ],
        },
        Service {
            namespace: "default",
            name: "kubernetes",
            to: To::Addresses(vec!["192.0.2.11", "192.0.2.12"]),
            cluster_ip: Some("10.96.0.1"),
            ports: vec![port("https", Protocol::Tcp, 443, number(6443))],
        },
        Service {
            namespace: "jobs",
            name: "pay",
            to: To::Pods(labels(&[("app", "a")])),
            cluster_ip: None,
            ports: vec![
                port("http", Protocol::Tcp, 80, number(8080)),
                port("admin", Protocol::Tcp, 443, IntOrString::String("admin".into())),
                port("sync", Protocol::Udp, 9000, IntOrString::String("sync".into())),
            ],
        },
        Service {
            namespace: "shop",
            name: "own",
            to: To::Pods(labels(&[("app", "b")])),
            cluster_ip: None,
            ports: vec![port("", Protocol::Tcp, 80, IntOrString::String("web".into()))],
        },
        Service {
            namespace: "logs",
            name: "smtp",
            to: To::Addresses(vec!["192.0.2.25", "192.0.2.12"]),
            cluster_ip: None,
            ports: vec![port("smtp", Protocol::Tcp, 80, number(8090)), port("smtps", Protocol::Tcp, 443, number(9091))],
        },
    ]
}
