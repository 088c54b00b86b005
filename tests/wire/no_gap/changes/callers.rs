//! Who calls, and at which ports.

use serde_json::{Value, json};

use super::{Change, Names, OUTSIDERS, change, drop_field, list, outsiders, pods, report};
use crate::no_gap::flows::Home;

/// Callers of the api: `from`.
pub fn changes(names: &Names) -> Vec<Change> {
    let (cleanup, report_again) = (pods(names, Home::Jobs, "cleanup"), report(names));
    vec![
        change(
            "a caller uses another port, and another is an exception",
            &["web-metrics"],
            &["web-api", "world-api"],
            |spec| {
                let from = list(spec, "/tiers/1/from");
                from[0]["ports"] = json!(["metrics"]);
                from[2]["except"] = json!(["10.214.0.2/32"]);
            },
        ),
        change("a caller uses a second port, and the exception is another", &["web-api", "world-api"], &[], |spec| {
            let from = list(spec, "/tiers/1/from");
            from[0]["ports"] = json!(["metrics", "http"]);
            from[2]["except"] = json!(["10.214.0.128/25"]);
        }),
        change(
            "another tier calls, and Pods in place of a block",
            &["db-api", "jobs-cleanup"],
            &["web-api", "web-metrics", "world-api"],
            move |spec| {
                let from = list(spec, "/tiers/1/from");
                from[0] = json!({"tier": "db", "ports": ["http"]});
                from[2] = json!({"pods": cleanup, "ports": ["http"]});
            },
        ),
        change("the first calls again, and a block", &["web-api", "world-api"], &["db-api", "jobs-cleanup"], |spec| {
            let from = list(spec, "/tiers/1/from");
            from[0]["tier"] = json!("web");
            from[2] = outsiders("10.214.0.0/25");
        }),
        change("the block is another", &[], &["world-api"], |spec| {
            spec["tiers"][1]["from"][2]["cidr"] = json!("10.214.0.128/25");
        }),
        change("callers are removed", &[], &["jobs-api"], |spec| list(spec, "/tiers/1/from").truncate(1)),
        change("callers are added", &["jobs-api", "world-api"], &[], move |spec| {
            list(spec, "/tiers/1/from").extend([report_again.clone(), outsiders(OUTSIDERS)]);
        }),
    ]
}

/// What the tiers listen on.
pub fn ports() -> Vec<Change> {
    let db = |spec: &mut Value, port: Value| spec["tiers"][2]["ports"][0]["port"] = port;
    vec![
        change("a port has another number", &["api-db-admin"], &["api-db"], move |spec| db(spec, json!(5433))),
        change("a port is a name", &["api-db"], &["api-db-admin"], move |spec| db(spec, json!("sql"))),
        change("a port is a number again, and there is one more", &["api-db-admin"], &[], move |spec| {
            db(spec, json!(5432));
            list(spec, "/tiers/2/ports").push(json!({"name": "admin", "port": 5433}));
        }),
        change("there is one less", &[], &["api-db-admin"], |spec| list(spec, "/tiers/2/ports").truncate(1)),
    ]
}

/// Those that the platform brings: what scrapes, and the ingress controller.
pub fn platform(names: &Names) -> Vec<Change> {
    const OLD: &[&str] = &["monitoring-api", "ingress-web"];
    const NEW: &[&str] = &["monitoring-http", "ingress-admin"];
    let prometheus = pods(names, Home::Monitoring, "prometheus");
    let controller = pods(names, Home::Ingress, "controller");
    let both = move |spec: &mut Value, from: &dyn Fn(&Value) -> Value| {
        spec["monitoring"] = json!({"from": from(&prometheus)});
        spec["ingressController"] = json!({"from": from(&controller)});
    };
    let (again, alone) = (both.clone(), both.clone());
    vec![
        change("another port is scraped, and another exposed", NEW, OLD, |spec| {
            spec["tiers"][1]["metrics"]["ports"] = json!(["http"]);
            spec["tiers"][0]["exposed"]["ports"] = json!(["admin"]);
        }),
        change("two ports are scraped, and two exposed", OLD, &[], |spec| {
            spec["tiers"][1]["metrics"]["ports"] = json!(["http", "metrics"]);
            spec["tiers"][0]["exposed"]["ports"] = json!(["admin", "http"]);
        }),
        change(
            "none is scraped or exposed",
            &[],
            &["monitoring-api", "ingress-web", "monitoring-http", "ingress-admin"],
            |spec| {
                drop_field(&mut spec["tiers"][1], "metrics");
                drop_field(&mut spec["tiers"][0], "exposed");
            },
        ),
        change("one is scraped, and one exposed", OLD, &[], |spec| {
            spec["tiers"][1]["metrics"] = json!({"ports": ["metrics"]});
            spec["tiers"][0]["exposed"] = json!({"ports": ["http"]});
        }),
        change("who scrapes and who brings visitors is not said", &[], OLD, |spec| {
            drop_field(spec, "monitoring");
            drop_field(spec, "ingressController");
        }),
        change("it is said", OLD, &[], move |spec| again(spec, &|peer| json!([peer]))),
        change("a block comes first", &["world-metrics"], &[], move |spec| {
            both(spec, &|peer| json!([{"cidr": OUTSIDERS}, peer]));
        }),
        change("the block is another", &[], &["world-metrics"], |spec| {
            for who in ["monitoring", "ingressController"] {
                spec[who]["from"][0]["cidr"] = json!("192.0.2.0/24");
            }
        }),
        change("it goes", &[], &[], move |spec| alone(spec, &|peer| json!([peer]))),
    ]
}
