//! The document and the list say the same, whatever the policies are.

use proptest::prelude::*;
use serde_json::{Value, json as object};

use super::{json, plugin::run_with_input, shop};

/// The lines of the list, from what JSON says of edges.
fn lines(map: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let ports = |edge: &Value| {
        if edge["all"] == true {
            assert_eq!(edge.get("ports"), None);
            return "All Connections".to_owned();
        }
        let (mut parts, mut last) = (Vec::new(), String::new());
        for span in edge["ports"].as_array().expect("ports") {
            let (protocol, first, end) = (text(&span["protocol"]), &span["first"], &span["last"]);
            let numbers = if first == end { first.to_string() } else { format!("{first}-{end}") };
            parts.push(if protocol == last { numbers } else { format!("{protocol} {numbers}") });
            last = protocol;
        }
        parts.join(",")
    };
    let edges = map["edges"].as_array().expect("edges").iter();
    edges.map(|edge| format!("{} => {} : {}", text(&edge["from"]), text(&edge["to"]), ports(edge))).collect()
}

#[test]
fn the_document_says_what_the_list_says() {
    for flags in [&[][..], &["--pods"], &["--only", "shop"], &["--to", "db"], &["--from", "*", "--to", "api"]] {
        assert_eq!(lines(&json(flags)), shop(flags).lines().collect::<Vec<_>>(), "{flags:?}");
        let yaml: Value = serde_saphyr::from_str(&shop(&[&["-o", "yaml"], flags].concat())).expect("YAML");
        assert_eq!(yaml, json(flags), "{flags:?}");
    }
    let yaml: Value = serde_saphyr::from_str(&shop(&["-o", "yaml", "--exposure"])).expect("YAML");
    assert_eq!(yaml, json(&["--exposure"]));
}

/// Workloads `w0` to `w4` in two namespaces, and policies that name them by label.
fn cluster() -> impl Strategy<Value = String> {
    let peer = prop_oneof![
        (0..5).prop_map(|app| object!({"podSelector": {"matchLabels": {"app": format!("w{app}")}}})),
        Just(object!({"namespaceSelector": {}})),
        (0..4u8).prop_map(|block| object!({"ipBlock": {"cidr": format!("10.{block}.0.0/{}", 8 + block * 4)}})),
    ];
    let port = prop_oneof![
        (1..200u16).prop_map(|port| object!({"port": port, "endPort": port + 3, "protocol": "UDP"})),
        Just(object!({"port": "http"})),
        Just(object!({"protocol": "SCTP"})),
    ];
    let rule = (prop::collection::vec(peer, 0..3), prop::collection::vec(port, 0..3));
    let policy = (0..2u8, 0..6u8, any::<bool>(), prop::collection::vec(rule, 0..3));
    let policies = prop::collection::vec(policy, 0..5);
    (policies, 0..5u8).prop_map(|(policies, on_host)| {
        let mut items: Vec<Value> = (0..5u8)
            .map(|app| {
                object!({
                    "apiVersion": "apps/v1", "kind": "Deployment",
                    "metadata": {"name": format!("w{app}"), "namespace": format!("n{}", app % 2)},
                    "spec": {"template": {
                        "metadata": {"labels": {"app": format!("w{app}")}},
                        "spec": {"hostNetwork": app == on_host, "containers": [{
                            "name": "c", "image": "c", "ports": [{"name": "http", "containerPort": 8000 + u16::from(app)}],
                        }]},
                    }},
                })
            })
            .collect();
        for (number, (namespace, app, ingress, rules)) in policies.into_iter().enumerate() {
            let (types, field, side) = if ingress { ("Ingress", "ingress", "from") } else { ("Egress", "egress", "to") };
            let rules: Vec<_> = rules.into_iter().map(|(peers, ports)| object!({side: peers, "ports": ports})).collect();
            // One in six is about all Pods.
            let labels = if app == 5 { object!({}) } else { object!({"app": format!("w{app}")}) };
            items.push(object!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": format!("p{number}"), "namespace": format!("n{namespace}")},
                "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": [types], field: rules},
            }));
        }
        object!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
    })
}

fn map(input: &str, format: &str) -> String {
    let (code, out, err) = run_with_input(&["map", "-f", "-", "-o", format], input.as_bytes());
    assert_eq!(code, 0, "{err}");
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_has_the_same_edges(input in cluster()) {
        let list = map(&input, "list");
        let document: Value = serde_json::from_str(&map(&input, "json")).expect("JSON");
        prop_assert_eq!(lines(&document), list.lines().collect::<Vec<_>>());
        let yaml: Value = serde_saphyr::from_str(&map(&input, "yaml")).expect("YAML");
        prop_assert_eq!(&yaml, &document);
        let count = list.lines().count();
        prop_assert_eq!(map(&input, "csv").lines().count(), count + 1);
        prop_assert_eq!(map(&input, "md").lines().count(), count + 2);
        prop_assert_eq!(map(&input, "mermaid").matches(" -->").count(), count);
        prop_assert_eq!(map(&input, "dot").matches(" -> ").count(), count);
        // What is certain is not unknown, and every unknown pair has one end on the host network.
        let on_host = |id: &Value| document["nodes"].as_array().expect("nodes").iter().any(|node| &node["id"] == id && node["hostNetwork"] == true);
        for pair in document["unknown"].as_array().expect("pairs") {
            prop_assert!(on_host(&pair["from"]) != on_host(&pair["to"]), "{}", pair);
        }
    }
}
