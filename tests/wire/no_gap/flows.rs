//! The flows that are watched: between whom, and which of them the profile declares at its beginning.

use std::collections::BTreeSet;

/// A namespace of the scene, or the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    App,
    Monitoring,
    Ingress,
    Jobs,
    Observability,
    World,
}

/// Where a flow goes.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// A Pod and its port.
    Pod(Home, &'static str, u16),
    /// The cluster's DNS over UDP.
    Dns,
    /// The same over TCP.
    DnsTcp,
    /// The API server, through its Service.
    ApiServer,
    /// An address outside, at the port of the listener there.
    Outside(&'static str),
}

/// A flow from a Pod, or from the world.
pub struct Flow {
    pub name: &'static str,
    pub from: (Home, &'static str),
    pub to: To,
    /// Does the profile declare it at its beginning?
    pub declared: bool,
}

use Home::{App, Ingress, Jobs, Monitoring, Observability, World};

const fn declared(name: &'static str, from: (Home, &'static str), to: To) -> Flow {
    Flow { name, from, to, declared: true }
}

const fn undeclared(name: &'static str, from: (Home, &'static str), to: To) -> Flow {
    Flow { name, from, to, declared: false }
}

const API: To = To::Pod(App, "api", 8081);
const METRICS: To = To::Pod(App, "api", 9090);
const DB: To = To::Pod(App, "db", 5432);
const OTEL: To = To::Pod(Observability, "otel", 4317);
/// The app's tiers, and a Pod of none.
const WEB: (Home, &str) = (App, "web");
const OF_API: (Home, &str) = (App, "api");
const STRANGER: (Home, &str) = (App, "stranger");
const OUTSIDER: (Home, &str) = (World, "outsider");

pub const FLOWS: &[Flow] = &[
    declared("web-api", WEB, API),
    declared("api-db", OF_API, DB),
    declared("web-dns", WEB, To::Dns),
    declared("api-dnstcp", OF_API, To::DnsTcp),
    declared("stranger-dns", STRANGER, To::Dns),
    declared("monitoring-api", (Monitoring, "prometheus"), METRICS),
    declared("ingress-web", (Ingress, "controller"), To::Pod(App, "web", 8080)),
    declared("jobs-api", (Jobs, "report"), API),
    declared("world-api", OUTSIDER, API),
    declared("api-provider", OF_API, To::Outside("203.0.113.5")),
    declared("api-ledger", OF_API, To::Pod(Jobs, "ledger", 7100)),
    declared("api-kube", OF_API, To::ApiServer),
    declared("api-otel", OF_API, OTEL),
    declared("web-otel", WEB, OTEL),
    undeclared("web-db", WEB, DB),
    undeclared("web-metrics", WEB, METRICS),
    undeclared("web-otel-admin", WEB, To::Pod(Observability, "otel", 4318)),
    undeclared("web-prometheus", WEB, To::Pod(Monitoring, "prometheus", 7001)),
    undeclared("web-provider", WEB, To::Outside("203.0.113.5")),
    undeclared("web-kube", WEB, To::ApiServer),
    undeclared("api-cache", OF_API, To::Pod(App, "cache", 6379)),
    undeclared("api-db-admin", OF_API, To::Pod(App, "db", 5433)),
    undeclared("api-excepted", OF_API, To::Outside("203.0.113.99")),
    undeclared("api-elsewhere", OF_API, To::Outside("198.51.100.7")),
    undeclared("api-ledger-admin", OF_API, To::Pod(Jobs, "ledger", 7101)),
    undeclared("api-controller", OF_API, To::Pod(Ingress, "controller", 7001)),
    undeclared("db-api", (App, "db"), API),
    undeclared("stranger-otel", STRANGER, OTEL),
    undeclared("stranger-api", STRANGER, API),
    undeclared("monitoring-db", (Monitoring, "prometheus"), DB),
    undeclared("monitoring-http", (Monitoring, "prometheus"), API),
    undeclared("ingress-admin", (Ingress, "controller"), To::Pod(App, "web", 8090)),
    undeclared("jobs-cleanup", (Jobs, "cleanup"), API),
    undeclared("world-metrics", OUTSIDER, METRICS),
];

/// Pods, and the ports that they listen on.
pub const PODS: &[(Home, &str, &[u16])] = &[
    (App, "web", &[8080, 8090]),
    (App, "api", &[8081, 9090]),
    (App, "db", &[5432, 5433]),
    (App, "cache", &[6379]),
    (App, "stranger", &[7001]),
    (Monitoring, "prometheus", &[7001]),
    (Ingress, "controller", &[7001]),
    (Jobs, "report", &[7001]),
    (Jobs, "cleanup", &[7001]),
    (Jobs, "ledger", &[7100, 7101]),
    (Observability, "otel", &[4317, 4318]),
];

/// Services: namespace, name, the Pod behind it, and its port.
pub const SERVICES: &[(Home, &str, &str, u16)] = &[
    (Jobs, "ledger", "ledger", 7100),
    (Jobs, "ledger-admin", "ledger", 7101),
    (Ingress, "ledger-admin", "controller", 7001),
    (Observability, "otel", "otel", 4317),
    (Observability, "otel-admin", "otel", 4318),
    (Monitoring, "otel-admin", "prometheus", 7001),
];

/// The labels of a Pod.
pub fn labels(pod: &str) -> serde_json::Value {
    let mut labels = serde_json::json!({"app": pod, "role": pod});
    if pod == "db" {
        labels["part"] = "data".into();
    }
    labels
}

/// The port that something outside listens on for these tests.
pub const OUTSIDE_PORT: u16 = 7443;

/// The address that calls from the world come from.
pub const WORLD: &str = "10.214.0.2";

/// The names of the namespaces.
pub struct Names(pub Vec<(Home, String)>);

impl Names {
    /// Those of a scene that runs nowhere.
    pub fn plain() -> Self {
        Self(NAMESPACES.iter().map(|(home, prefix)| (*home, (*prefix).to_owned())).collect())
    }

    pub fn of(&self, home: Home) -> &str {
        let named = self.0.iter().find(|(other, _)| *other == home);
        &named.unwrap_or_else(|| panic!("{home:?} is no namespace")).1
    }
}

/// The namespaces, and what their names begin with.
pub const NAMESPACES: [(Home, &str); 5] = [
    (App, "steady"),
    (Monitoring, "watching"),
    (Ingress, "entering"),
    (Jobs, "working"),
    (Observability, "collecting"),
];

/// All flows by name.
pub fn all() -> BTreeSet<&'static str> {
    FLOWS.iter().map(|flow| flow.name).collect()
}

/// The flows that the profile does not declare at its beginning.
pub fn not_declared() -> Vec<&'static str> {
    FLOWS.iter().filter(|flow| !flow.declared).map(|flow| flow.name).collect()
}
