//! The plugin on a live cluster: a real API server, and the rights of whoever asks.

#[path = "live/rights.rs"]
mod rights;
mod support;
#[path = "live/verbs.rs"]
mod verbs;

use std::{fmt::Write, fs, path::PathBuf, process::Command, time::Duration};

use support::{Answer, ControlPlane, eventually, scratch};

/// Two namespaces with an app each; the policy of one names the Pods of the other.
const APP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: live-shop, labels: {team: sales}}
---
apiVersion: v1
kind: Namespace
metadata: {name: live-jobs}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: live-shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: main, image: none, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: report, namespace: live-jobs}
spec:
  replicas: 0
  serviceName: report
  selector: {matchLabels: {app: report}}
  template:
    metadata: {labels: {app: report}}
    spec: {containers: [{name: main, image: none}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: live-shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: live-jobs}}, podSelector: {matchLabels: {app: report}}}]
    ports: [{port: http}]
";

const LINE: &str = "live-jobs/report[StatefulSet] => live-shop/api[Deployment] : TCP 8080";

fn appnet(kubeconfig: &PathBuf, args: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env_clear().env("KUBECONFIG", kubeconfig).args(args);
    Answer::of(&mut command, "")
}

fn new_folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    fs::create_dir_all(&folder).expect("the tests' folder is ours");
    folder
}

async fn apply(control_plane: &ControlPlane, objects: &str) {
    let answer = control_plane.kubectl_with_input(&["apply", "-f", "-"], objects).await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
}

#[tokio::test]
async fn the_map_of_a_live_cluster_is_that_of_its_dump_page_by_page() {
    let control_plane = ControlPlane::start().await;
    // More than a page of them.
    let mut many = APP.to_owned();
    for place in 0..620 {
        write!(many, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{place}, namespace: live-jobs}}\n")
            .expect("text");
        write!(many, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{place}, namespace: live-jobs}}\nspec: {{podSelector: {{matchLabels: {{never: v{place}}}}}}}\n").expect("text");
    }
    apply(&control_plane, &many).await;
    let live = appnet(&control_plane.kubeconfig(), &["map"]);
    assert_eq!(live.code, Some(0), "{}", live.stderr);
    assert!(live.stdout.lines().any(|line| line == LINE), "{}", live.stdout);

    // As for `kubectl get`, the namespace says what is asked for.
    let of_shop = appnet(&control_plane.kubeconfig(), &["map", "-n", "live-shop"]);
    let expected = appnet(&control_plane.kubeconfig(), &["map", "--only", "live-shop"]);
    assert_eq!((of_shop.code, &of_shop.stdout), (Some(0), &expected.stdout), "{}", of_shop.stderr);
    assert!(of_shop.stdout != live.stdout && of_shop.stdout.lines().all(|line| line.contains("live-shop/")));
    let mistyped = appnet(&control_plane.kubeconfig(), &["map", "-n", "live-shp"]);
    assert_eq!(mistyped.code, Some(2), "{}", mistyped.stdout);
    assert!(
        mistyped
            .stderr
            .contains("--namespace 'live-shp': no namespace with workloads has this name; did you mean 'live-shop'?"),
        "{}",
        mistyped.stderr
    );

    let folder = new_folder("live-dump");
    let dump = control_plane
        .kubectl(&["get", "-A", "-o", "json", "namespaces,deployments,statefulsets,pods,services,networkpolicies"])
        .await;
    assert_eq!(dump.code, Some(0), "{}", dump.stderr);
    let file = folder.join("dump.json");
    fs::write(&file, dump.stdout).expect("a writable folder");
    let read = appnet(&control_plane.kubeconfig(), &["map", "-f", file.to_str().expect("a path")]);
    assert_eq!(read.stdout, live.stdout);
    fs::remove_dir_all(folder).expect("it was there");

    // Files are laid over the cluster: the same policy with another port.
    let changed = APP.split("---").last().expect("the policy").replace("port: http", "port: 9090");
    let file = new_folder("live-over").join("policy.yaml");
    fs::write(&file, changed).expect("a writable folder");
    let over = appnet(&control_plane.kubeconfig(), &["map", "--live", "-f", file.to_str().expect("a path")]);
    assert_eq!(over.code, Some(0), "{}", over.stderr);
    assert_eq!(over.stdout, live.stdout.replace(LINE, &LINE.replace("8080", "9090")));
    fs::remove_dir_all(file.parent().expect("a folder")).expect("it was there");
}

#[tokio::test]
async fn what_may_not_be_seen_is_said_and_the_rest_is_shown() {
    let control_plane = ControlPlane::start().await;
    apply(&control_plane, APP).await;
    for command in [
        &[
            "create",
            "role",
            "some",
            "-n",
            "live-shop",
            "--verb=list",
            "--resource=deployments.apps,networkpolicies.networking.k8s.io,pods",
        ][..],
        &["create", "rolebinding", "some", "-n", "live-shop", "--role=some", "--user=someone"],
    ] {
        let answer = control_plane.kubectl(command).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    }
    until_someone_may_list(&control_plane, "pods").await;
    let folder = new_folder("live-rights");
    let kubeconfig = folder.join("kubeconfig");
    let whole = fs::read_to_string(control_plane.kubeconfig()).expect("a kubeconfig");
    fs::write(&kubeconfig, as_someone(&whole)).expect("a writable folder");
    let found = appnet(&kubeconfig, &["map", "-n", "live-shop"]);
    assert_eq!(found.code, Some(2), "{}", found.stderr);
    assert!(found.stdout.contains("live-shop/api[Deployment]"), "{}{}", found.stdout, found.stderr);
    assert!(!found.stdout.contains("live-jobs"), "{}", found.stdout);
    for kind in ["Namespace in the cluster", "Service in namespace 'live-shop'", "StatefulSet in namespace 'live-shop'"]
    {
        assert!(found.stderr.contains(&format!("not seen: {kind}: ")), "{kind}: {}", found.stderr);
    }
    assert!(!found.stderr.contains("not seen: Deployment"), "{}", found.stderr);
    fs::remove_dir_all(folder).expect("it was there");
}

/// The API server learns of new rights some time after it has stored them.
async fn until_someone_may_list(control_plane: &ControlPlane, kind: &str) {
    let ask = ["auth", "can-i", "list", kind, "-n", "live-shop", "--as", "someone"];
    eventually(&format!("someone may list {kind}"), Duration::from_secs(60), async || {
        let answer = control_plane.kubectl(&ask).await;
        if answer.stdout.trim() == "yes" { Ok(()) } else { Err(answer) }
    })
    .await;
}

/// The same kubeconfig, acting for someone with fewer rights.
fn as_someone(kubeconfig: &str) -> String {
    let mut whole: serde_json::Value = serde_saphyr::from_str(kubeconfig).expect("a kubeconfig");
    whole["users"][0]["user"]["as"] = "someone".into();
    whole.to_string()
}

#[test]
fn without_a_way_to_a_cluster_the_sentence_says_what_to_give() {
    let folder = new_folder("live-none");
    for (args, words) in [
        (&["map"][..], "no way to a cluster"),
        (&["map", "--context", "elsewhere"], "no way to a cluster"),
        (&["map", "--kubeconfig", "/does/not/exist"], "no way to a cluster"),
    ] {
        let answer = appnet(&folder.join("none"), args);
        assert_eq!(answer.code, Some(2), "{args:?}: {}", answer.stderr);
        assert!(answer.stderr.contains(words) && answer.stderr.contains("-f"), "{args:?}: {}", answer.stderr);
        assert_eq!(answer.stdout, "");
    }
    let closed = folder.join("closed");
    fs::write(&closed, "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n").expect("a writable folder");
    let answer = appnet(&closed, &["map"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("127.0.0.1:1"), "{}", answer.stderr);
    fs::remove_dir_all(folder).expect("it was there");
}

/// Something that is wrong, with what leads to it beside it: a webhook that the API server calls, and settings of the network.
const WRONG: &str = "
apiVersion: v1
kind: Service
metadata: {name: api, namespace: live-shop}
spec: {selector: {app: apis}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {enable-policy: never}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cilium, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: cilium}}
  template:
    metadata: {labels: {k8s-app: cilium}}
    spec: {hostNetwork: true, containers: [{name: agent, image: example.com/none}]}
";

#[tokio::test]
async fn diagnose_looks_at_settings_and_names_what_it_may_not_see_without_calling_the_rest_partial() {
    let control_plane = ControlPlane::start().await;
    apply(&control_plane, APP).await;
    apply(&control_plane, WRONG).await;
    let found = appnet(&control_plane.kubeconfig(), &["diagnose", "-n", "live-shop", "-o", "json"]);
    assert_eq!(found.code, Some(1), "{}", found.stderr);
    let codes = |answer: &Answer| -> Vec<String> {
        let document: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
        assert_eq!(document["partial"], false, "{}", answer.stderr);
        let findings = document["findings"].as_array().expect("findings").iter();
        findings.map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
    };
    assert_eq!(codes(&found), ["CNIDoesNotEnforce", "ServiceWithoutEndpoints"]);
    // Typed as it stands, the Service leads somewhere, and the setting is as it should be.
    let document: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
    for finding in document["findings"].as_array().expect("findings") {
        let command = finding["fix"]["command"].as_str().expect("a command").split(" && ").next().expect("the first");
        let program = control_plane.programs().join("kubectl");
        let mut shell = Command::new("bash");
        shell.env("KUBECONFIG", control_plane.kubeconfig()).env("HOME", control_plane.folder());
        shell.args(["-c", &command.replacen("kubectl", &program.display().to_string(), 1)]);
        let typed = Answer::of(&mut shell, "");
        assert_eq!(typed.code, Some(0), "{command}: {}{}", typed.stdout, typed.stderr);
    }
    let after = appnet(&control_plane.kubeconfig(), &["diagnose", "-n", "live-shop", "-o", "json"]);
    assert!(codes(&after).is_empty(), "{}", after.stdout);

    for command in [
        &[
            "create",
            "clusterrole",
            "most",
            "--verb=list",
            "--resource=namespaces,pods,services,endpointslices.discovery.k8s.io,deployments.apps,statefulsets.apps,daemonsets.apps,cronjobs.batch,networkpolicies.networking.k8s.io,ingresses.networking.k8s.io,appnetworkprofiles.appnet.dev",
        ][..],
        &["create", "clusterrolebinding", "most", "--clusterrole=most", "--user=someone"],
    ] {
        let answer = control_plane.kubectl(command).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    }
    until_someone_may_list(&control_plane, "pods").await;
    let folder = new_folder("live-diagnose");
    let kubeconfig = folder.join("kubeconfig");
    let whole = fs::read_to_string(control_plane.kubeconfig()).expect("a kubeconfig");
    fs::write(&kubeconfig, as_someone(&whole)).expect("a writable folder");
    let some = appnet(&kubeconfig, &["diagnose", "-n", "live-shop", "-o", "json"]);
    assert!(codes(&some).is_empty(), "what is not seen is taken for usual: {}", some.stdout);
    for kind in [
        "ConfigMap in namespace 'kube-system'",
        "ValidatingWebhookConfiguration in the cluster",
        "IngressClass in the cluster",
    ] {
        assert!(some.stderr.contains(&format!("not seen: {kind}: ")), "{kind}: {}", some.stderr);
    }
    fs::remove_dir_all(folder).expect("it was there");
}
