//! A change of every field of a profile, and which flows each opens and shuts.

use serde_json::{Value, json};

use super::flows::App;

/// One change of the spec.
pub struct Change {
    pub what: &'static str,
    pub opens: &'static [&'static str],
    pub shuts: &'static [&'static str],
    pub edit: Box<dyn Fn(&mut Value)>,
}

fn change(
    what: &'static str,
    opens: &'static [&'static str],
    shuts: &'static [&'static str],
    edit: impl Fn(&mut Value) + 'static,
) -> Change {
    Change { what, opens, shuts, edit: Box::new(edit) }
}

fn labels(app: &str) -> Value {
    json!({"matchLabels": {"app": app}})
}

fn pods(namespace: &str, app: &str) -> Value {
    json!({"namespace": namespace, "podSelector": labels(app)})
}

/// The spec at its beginning.
pub fn base(app: &App) -> Value {
    json!({
        "mode": "Enforce",
        "tiers": [
            {"name": "web", "podSelector": labels("web"), "ports": [{"name": "http", "port": 8080}], "exposed": {"ports": ["http"]}},
            {"name": "api", "podSelector": labels("api"),
                "ports": [{"name": "http", "port": 8081}, {"name": "metrics", "port": 9090}],
                "from": [{"tier": "web", "ports": ["http"]}, {"pods": pods(&app.jobs.name, "report"), "ports": ["http"]}],
                "metrics": {"ports": ["metrics"]},
                "to": [provider("203.0.113.0/24")]},
            {"name": "db", "podSelector": labels("db"), "ports": [{"name": "sql", "port": 5432}], "from": [{"tier": "api"}]},
        ],
        "dns": {"mode": "Auto"},
        "monitoring": {"from": [pods(&app.monitoring.name, "prometheus")]},
        "ingressController": {"from": [pods(&app.ingress.name, "controller")]},
        "telemetry": [telemetry(app)],
    })
}

fn provider(cidr: &str) -> Value {
    let except: &[&str] = if cidr == "203.0.113.0/24" { &["203.0.113.99/32"] } else { &[] };
    json!({"name": "provider", "cidr": cidr, "except": except, "ports": [{"port": 443}]})
}

fn telemetry(app: &App) -> Value {
    json!({"name": "otel", "pods": pods(&app.observability.name, "otel"), "ports": [{"port": 4317}]})
}

pub fn add_cache(spec: &mut Value) {
    let cache = json!({"name": "cache", "podSelector": labels("cache"), "ports": [{"name": "redis", "port": 6379}],
        "from": [{"tier": "api"}]});
    spec["tiers"].as_array_mut().expect("tiers").push(cache);
}

pub fn remove_cache(spec: &mut Value) {
    spec["tiers"].as_array_mut().expect("tiers").retain(|tier| tier["name"] != "cache");
}

fn drop_field(of: &mut Value, field: &str) {
    of.as_object_mut().expect("an object").remove(field);
}

/// Every change, in order; each begins where the one before ended.
pub fn changes(app: &App) -> Vec<Change> {
    let (report, collector) = (pods(&app.jobs.name, "report"), telemetry(app));
    let everything: &'static [&'static str] = Vec::leak(app.undeclared());
    let mut changes = vec![
        change("a tier is added", &["api-cache"], &[], add_cache),
        change("a port becomes a range", &[], &[], |spec| spec["tiers"][3]["ports"][0]["endPort"] = json!(6400)),
        change("a caller is removed", &[], &["jobs-api"], |spec| {
            spec["tiers"][1]["from"].as_array_mut().expect("from").truncate(1);
        }),
        change("a caller is added", &["jobs-api"], &[], move |spec| {
            spec["tiers"][1]["from"].as_array_mut().expect("from").push(json!({"pods": report, "ports": ["http"]}));
        }),
        change("the outside block is replaced", &["api-elsewhere"], &["api-provider"], |spec| {
            spec["tiers"][1]["to"][0] = provider("198.51.100.0/24");
        }),
        change("and back", &["api-provider"], &["api-elsewhere"], |spec| {
            spec["tiers"][1]["to"][0] = provider("203.0.113.0/24");
        }),
        change("an exception is taken out", &["api-excepted"], &[], |spec| {
            spec["tiers"][1]["to"][0]["except"] = json!([]);
        }),
        change("and back in", &[], &["api-excepted"], |spec| spec["tiers"][1]["to"][0] = provider("203.0.113.0/24")),
        change("scraping ends", &[], &["monitoring-api"], |spec| {
            drop_field(&mut spec["tiers"][1], "metrics");
        }),
        change("scraping begins", &["monitoring-api"], &[], |spec| {
            spec["tiers"][1]["metrics"] = json!({"ports": ["metrics"]});
        }),
        change("the tier is exposed no more", &[], &["ingress-web"], |spec| {
            drop_field(&mut spec["tiers"][0], "exposed");
        }),
        change("the tier is exposed", &["ingress-web"], &[], |spec| {
            spec["tiers"][0]["exposed"] = json!({"ports": ["http"]});
        }),
        change("telemetry ends", &[], &["api-otel", "web-otel"], |spec| spec["telemetry"] = json!([])),
        change("telemetry begins", &["api-otel", "web-otel"], &[], move |spec| spec["telemetry"] = json!([collector])),
        change("the resolvers are listed", &[], &[], |spec| {
            let resolver = json!({"pods": {"namespace": "kube-system", "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}, "port": 53});
            spec["dns"] = json!({"mode": "Explicit", "resolvers": [resolver]});
        }),
        change("no DNS", &[], &["web-dns", "api-dnstcp", "stranger-dns"], |spec| spec["dns"] = json!({"mode": "None"})),
        change("DNS follows the cluster", &["web-dns", "api-dnstcp", "stranger-dns"], &[], |spec| {
            spec["dns"] = json!({"mode": "Auto"});
        }),
    ];
    changes.extend(rearrangements(everything));
    changes
}

/// Changes of names, selectors and modes.
fn rearrangements(undeclared: &'static [&'static str]) -> Vec<Change> {
    vec![
        change("a tier selects its Pods by another label", &[], &[], |spec| {
            spec["tiers"][2]["podSelector"] = json!({"matchLabels": {"part": "data"}});
        }),
        change("a tier gets another name", &[], &[], |spec| {
            spec["tiers"][1]["name"] = json!("backend");
            for tier in [2, 3] {
                spec["tiers"][tier]["from"] = json!([{"tier": "backend"}]);
            }
        }),
        change("and its old one, while the ports get other names", &[], &[], |spec| {
            spec["tiers"][1]["name"] = json!("api");
            for tier in [2, 3] {
                spec["tiers"][tier]["from"] = json!([{"tier": "api"}]);
            }
            spec["tiers"][2]["ports"][0]["name"] = json!("postgres");
        }),
        change("only the tiers are isolated", &["stranger-otel"], &[], |spec| spec["isolation"] = json!("Tiers")),
        change("the namespace is isolated", &[], &["stranger-otel"], |spec| spec["isolation"] = json!("Namespace")),
        change("a tier is removed", &[], &["api-cache"], remove_cache),
        change("drift is only reported", &[], &[], |spec| spec["driftPolicy"] = json!("Report")),
        change("drift is repaired", &[], &[], |spec| spec["driftPolicy"] = json!("Repair")),
        change("the policies would stay", &[], &[], |spec| spec["deletionPolicy"] = json!("Orphan")),
        change("the policies would go", &[], &[], |spec| spec["deletionPolicy"] = json!("Delete")),
        change("the profile is suspended", &[], &[], |spec| spec["suspend"] = json!(true)),
        change("the profile works again", &[], &[], |spec| spec["suspend"] = json!(false)),
        change("the profile is switched off", undeclared, &[], |spec| spec["mode"] = json!("Disabled")),
        change("the profile is switched on", &[], undeclared, |spec| spec["mode"] = json!("Enforce")),
        change("the profile is only looked at", &[], &[], |spec| spec["mode"] = json!("Audit")),
        change("the profile is enforced", &[], &[], |spec| spec["mode"] = json!("Enforce")),
    ]
}
