//! What is called beyond the tiers: `to` of the api, and `telemetry` of every tier, in the same steps.

use serde_json::{Value, json};

use super::{Change, block, change, drop_field, kubernetes, ledger, list, otel, provider};
use crate::no_gap::flows::{Home, Names};

/// Where the destinations stand that are said in every way.
const BOTH: [&str; 2] = ["/tiers/1/to/1", "/telemetry/0"];

/// Edits the two, each with its values.
fn both<T>(spec: &mut Value, values: [T; 2], edit: impl Fn(&mut Value, T)) {
    for (place, value) in BOTH.into_iter().zip(values) {
        edit(spec.pointer_mut(place).unwrap_or_else(|| panic!("{place} is there")), value);
    }
}

/// Every entry that is a block at one time.
fn blocks(spec: &mut Value, cidr: &str, except: &[&str]) {
    for place in ["/tiers/1/to/0", BOTH[0], BOTH[1]] {
        let entry = spec.pointer_mut(place).unwrap_or_else(|| panic!("{place} is there"));
        (entry["cidr"], entry["except"]) = (json!(cidr), json!(except));
    }
}

pub fn changes(names: &Names) -> Vec<Change> {
    let mut changes = ports();
    changes.extend(kinds(names));
    changes.extend(outside(names));
    changes
}

fn ports() -> Vec<Change> {
    vec![
        change(
            "destinations have another port",
            &["api-ledger-admin", "web-otel-admin"],
            &["api-ledger", "api-otel", "web-otel"],
            |spec| both(spec, [7101, 4318], |entry, port| entry["ports"][0]["port"] = json!(port)),
        ),
        change("they have a range of ports", &["api-ledger", "api-otel", "web-otel"], &[], |spec| {
            both(spec, [7100, 4317], |entry, port| {
                (entry["ports"][0]["port"], entry["ports"][0]["endPort"]) = (json!(port), json!(port + 1));
            });
        }),
        change(
            "they speak another protocol, and a tier too",
            &[],
            &["api-ledger", "api-otel", "web-otel", "api-ledger-admin", "web-otel-admin", "api-db"],
            |spec| {
                both(spec, ["UDP"; 2], |entry, protocol| entry["ports"][0]["protocol"] = json!(protocol));
                spec["tiers"][2]["ports"][0]["protocol"] = json!("UDP");
            },
        ),
        change(
            "they speak TCP at two ports",
            &["api-ledger", "api-otel", "web-otel", "api-ledger-admin", "web-otel-admin", "api-db"],
            &[],
            |spec| {
                both(spec, [7100, 4317], |entry, port| entry["ports"] = json!([{"port": port}, {"port": port + 1}]));
                spec["tiers"][2]["ports"][0]["protocol"] = json!("TCP");
            },
        ),
    ]
}

fn kinds(names: &Names) -> Vec<Change> {
    let homes = [Home::Jobs, Home::Observability].map(|home| names.of(home).to_owned());
    let others = [Home::Ingress, Home::Monitoring].map(|home| names.of(home).to_owned());
    let service = |name: &str, namespace: &str| json!({"name": name, "namespace": namespace});
    vec![
        change("they are named by their Services", &[], &["api-ledger-admin", "web-otel-admin"], move |spec| {
            let services = [service("ledger", &homes[0]), service("otel", &homes[1])];
            both(spec, services, |entry, service| {
                drop_field(entry, "pods");
                drop_field(entry, "ports");
                entry["service"] = service;
            });
        }),
        change(
            "by other Services",
            &["api-ledger-admin", "web-otel-admin"],
            &["api-ledger", "api-otel", "web-otel"],
            |spec| both(spec, ["ledger-admin", "otel-admin"], |entry, name| entry["service"]["name"] = json!(name)),
        ),
        change(
            "by those of the same name in other namespaces",
            &["api-controller", "web-prometheus"],
            &["api-ledger-admin", "web-otel-admin"],
            move |spec| both(spec, others.each_ref(), |entry, other| entry["service"]["namespace"] = json!(other)),
        ),
        change("they are the API server", &["web-kube"], &["api-controller", "web-prometheus"], |spec| {
            both(spec, [(); 2], |entry, ()| {
                drop_field(entry, "service");
                entry["apiServer"] = json!({});
            });
        }),
        change("another entry for the API server goes", &[], &[], |spec| list(spec, "/tiers/1/to").truncate(2)),
    ]
}

fn outside(names: &Names) -> Vec<Change> {
    let (ledger, otel) = (ledger(names), otel(names));
    let otel_again = otel.clone();
    vec![
        change("they are a block outside", &["web-provider"], &["web-kube", "api-kube"], |spec| {
            both(spec, ["ledger", "otel"], |entry, name| {
                *entry = block(name, "203.0.113.0/24", &["203.0.113.99/32"]);
            });
        }),
        change("the block is another", &["api-elsewhere"], &["api-provider", "web-provider"], |spec| {
            blocks(spec, "198.51.100.0/24", &[]);
        }),
        change("and back", &["api-provider", "web-provider"], &["api-elsewhere"], |spec| {
            blocks(spec, "203.0.113.0/24", &["203.0.113.99/32"]);
        }),
        change("the exception is another", &["api-excepted"], &["api-provider", "web-provider"], |spec| {
            blocks(spec, "203.0.113.0/24", &["203.0.113.5/32"]);
        }),
        change("there is no exception", &["api-provider", "web-provider"], &[], |spec| {
            blocks(spec, "203.0.113.0/24", &[]);
        }),
        change(
            "Pods and the API server again",
            &["api-ledger", "api-otel", "web-otel", "api-kube"],
            &["api-excepted", "web-provider"],
            move |spec| {
                both(spec, [ledger.clone(), otel.clone()], |entry, again| *entry = again);
                let to = list(spec, "/tiers/1/to");
                to[0] = provider();
                to.push(kubernetes());
            },
        ),
        change("telemetry ends", &[], &["api-otel", "web-otel"], |spec| spec["telemetry"] = json!([])),
        change("telemetry begins", &["api-otel", "web-otel"], &[], move |spec| spec["telemetry"] = json!([otel_again])),
    ]
}
