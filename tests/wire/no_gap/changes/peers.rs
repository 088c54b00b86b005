//! The ways in which Pods are selected: every one, wherever Pods can be selected.

use serde_json::{Value, json};

use super::{Change, change, drop_field, list};
use crate::no_gap::flows::{Home, Names};

/// The namespaces' label of these tests, and the one that every namespace has.
const OURS: &str = "place";
const EVERYONES: &str = "kubernetes.io/metadata.name";

/// An entry that selects Pods.
#[derive(Clone)]
struct Peer {
    at: &'static str,
    namespace: String,
    /// The label that tells its Pods apart, and its value. Each has a label `role` with the same value.
    key: &'static str,
    value: &'static str,
}

fn peers(names: &Names) -> Vec<Peer> {
    let peer = |at, home, value| Peer { at, namespace: names.of(home).to_owned(), key: "app", value };
    vec![
        peer("/tiers/1/from/1/pods", Home::Jobs, "report"),
        peer("/tiers/1/to/1/pods", Home::Jobs, "ledger"),
        peer("/telemetry/0/pods", Home::Observability, "otel"),
        peer("/monitoring/from/0", Home::Monitoring, "prometheus"),
        peer("/ingressController/from/0", Home::Ingress, "controller"),
        Peer { at: "/dns/resolvers/0/pods", namespace: "kube-system".into(), key: "k8s-app", value: "kube-dns" },
    ]
}

/// Edits every peer.
fn each<E: Fn(&mut Value, &Peer) + 'static>(peers: &[Peer], edit: E) -> impl Fn(&mut Value) + use<E> {
    let peers = peers.to_vec();
    move |spec| {
        for peer in &peers {
            edit(spec.pointer_mut(peer.at).unwrap_or_else(|| panic!("{} is there", peer.at)), peer);
        }
    }
}

/// Edits the selector of every tier, by the tier's label `app`.
fn tiers(spec: &mut Value, edit: impl Fn(&mut Value, &str)) {
    for tier in list(spec, "/tiers") {
        let app = tier["name"].as_str().expect("a name").to_owned();
        edit(&mut tier["podSelector"], &app);
    }
}

fn expression(key: &str, operator: &str, values: &[&str]) -> Value {
    json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]})
}

pub fn changes(names: &Names) -> Vec<Change> {
    let mut changes = resolvers();
    changes.extend(by_labels(&peers(names)));
    changes.extend(by_expressions(&peers(names), names.of(Home::App).to_owned()));
    changes.extend(and_back(&peers(names)));
    changes
}

fn resolvers() -> Vec<Change> {
    vec![
        change("the resolvers are listed", &[], &[], |spec| {
            let pods = json!({"namespace": "kube-system", "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}});
            let resolvers = json!([{"pods": pods, "port": 53}, {"cidr": "169.254.20.10/32", "port": 53}]);
            spec["dns"] = json!({"mode": "Explicit", "resolvers": resolvers});
        }),
        change("one is elsewhere", &[], &[], |spec| spec["dns"]["resolvers"][1]["cidr"] = json!("169.254.20.11/32")),
        change("they change places", &[], &[], |spec| list(spec, "/dns/resolvers").swap(0, 1)),
        change("and one goes", &[], &[], |spec| drop(list(spec, "/dns/resolvers").remove(0))),
    ]
}

fn by_labels(peers: &[Peer]) -> Vec<Change> {
    let selected = each(peers, |peer, Peer { key, value, .. }| {
        peer["namespaceSelector"]["matchLabels"][EVERYONES] = peer["namespaceSelector"]["matchLabels"][OURS].clone();
        peer["podSelector"] = expression(key, "In", &[value]);
    });
    let labelled = each(peers, |peer, Peer { namespace, value, .. }| {
        drop_field(peer, "namespace");
        peer["namespaceSelector"] = json!({"matchLabels": {OURS: namespace}});
        peer["podSelector"]["matchLabels"]["role"] = json!(value);
    });
    vec![
        change("Pods have two labels, and namespaces one", &[], &[], move |spec| {
            labelled(spec);
            tiers(spec, |selector, app| selector["matchLabels"]["role"] = json!(app));
        }),
        change("Pods are selected by an expression, and namespaces by two labels", &[], &[], move |spec| {
            selected(spec);
            tiers(spec, |selector, app| *selector = expression("app", "In", &[app]));
        }),
    ]
}

fn by_expressions(peers: &[Peer], own: String) -> Vec<Change> {
    let more = each(peers, |peer, Peer { namespace, key, value, .. }| {
        peer["namespaceSelector"] = expression(OURS, "In", &[namespace]);
        peer["podSelector"] = expression(key, "In", &["cleanup", value]);
    });
    let otherwise = each(peers, |peer, Peer { namespace, value, .. }| {
        peer["namespaceSelector"] = expression(OURS, "In", &["nowhere", namespace]);
        peer["podSelector"] = expression("role", "In", &["cleanup", value]);
    });
    let everywhere = each(peers, move |peer, _| {
        peer["namespaceSelector"] = expression(OURS, "NotIn", &["nowhere", &own]);
    });
    let any = each(peers, |peer, Peer { namespace, .. }| {
        peer["namespaceSelector"] = expression(EVERYONES, "In", &[namespace]);
        peer["podSelector"] = json!({"matchExpressions": [{"key": "role", "operator": "Exists"}]});
    });
    vec![
        change("an expression has one value more", &["jobs-cleanup"], &[], move |spec| {
            more(spec);
            tiers(spec, |selector, app| *selector = expression("app", "In", &["nobody", app]));
        }),
        change("it is about another label, and that of the namespaces has one more", &[], &[], move |spec| {
            otherwise(spec);
            tiers(spec, |selector, app| *selector = expression("role", "In", &["nobody", app]));
        }),
        change("every namespace but these", &[], &[], move |spec| {
            everywhere(spec);
            tiers(spec, |selector, app| {
                let others = ["web", "api", "db", "cache", "stranger"].into_iter().filter(|other| *other != app);
                *selector = expression("role", "NotIn", &others.collect::<Vec<_>>());
            });
        }),
        change("every Pod with that label, in namespaces by their names", &[], &[], move |spec| {
            any(spec);
            tiers(spec, |selector, app| *selector = expression("app", "In", &[app]));
        }),
    ]
}

fn and_back(peers: &[Peer]) -> Vec<Change> {
    let all = each(peers, |peer, _| {
        drop_field(peer, "podSelector");
        peer["allPods"] = json!(true);
    });
    let again = each(peers, |peer, Peer { namespace, key, value, .. }| {
        *peer = json!({"namespace": namespace, "podSelector": {"matchLabels": {*key: value}}});
    });
    let named = |spec: &mut Value, [to, telemetry]: [&str; 2]| {
        spec["tiers"][1]["to"][1]["name"] = json!(to);
        spec["telemetry"][0]["name"] = json!(telemetry);
    };
    vec![
        change("all Pods", &[], &[], move |spec| {
            all(spec);
            named(spec, ["book", "collector"]);
        }),
        change("Pods by a label, in a namespace by its name", &[], &["jobs-cleanup"], move |spec| {
            again(spec);
            named(spec, ["ledger", "otel"]);
            tiers(spec, |selector, app| *selector = json!({"matchLabels": {"app": app}}));
        }),
        change("the resolvers listen elsewhere", &[], &["web-dns", "api-dnstcp", "stranger-dns"], |spec| {
            spec["dns"]["resolvers"][0]["port"] = json!(5353);
        }),
        change("no DNS", &[], &[], |spec| spec["dns"] = json!({"mode": "None"})),
        change("DNS follows the cluster", &["web-dns", "api-dnstcp", "stranger-dns"], &[], |spec| {
            spec["dns"] = json!({"mode": "Auto"});
        }),
    ]
}
