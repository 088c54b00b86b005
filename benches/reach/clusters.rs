//! Clusters of any size, the same ones every time: namespaces of teams, apps of several Pods, and the policies that such
//! teams write.

use std::{collections::BTreeMap, fmt};

use appnet::{
    api::{LabelSelector, Protocol, Requirement, RequirementOperator},
    model::{Labels, NonEmpty, PortName, Selector},
    observe::Workload,
    reach::{NamespacesOf, Peer, Peers, Picture, Pod, PodPort, PodsOf, Policy, PortSet, Ports, Rule},
};

const PODS_OF_A_NAMESPACE: usize = 50;
const PODS_OF_AN_APP: usize = 5;
const POLICIES_OF_A_NAMESPACE: usize = 40;
const TEAMS: usize = 20;

/// How large, and how different from each other the Pods are.
#[derive(Clone, Copy)]
pub struct Size {
    pub pods: usize,
    pub policies: usize,
    /// Pods of one app; more of them make a larger cluster of the same classes.
    pub replicas: usize,
}

impl Size {
    pub const fn new(pods: usize, policies: usize) -> Self {
        Self { pods, policies, replicas: PODS_OF_AN_APP }
    }

    pub fn namespaces(self) -> usize {
        (self.pods / (PODS_OF_A_NAMESPACE / PODS_OF_AN_APP * self.replicas)).max(1)
    }

    /// How many namespaces have policies: some teams write them, others do not yet.
    pub fn governed(self) -> usize {
        (self.policies / POLICIES_OF_A_NAMESPACE).clamp(1, self.namespaces())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} Pods x {} policies", self.pods, self.policies)
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A cluster.
pub fn cluster(size: Size) -> Picture {
    let mut picture = Picture::default();
    let apps = PODS_OF_A_NAMESPACE / PODS_OF_AN_APP;
    for place in 0..size.namespaces() {
        let name = namespace(place);
        let team = format!("team-{}", place % TEAMS);
        picture
            .namespaces
            .insert(name, labels(&[("team", &team), ("env", if place % 3 == 0 { "prod" } else { "dev" })]));
    }
    for system in ["kube-system", "monitoring"] {
        picture.namespaces.insert(system.to_owned(), labels(&[("team", "platform")]));
    }
    for (namespace, app) in [("kube-system", "kube-dns"), ("monitoring", "prometheus")] {
        picture.pods.push(pod(namespace, app, 0, &labels(&[("k8s-app", app), ("app", app)])));
    }
    for place in 0..size.pods.saturating_sub(2) {
        let (of_namespace, app) = (place / (apps * size.replicas), place / size.replicas % apps);
        let own = labels(&[
            ("app", &app_name(app)),
            ("tier", ["web", "api", "db"][app % 3]),
            ("pod-template-hash", &format!("{:08x}", of_namespace * 97 + app)),
            ("version", if app % 2 == 0 { "v1" } else { "v2" }),
        ]);
        picture.pods.push(pod(&namespace(of_namespace % size.namespaces()), &app_name(app), place, &own));
    }
    let governed = size.governed();
    for place in 0..size.policies {
        picture.policies.push(policy(place % governed, place / governed));
    }
    picture
}

pub fn namespace(place: usize) -> String {
    format!("shop-{place:04}")
}

fn app_name(app: usize) -> String {
    format!("app-{app:02}")
}

fn pod(namespace: &str, app: &str, place: usize, labels: &Labels) -> Pod {
    let ports = [("http", 8080), ("metrics", 9090)].map(|(name, number)| PodPort {
        name: name.to_owned(),
        number,
        protocol: Protocol::Tcp,
    });
    Pod {
        namespace: namespace.to_owned(),
        name: format!("{app}-{place:06x}"),
        workload: Workload { kind: "Deployment".to_owned(), name: app.to_owned() },
        labels: labels.clone(),
        ports: ports.to_vec(),
        ..Pod::default()
    }
}

fn select(pairs: &[(&str, &str)]) -> PodsOf {
    Selector::of_labels(labels(pairs)).map_or(PodsOf::All, PodsOf::Selected)
}

fn tcp(first: u16, last: u16) -> Ports {
    Ports { numbers: PortSet::span(Protocol::Tcp, first, last), names: Vec::new() }
}

fn rule(peer: Peer, ports: Ports) -> Rule {
    Rule { peers: Peers::These(NonEmpty::one(peer)), ports }
}

fn in_own(pods: PodsOf) -> Peer {
    Peer::Pods { namespaces: NamespacesOf::Own, pods }
}

fn in_namespaces(pairs: &[(&str, &str)], pods: PodsOf) -> Peer {
    let namespaces = Selector::of_labels(labels(pairs)).map_or(NamespacesOf::All, NamespacesOf::Selected);
    Peer::Pods { namespaces, pods }
}

/// The policy number `kind` of a namespace. One namespace in five is not closed as a whole, and has policies for half of its
/// apps.
pub fn policy(place: usize, kind: usize) -> Policy {
    let closed = place % 5 != 4;
    let (subject, ingress, egress) = match kind {
        0 if closed => (PodsOf::All, Some(Vec::new()), Some(Vec::new())),
        1 if closed => {
            let dns =
                in_namespaces(&[("kubernetes.io/metadata.name", "kube-system")], select(&[("k8s-app", "kube-dns")]));
            let both = [Protocol::Udp, Protocol::Tcp].map(|protocol| (protocol, (53, 53)));
            let ports = Ports { numbers: PortSet::of(both), names: Vec::new() };
            (PodsOf::All, None, Some(vec![rule(dns, ports)]))
        }
        _ => of_an_app(place, kind),
    };
    let namespace = namespace(place);
    Policy { name: format!("policy-{kind:04}"), namespace, subject, ingress, egress, ignored: Vec::new() }
}

fn of_an_app(place: usize, kind: usize) -> (PodsOf, Option<Vec<Rule>>, Option<Vec<Rule>>) {
    let apps = PODS_OF_A_NAMESPACE / PODS_OF_AN_APP / if place % 5 == 4 { 2 } else { 1 };
    let (own, next) = (app_name(kind % apps), app_name((kind + 1) % apps));
    let subject = select(&[("app", &own)]);
    let named = |name: &str| Ports {
        numbers: PortSet::default(),
        names: PortName::parse(name).map(|name| (Protocol::Tcp, name)).into_iter().collect(),
    };
    match kind % 6 {
        0 => (subject, Some(vec![rule(in_own(select(&[("app", &next)])), tcp(8080, 8080))]), None),
        1 => {
            let team = format!("team-{}", (place + 1) % TEAMS);
            let callers = in_namespaces(&[("team", &team)], select(&[("tier", "web")]));
            (subject, Some(vec![rule(callers, named("http"))]), None)
        }
        2 => (subject, None, Some(vec![rule(in_own(select(&[("app", &next)])), tcp(8080, 8080))])),
        3 => {
            let scraper =
                in_namespaces(&[("kubernetes.io/metadata.name", "monitoring")], select(&[("app", "prometheus")]));
            (subject, Some(vec![rule(scraper, named("metrics"))]), None)
        }
        4 => {
            let third = u8::try_from(place % 250).unwrap_or_default();
            let cidr = format!("203.0.{third}.0/24").parse().expect("a block");
            let except = vec![format!("203.0.{third}.{}/32", kind % 250).parse().expect("a block")];
            (subject, None, Some(vec![rule(Peer::Block { cidr, except }, tcp(443, 443))]))
        }
        _ => {
            let requirement = |key: &str, operator, values: &[&str]| Requirement {
                key: key.to_owned(),
                operator,
                values: values.iter().map(ToString::to_string).collect(),
            };
            let selector = LabelSelector {
                match_labels: BTreeMap::new(),
                match_expressions: vec![
                    requirement("tier", RequirementOperator::NotIn, &["db"]),
                    requirement("version", RequirementOperator::In, &["v1"]),
                ],
            };
            let pods = Selector::parse(&selector).map_or(PodsOf::All, PodsOf::Selected);
            (subject, Some(vec![rule(in_own(pods), tcp(7000, 7100))]), None)
        }
    }
}
