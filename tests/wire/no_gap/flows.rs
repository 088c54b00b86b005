//! The app whose connections are watched, and its flows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::{
    place::{Place, Server},
    watch::Probe,
};

/// A flow: its name, the namespace and Pod that it comes from, and where it goes.
pub struct Flow {
    pub name: &'static str,
    pub from: (&'static str, &'static str),
    pub target: String,
}

/// A shop, what surrounds it, and its flows.
pub struct App {
    pub place: Place,
    pub monitoring: Place,
    pub ingress: Place,
    pub jobs: Place,
    pub observability: Place,
    pub flows: Vec<Flow>,
}

/// What the profile declares at its beginning.
pub const DECLARED: &[&str] = &[
    "web-api",
    "api-db",
    "web-dns",
    "api-dnstcp",
    "stranger-dns",
    "monitoring-api",
    "ingress-web",
    "jobs-api",
    "api-provider",
    "api-otel",
    "web-otel",
];

impl App {
    /// Starts every Pod.
    pub fn start() -> Self {
        let place = Place::new("steady");
        let [monitoring, ingress, jobs, observability] =
            ["watching", "entering", "working", "collecting"].map(Place::new);
        place.start(&[
            Server::new("web", &[8080]),
            Server::new("api", &[8081, 9090]),
            Server::new("db", &[5432]).labelled(json!({"app": "db", "part": "data"})),
            Server::new("cache", &[6379]),
            Server::new("stranger", &[7001]),
        ]);
        monitoring.start(&[Server::new("prometheus", &[7001])]);
        ingress.start(&[Server::new("controller", &[7001])]);
        jobs.start(&[Server::new("report", &[7001])]);
        observability.start(&[Server::new("otel", &[4317])]);
        let (web, api, metrics, db, cache) = (
            place.tcp("web", 8080),
            place.tcp("api", 8081),
            place.tcp("api", 9090),
            place.tcp("db", 5432),
            place.tcp("cache", 6379),
        );
        let otel = observability.tcp("otel", 4317);
        let flow = |name, from, target: &str| Flow { name, from, target: target.to_owned() };
        let flows = vec![
            flow("web-api", ("app", "web"), &api),
            flow("api-db", ("app", "api"), &db),
            flow("web-dns", ("app", "web"), "dns:10.96.0.10:53"),
            flow("api-dnstcp", ("app", "api"), "dnstcp:10.96.0.10:53"),
            flow("stranger-dns", ("app", "stranger"), "dns:10.96.0.10:53"),
            flow("monitoring-api", ("monitoring", "prometheus"), &metrics),
            flow("ingress-web", ("ingress", "controller"), &web),
            flow("jobs-api", ("jobs", "report"), &api),
            flow("api-provider", ("app", "api"), "tcp:203.0.113.5:443"),
            flow("api-otel", ("app", "api"), &otel),
            flow("web-otel", ("app", "web"), &otel),
            flow("api-cache", ("app", "api"), &cache),
            flow("stranger-otel", ("app", "stranger"), &otel),
            flow("web-db", ("app", "web"), &db),
            flow("db-api", ("app", "db"), &api),
            flow("web-cache", ("app", "web"), &cache),
            flow("stranger-api", ("app", "stranger"), &api),
            flow("api-excepted", ("app", "api"), "tcp:203.0.113.99:443"),
            flow("api-elsewhere", ("app", "api"), "tcp:198.51.100.7:443"),
            flow("monitoring-db", ("monitoring", "prometheus"), &db),
            flow("jobs-web", ("jobs", "report"), &web),
        ];
        Self { place, monitoring, ingress, jobs, observability, flows }
    }

    /// The namespace of a flow's source.
    pub fn home(&self, of: &str) -> &Place {
        match of {
            "app" => &self.place,
            "monitoring" => &self.monitoring,
            "ingress" => &self.ingress,
            "jobs" => &self.jobs,
            other => panic!("there is no namespace for {other}"),
        }
    }

    /// One probe in each Pod that flows come from.
    pub fn probes(&self) -> Vec<Probe<'_>> {
        let mut by_pod: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for flow in &self.flows {
            by_pod.entry(flow.from).or_default().push(format!("{}={}", flow.name, flow.target));
        }
        let probe = |((home, pod), flows)| Probe { place: self.home(home), pod, flows };
        by_pod.into_iter().map(probe).collect()
    }

    /// The address that each flow comes from, by the flow's name.
    pub fn sources(&self) -> BTreeMap<&'static str, String> {
        let mut addresses = BTreeMap::new();
        for flow in &self.flows {
            addresses.entry(flow.from).or_insert_with(|| self.home(flow.from.0).address(flow.from.1));
        }
        self.flows.iter().map(|flow| (flow.name, addresses[&flow.from].clone())).collect()
    }

    /// All flows by name.
    pub fn all(&self) -> BTreeSet<&'static str> {
        self.flows.iter().map(|flow| flow.name).collect()
    }

    /// The flows that the profile does not declare at its beginning.
    pub fn undeclared(&self) -> Vec<&'static str> {
        self.all().into_iter().filter(|name| !DECLARED.contains(name)).collect()
    }
}
