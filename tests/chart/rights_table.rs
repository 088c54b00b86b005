//! The table of rights in the chart's README, written from the roles that the chart renders.

use serde_json::Value;

use crate::{
    objects::{NAMESPACE, objects, string, strings},
    used::{of_account, roles},
};

/// A namespace that stands for the managed one.
const MANAGED: &str = "app";

fn rendered(values: &str) -> Vec<Value> {
    roles(&of_account(&objects(values)))
}

fn has(roles: &[Value], rule: &Value) -> bool {
    roles.iter().any(|role| role["rules"].as_array().is_some_and(|rules| rules.contains(rule)))
}

fn place(namespace: Option<&str>, rule: &Value) -> String {
    let names: Vec<_> = strings(&rule["resourceNames"]).iter().map(|name| format!("`{name}`")).collect();
    match namespace {
        None if !names.is_empty() => format!("those called {}", names.join(" and ")),
        None => "the whole cluster: profiles refer to them".into(),
        Some(MANAGED) => "the whole cluster, or `watchNamespace`".into(),
        Some(NAMESPACE) if rule.get("resourceNames").is_some() => "the operator's namespace, its own one only".into(),
        Some(NAMESPACE) => "the operator's namespace".into(),
        Some(other) => panic!("rights in {other}"),
    }
}

/// One line for each rule.
pub fn table() -> String {
    let (of_cluster, of_namespace) = (rendered(""), rendered(&format!("watchNamespace: {MANAGED}")));
    let settings = [
        ("`platform.cni` is `Standard`", rendered("platform: {cni: Standard}")),
        ("`platform.cni` is `Cilium`", rendered("platform: {cni: Cilium}")),
        ("`platform.discovery` is `None`", rendered("platform: {discovery: None}")),
        ("`platform.ingressControllers` names one", rendered("platform: {ingressControllers: [{cidr: 192.0.2.0/28}]}")),
        ("`platform.monitoring` names one", rendered("platform: {monitoring: [{cidr: 192.0.2.0/28}]}")),
        ("`leaderElection.enabled` is `false`", rendered("leaderElection: {enabled: false}")),
    ];
    let mut table = String::from("| API group | resources | verbs | where |\n|---|---|---|---|\n");
    for role in &of_namespace {
        let namespace = role["metadata"]["namespace"].as_str();
        for rule in role["rules"].as_array().expect("rules") {
            assert!(has(&of_cluster, rule), "only the operator of one namespace has {rule}");
            let quoted = |field: &str| {
                let words: Vec<_> = strings(&rule[field]).iter().map(|word| format!("`{word}`")).collect();
                words.join(", ")
            };
            let group = if string(&rule["apiGroups"][0]).is_empty() { "core".to_owned() } else { quoted("apiGroups") };
            let needless: Vec<_> =
                settings.iter().filter(|(_, without)| !has(without, rule)).map(|(setting, _)| *setting).collect();
            let unless =
                if needless.is_empty() { String::new() } else { format!("; not where {}", needless.join(" or ")) };
            let (resources, verbs, place) = (quoted("resources"), quoted("verbs"), place(namespace, rule));
            table.extend(["| ", &group, " | ", &resources, " | ", &verbs, " | ", &place, &unless, " |\n"]);
        }
    }
    for rule in of_cluster.iter().flat_map(|role| role["rules"].as_array().expect("rules")) {
        assert!(has(&of_namespace, rule), "the table lacks {rule}");
    }
    table
}
