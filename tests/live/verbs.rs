//! Every verb says of a live cluster what it says of its dump.

use std::fs;

use serde_json::{Value, json};

use super::{APP, apply, appnet, new_folder, support::ControlPlane};

/// Beside the app: Pods that run already, a policy with mistakes, and a Service.
const MORE: &str = "
apiVersion: v1
kind: Service
metadata: {name: api, namespace: live-shop}
spec: {selector: {app: api}, ports: [{name: web, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: typo, namespace: live-shop}
spec:
  podSelector: {matchLabels: {app: apy}}
  ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: live-jobs}
spec: {podSelector: {matchLabels: {app: report}}, policyTypes: [Egress], egress: [{}]}
";

/// What would be applied: another port, and nobody may call the report.
const CHANGE: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: live-shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: live-jobs}}, podSelector: {matchLabels: {app: report}}}]
    ports: [{port: 9090}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: live-jobs}
spec: {podSelector: {matchLabels: {app: report}}, policyTypes: [Ingress]}
";

const PROFILE: &str = "
apiVersion: appnet.dev/v1alpha1
kind: AppNetworkProfile
metadata: {name: shop, namespace: live-shop}
spec:
  tiers:
  - name: api
    podSelector: {matchLabels: {app: api}}
    ports: [{name: http, port: 8080}]
    from: [{pods: {namespace: live-jobs, podSelector: {matchLabels: {app: report}}}}]
";

const KINDS: &str =
    "namespaces,deployments,statefulsets,pods,services,endpointslices,networkpolicies,appnetworkprofiles";

/// Without where things stand: in a cluster they stand nowhere.
fn placeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["place", "file", "line", "column"] {
                fields.remove(field);
            }
            if let Some(Value::String(path)) = fields.get_mut("path")
                && path.starts_with("items[")
            {
                *path = path.split_once("].").map(|(_, path)| path.to_owned()).unwrap_or_default();
            }
            fields.values_mut().for_each(placeless);
        }
        Value::Array(items) => items.iter_mut().for_each(placeless),
        _ => {}
    }
}

/// The findings, in an order that does not depend on where they stand.
fn findings(text: &str) -> Vec<String> {
    let mut found: Value = serde_json::from_str(text).expect("JSON");
    placeless(&mut found);
    let mut lines: Vec<_> = found["findings"].as_array().expect("findings").iter().map(Value::to_string).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn every_verb_says_of_a_live_cluster_what_it_says_of_its_dump() {
    let control_plane = ControlPlane::start().await;
    apply(&control_plane, &format!("{APP}---{MORE}")).await;
    let folder = new_folder("live-verbs");
    let file = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).expect("a writable folder");
        file.to_str().expect("a path").to_owned()
    };
    let answer = control_plane.kubectl(&["get", "-A", "-o", "json", KINDS]).await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let dump = file("dump.json", &answer.stdout);
    let (change, profile) = (file("change.yaml", CHANGE), file("profile.yaml", PROFILE));
    let run = |words: &[&str]| appnet(&control_plane.kubeconfig(), words);

    // explain, in each of its verdicts, by name, by number and through a Service.
    let ends = [
        (["live-jobs/sts/report", "live-shop/deploy/api", "http"], "allowed", 0),
        (["live-jobs/sts/report", "live-shop/svc/api", "80"], "allowed", 0),
        (["live-jobs/sts/report", "live-shop/deploy/api", "9090"], "denied", 1),
        (["203.0.113.7", "live-shop/deploy/api", "8080"], "denied", 1),
        (["live-jobs/sts/report", "default/svc/kubernetes", "443"], "unknown", 3),
    ];
    for ([from, to, port], verdict, code) in ends {
        let words = ["explain", "--from", from, "--to", to, "--port", port, "-o", "json"];
        let (live, read) = (run(&words), run(&[&words[..], &["-f", &dump]].concat()));
        let [live_answer, read_answer] = [&live, &read].map(|answer| {
            let mut value: Value = serde_json::from_str(&answer.stdout).unwrap_or_else(|_| panic!("{answer:?}"));
            placeless(&mut value);
            value
        });
        assert_eq!(live_answer, read_answer, "{words:?}");
        assert_eq!((&live_answer["verdict"], &live_answer["partial"]), (&json!(verdict), &json!(false)), "{live:?}");
        assert_eq!((live.code, read.code), (Some(code), Some(code)), "{words:?}");
    }

    // map, in a form for people and one for programs.
    for format in ["list", "json"] {
        let words = ["map", "-o", format, "--exposure"];
        let (live, read) = (run(&words), run(&[&words[..], &["-f", &dump]].concat()));
        assert_eq!((live.code, &live.stdout), (Some(0), &read.stdout), "{}", live.stderr);
        assert!(live.stdout.contains("live-jobs/report[StatefulSet]"), "{}", live.stdout);
    }

    // plan, of policies and of a profile.
    for (what, says) in [(&change, "TCP 8080 → TCP 9090"), (&profile, "shop-default-deny")] {
        for format in ["text", "json"] {
            let words = ["plan", "-f", what, "-o", format];
            let (live, read) = (run(&words), run(&[&words[..], &["--against", &dump]].concat()));
            assert_eq!((live.code, &live.stdout), (Some(1), &read.stdout), "{}", live.stderr);
            assert!(format == "json" || live.stdout.contains(says), "{}", live.stdout);
        }
    }
    let same = file("same.json", &answer.stdout);
    assert_eq!(run(&["plan", "-f", &same]).code, Some(0), "what is there changes nothing");

    // lint, of the cluster, and of a file laid over it.
    let live = run(&["lint", "-o", "json"]);
    let (found, of_dump) = (findings(&live.stdout), findings(&run(&["lint", "-o", "json", "-f", &dump]).stdout));
    assert_eq!((live.code, &found), (Some(1), &of_dump), "{}", live.stderr);
    assert!(found.iter().any(|one| one.contains("live-shop/typo")), "{found:#?}");
    let over = run(&["lint", "-o", "json", "-f", &change, "--live"]);
    let (found, of_files) = (
        findings(&over.stdout),
        findings(&run(&["lint", "-o", "json", "-f", &change, &without_api(&folder, &answer.stdout)]).stdout),
    );
    assert_eq!((over.code, &found), (Some(1), &of_files), "{}", over.stderr);
    fs::remove_dir_all(folder).expect("it was there");
}

/// The dump without the policy that a file replaces: two objects of one name in files are a mistake.
fn without_api(folder: &std::path::Path, dump: &str) -> String {
    let mut list: Value = serde_json::from_str(dump).expect("JSON");
    let items = list["items"].as_array_mut().expect("a list");
    items.retain(|item| item["kind"] != "NetworkPolicy" || item["metadata"]["name"] != "api");
    let file = folder.join("rest.json");
    fs::write(&file, list.to_string()).expect("a writable folder");
    file.to_str().expect("a path").to_owned()
}

#[tokio::test]
async fn of_a_profile_that_a_file_would_change_the_file_is_checked_and_not_what_it_replaces() {
    let control_plane = ControlPlane::start().await;
    apply(&control_plane, APP).await;
    let mistyped = PROFILE.replace("podSelector: {matchLabels: {app: api}}", "podSelector: {matchLabels: {app: apy}}");
    apply(&control_plane, &mistyped).await;
    let folder = new_folder("live-replaced");
    let file = folder.join("profile.yaml");
    fs::write(&file, PROFILE).expect("a writable folder");
    let run = |words: &[&str]| appnet(&control_plane.kubeconfig(), words);
    let live = run(&["lint"]);
    assert!(live.code == Some(1) && live.stdout.contains("app=apy"), "{live:?}");
    let over = run(&["lint", "--live", "-f", file.to_str().expect("a path")]);
    assert!(over.code == Some(0) && over.stdout.is_empty(), "{over:?}");
    assert!(over.stderr.contains("1 profile, "), "{over:?}");
    fs::remove_dir_all(folder).expect("it was there");
}
