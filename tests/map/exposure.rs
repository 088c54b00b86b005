//! What is open beyond the Pods that exist, and what nobody can tell.

use serde_json::{Value, json};

use super::plugin::run_with_input;

/// `a/web` with a policy of these rules, `a/api`, and `b/agent` on the host network.
fn map(policy: &Value, flags: &[&str]) -> String {
    let workload = |namespace: &str, name: &str, host: bool| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"metadata": {"labels": {"app": name}}, "spec": {"hostNetwork": host, "containers": [{
                "name": "c", "image": "c", "ports": [{"name": "http", "containerPort": 8080}],
            }]}}},
        })
    };
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "a"}, "spec": policy,
    });
    let items = [workload("a", "web", false), workload("a", "api", false), workload("b", "agent", true), policy];
    let input = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let (code, out, err) = run_with_input(&[&["map", "-f", "-"], flags].concat(), input.as_bytes());
    assert_eq!(code, 0, "{err}");
    out
}

/// What is said of `a/web` below the list.
fn of_web(rules: &Value, direction: &str) -> Vec<String> {
    let field = direction.to_lowercase();
    let policy = json!({"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": [direction], field: rules});
    let out = map(&policy, &["--exposure"]);
    let (_, exposure) = out.split_once("\n\nBeyond the Pods that exist:\n").expect("a second part");
    let lines = exposure.lines().filter_map(|line| line.strip_prefix("a/web[Deployment] "));
    let (other, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("not protected"));
    assert_eq!(other, [if direction == "Ingress" { "not protected: egress" } else { "not protected: ingress" }]);
    lines.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_rule_is_shown_unless_the_map_shows_its_pods() {
    let name = |name: &str| json!({"matchLabels": {"kubernetes.io/metadata.name": name}});
    for (peer, wanted) in [
        (json!({"podSelector": {}}), Some("every Pod of namespace a")),
        (json!({"namespaceSelector": {}}), Some("every Pod of every namespace")),
        (json!({"namespaceSelector": {"matchLabels": {"team": "x"}}}), Some("every Pod of namespaces with team=x")),
        (json!({"namespaceSelector": name("b")}), Some("every Pod of namespace b")),
        // There.
        (json!({"podSelector": {"matchLabels": {"app": "api"}}}), None),
        (json!({"namespaceSelector": name("a"), "podSelector": {"matchLabels": {"app": "api"}}}), None),
        // Not there; or there, but on the host network, where no label finds it.
        (json!({"podSelector": {"matchLabels": {"app": "cli"}}}), Some("Pods with app=cli of namespace a")),
        (
            json!({"namespaceSelector": {"matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["b"]}]},
                "podSelector": {"matchLabels": {"app": "agent"}}}),
            Some("Pods with app=agent of namespace b"),
        ),
        // Another label tells no name, even where it looks like one.
        (
            json!({"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["b"]}]}}),
            Some("every Pod of namespaces with team in (b)"),
        ),
        // There, and in whatever namespace comes to be.
        (
            json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}),
            Some("Pods with app=api of every namespace"),
        ),
        (json!({"ipBlock": {"cidr": "10.0.0.0/8"}}), None),
    ] {
        let wanted: Vec<_> = wanted.into_iter().map(|whom| format!("<= {whom} : TCP 80")).collect();
        assert_eq!(of_web(&json!([{"from": [peer], "ports": [{"port": 80}]}]), "Ingress"), wanted, "{peer}");
    }
}

#[test]
fn rules_for_the_same_pods_are_one_line_and_what_everyone_may_do_is_said_once() {
    let cli = json!([{"podSelector": {"matchLabels": {"app": "cli"}}}]);
    let rules = json!([
        {"from": cli, "ports": [{"port": 80}]},
        {"from": cli, "ports": [{"port": 81}, {"port": 7, "protocol": "UDP"}]},
    ]);
    assert_eq!(of_web(&rules, "Ingress"), ["<= Pods with app=cli of namespace a : TCP 80-81,UDP 7"]);
    let everyone = |port: u16| json!([{"ports": [{"port": port}]}, {"from": cli, "ports": [{"port": 80}]}]);
    assert_eq!(of_web(&everyone(80), "Ingress"), ["<= every Pod of every namespace : TCP 80"]);
    assert_eq!(
        of_web(&everyone(82), "Ingress"),
        ["<= every Pod of every namespace : TCP 82", "<= Pods with app=cli of namespace a : TCP 80"]
    );
}

#[test]
fn names_of_ports_are_those_of_the_called() {
    let ports = json!([{"port": "http"}, {"port": "admin"}]);
    assert_eq!(
        of_web(&json!([{"from": [{"podSelector": {}}], "ports": ports}]), "Ingress"),
        ["<= every Pod of namespace a : TCP 8080"]
    );
    let nothing = json!([{"from": [{"podSelector": {}}], "ports": [{"port": "admin"}]}]);
    assert_eq!(of_web(&nothing, "Ingress"), [""; 0]);
    assert_eq!(
        of_web(&json!([{"to": [{"podSelector": {}}], "ports": ports}]), "Egress"),
        ["=> every Pod of namespace a : TCP named admin,TCP named http"]
    );
}

#[test]
fn a_named_port_that_everyone_may_call_is_said_once() {
    let of_cli = json!({"to": [{"podSelector": {"matchLabels": {"app": "cli"}}}], "ports": [{"port": "http"}]});
    let every = "=> every Pod of every namespace";
    let more = "=> Pods with app=cli of namespace a : TCP named http";
    for (ports, wanted) in [
        (json!([{"port": "http"}]), vec![format!("{every} : TCP named http")]),
        // Whatever number the name stands for.
        (json!([{"protocol": "TCP"}]), vec![format!("{every} : TCP 1-65535")]),
        (json!([{"protocol": "UDP"}]), vec![format!("{every} : UDP 1-65535"), more.to_owned()]),
        (json!([{"port": "admin"}]), vec![format!("{every} : TCP named admin"), more.to_owned()]),
        (json!([{"port": 8080}]), vec![format!("{every} : TCP 8080"), more.to_owned()]),
    ] {
        assert_eq!(of_web(&json!([{"ports": ports}, of_cli]), "Egress"), wanted, "{ports}");
    }
}

#[test]
fn ports_that_are_certain_are_not_unknown() {
    let policy = json!({"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 80}]}]});
    let document: Value =
        serde_json::from_str(&map(&policy, &["-o", "json", "--from", "agent", "--to", "web"])).expect("JSON");
    let ends = |edge: &Value| (edge["from"] == "b/agent[Deployment]", edge["to"] == "a/web[Deployment]");
    let (edges, unknown) = (&document["edges"], &document["unknown"]);
    assert_eq!((ends(&edges[0]), ends(&unknown[0])), ((true, true), (true, true)));
    assert_eq!(edges[0]["ports"], json!([{"protocol": "TCP", "first": 80, "last": 80}]));
    assert_eq!(
        unknown[0]["ports"],
        json!([
            {"protocol": "SCTP", "first": 1, "last": 65535},
            {"protocol": "TCP", "first": 1, "last": 79},
            {"protocol": "TCP", "first": 81, "last": 65535},
            {"protocol": "UDP", "first": 1, "last": 65535},
        ])
    );
    assert_eq!((edges.as_array().map(Vec::len), unknown.as_array().map(Vec::len)), (Some(1), Some(1)));
    let matrix = map(&policy, &["-o", "matrix", "--from", "agent", "--to", "web"]);
    assert!(matrix.lines().any(|line| line.starts_with("2 b/agent[Deployment]") && line.contains("80?")), "{matrix}");
}

#[test]
fn blocks_beside_each_other_at_the_same_ports_are_one_line() {
    let rule = |cidr: &str, port: u16| json!({"from": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": port}]});
    let rules = [rule("203.0.113.0/25", 80), rule("203.0.113.128/25", 80), rule("203.0.114.0/24", 81)];
    let policy = json!({"podSelector": {"matchLabels": {"app": "web"}}, "ingress": rules});
    let out = map(&policy, &["--to", "web"]);
    let outside: Vec<_> = out.lines().filter(|line| line.contains("[External] => ")).collect();
    assert_eq!(
        outside,
        [
            "203.0.113.0-203.0.113.255[External] => a/web[Deployment] : TCP 80",
            "203.0.114.0-203.0.114.255[External] => a/web[Deployment] : TCP 81",
        ]
    );
}
