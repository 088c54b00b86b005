//! Apps of others, without any policy: a default deny in their namespaces lists all that breaks.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// For each app: its workloads, the flows that are cut, and the lines of Services and ways in that are cut.
const APPS: [(&str, usize, usize, usize); 5] = [
    ("bookinfo", 12, 156, 13),
    ("k8s_wordpress_example", 2, 6, 2),
    ("onlineboutique-pods", 12, 156, 12),
    ("qotd", 11, 132, 12),
    ("sockshop", 14, 210, 14),
];

fn program(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    let done = command.args(arguments).env("KUBECONFIG", "/does/not/exist").output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (done.status.code().expect("an exit status"), text(done.stdout), text(done.stderr))
}

fn input(app: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/oracle/apps").join(app).join("input")
}

/// A file with a default deny for each namespace of these nodes.
fn default_deny(app: &str, nodes: &[Value]) -> PathBuf {
    let namespaces: BTreeSet<_> = nodes.iter().filter_map(|node| node["namespace"].as_str()).collect();
    let policies = namespaces.iter().map(|namespace| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: default-deny, namespace: {namespace}}}\n\
             spec: {{podSelector: {{}}, policyTypes: [Ingress, Egress]}}\n"
        )
    });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("default-deny-{app}.yaml"));
    std::fs::write(&file, policies.collect::<String>()).expect("the tests' folder can be written");
    file
}

#[test]
fn a_default_deny_on_the_public_apps_lists_every_flow_that_there_was() {
    for (app, workloads, cut, ways) in APPS {
        let input = input(app).display().to_string();
        let (code, map, err) = program(&["map", "-f", &input, "-o", "json"]);
        assert_eq!(code, 0, "{app}: {err}");
        let map: Value = serde_json::from_str(&map).expect("JSON");
        let nodes = map["nodes"].as_array().expect("nodes");
        let deny = default_deny(app, nodes).display().to_string();
        let (code, plan, err) = program(&["plan", "-f", &deny, "--against", &input, "--all", "-o", "json"]);
        assert_eq!(code, 1, "{app}: {err}");
        let plan: Value = serde_json::from_str(&plan).expect("JSON");
        let listed = |ways: &Value| ways.as_array().expect("a list").len();
        let found = (nodes.len(), &plan["summary"]["cut"], listed(&plan["ways"]));
        assert_eq!(found, (workloads, &cut.into(), ways), "{app}");
        assert_eq!((&plan["summary"]["changed"], &plan["summary"]["opened"]), (&0.into(), &0.into()), "{app}");
        // Each with each other, and each with the outside both ways: all of them, and by the policy that cuts them.
        assert_eq!(cut, workloads * (workloads + 1), "{app}");
        let pairs = |list: &Value, outside: &str| -> BTreeSet<(String, String)> {
            let end = |edge: &Value, side: &str| edge[side].as_str().expect("an end").replace(outside, "outside");
            let pairs = list.as_array().expect("a list").iter().map(|edge| (end(edge, "from"), end(edge, "to")));
            pairs.filter(|(from, _)| from != "{ingress-controller}").collect()
        };
        let flows = pairs(&plan["flows"], "any address outside the cluster");
        assert_eq!(flows, pairs(&map["edges"], "0.0.0.0-255.255.255.255[External]"), "{app}");
        assert_eq!(flows.len(), cut, "{app}");
        for flow in plan["flows"].as_array().expect("flows") {
            let because = flow["because"].to_string();
            assert!(because.contains("now isolated on the way ") && because.contains("/default-deny"), "{app}: {flow}");
        }
    }
}
