//! A change of every field of a profile, and which flows each opens and shuts. `fields` shows that it is every field, and
//! `meaning` that a naive reading of the policies agrees about the flows.

mod callers;
mod destinations;
mod fields;
mod meaning;
mod modes;
mod peers;

use serde_json::{Value, json};

use super::flows::{Home, Names, OUTSIDE_PORT, not_declared};

/// Flows by name.
pub type Flows = &'static [&'static str];

/// One change of the spec.
pub struct Change {
    pub what: &'static str,
    pub opens: Flows,
    pub shuts: Flows,
    pub edit: Box<dyn Fn(&mut Value)>,
}

fn change(what: &'static str, opens: Flows, shuts: Flows, edit: impl Fn(&mut Value) + 'static) -> Change {
    Change { what, opens, shuts, edit: Box::new(edit) }
}

fn labels(app: &str) -> Value {
    json!({"matchLabels": {"app": app}})
}

fn pods(names: &Names, home: Home, app: &str) -> Value {
    json!({"namespace": names.of(home), "podSelector": labels(app)})
}

/// The block that calls from the world come from.
const OUTSIDERS: &str = "10.214.0.0/24";

/// The spec at its beginning.
pub fn base(names: &Names) -> Value {
    json!({
        "mode": "Enforce",
        "tiers": [
            {"name": "web", "podSelector": labels("web"),
                "ports": [{"name": "http", "port": 8080}, {"name": "admin", "port": 8090}], "exposed": {"ports": ["http"]}},
            {"name": "api", "podSelector": labels("api"),
                "ports": [{"name": "http", "port": 8081}, {"name": "metrics", "port": 9090}],
                "from": [{"tier": "web", "ports": ["http"]}, report(names), outsiders(OUTSIDERS)],
                "metrics": {"ports": ["metrics"]},
                "to": [provider(), ledger(names), kubernetes()]},
            {"name": "db", "podSelector": labels("db"), "ports": [{"name": "sql", "port": 5432}], "from": [{"tier": "api"}]},
        ],
        "dns": {"mode": "Auto"},
        "monitoring": {"from": [pods(names, Home::Monitoring, "prometheus")]},
        "ingressController": {"from": [pods(names, Home::Ingress, "controller")]},
        "telemetry": [otel(names)],
    })
}

fn report(names: &Names) -> Value {
    json!({"pods": pods(names, Home::Jobs, "report"), "ports": ["http"]})
}

fn outsiders(cidr: &str) -> Value {
    json!({"cidr": cidr, "ports": ["http"]})
}

fn provider() -> Value {
    block("provider", "203.0.113.0/24", &["203.0.113.99/32"])
}

fn block(name: &str, cidr: &str, except: &[&str]) -> Value {
    json!({"name": name, "cidr": cidr, "except": except, "ports": [{"port": OUTSIDE_PORT}]})
}

fn ledger(names: &Names) -> Value {
    json!({"name": "ledger", "pods": pods(names, Home::Jobs, "ledger"), "ports": [{"port": 7100}]})
}

fn kubernetes() -> Value {
    json!({"name": "kube-api", "apiServer": {}})
}

fn otel(names: &Names) -> Value {
    json!({"name": "otel", "pods": pods(names, Home::Observability, "otel"), "ports": [{"port": 4317}]})
}

pub fn add_cache(spec: &mut Value) {
    let cache = json!({"name": "cache", "podSelector": labels("cache"), "ports": [{"name": "redis", "port": 6379}],
        "from": [{"tier": "api"}]});
    list(spec, "/tiers").push(cache);
}

pub fn remove_cache(spec: &mut Value) {
    list(spec, "/tiers").retain(|tier| tier["name"] != "cache");
}

/// The list at this place.
fn list<'a>(spec: &'a mut Value, place: &str) -> &'a mut Vec<Value> {
    spec.pointer_mut(place).and_then(Value::as_array_mut).unwrap_or_else(|| panic!("{place} is a list"))
}

fn drop_field(of: &mut Value, field: &str) {
    of.as_object_mut().and_then(|of| of.remove(field)).unwrap_or_else(|| panic!("{field} is there"));
}

/// Every change, in order; each begins where the one before ended.
pub fn changes(names: &Names) -> Vec<Change> {
    let mut changes = vec![
        change("a tier is added", &["api-cache"], &[], add_cache),
        change("a port becomes a range", &[], &[], |spec| spec["tiers"][3]["ports"][0]["endPort"] = json!(6400)),
    ];
    changes.extend(callers::changes(names));
    changes.extend(callers::ports());
    changes.extend(callers::platform(names));
    changes.extend(destinations::changes(names));
    changes.extend(peers::changes(names));
    changes.extend(modes::changes(Vec::leak(not_declared())));
    changes
}
