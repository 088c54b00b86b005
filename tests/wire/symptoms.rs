//! Each row of the table of symptoms, for real: something is wrong and a connection fails, or passes that should not; `diagnose`
//! names it first; what it prints is typed as it stands; and the connection is as it should be.
//!
//! All policies are by hand: the command needs no operator and no profile.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, QUIET, eventually},
    extras::{INGRESS, start, until_status_is, with_curl},
    ingress::web,
    place::{Open, Place, Server, Shut},
    support::Answer,
};

/// A node of its own: one row restarts the CNI.
pub fn node() -> &'static Cluster {
    static NODE: OnceLock<Cluster> = OnceLock::new();
    NODE.get_or_init(|| Cluster::start("symptoms", &[], &[]))
}

/// What `diagnose` found first: its code, and the command that is to be typed.
struct First {
    code: String,
    command: String,
}

fn diagnose(place: &Place, ask: &[&str]) -> First {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env("KUBECONFIG", place.cluster.folder().join("kubeconfig"));
    command.args(["diagnose", "-o", "json", "-n", &place.name]).args(ask);
    let Answer { stdout, stderr, code } = Answer::of(&mut command, "");
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let first = &document["findings"][0];
    println!("symptoms: {} {}: {}", first["code"], first["about"], first["found"]);
    assert!(code == Some(0) || code == Some(1), "{code:?} {stderr}");
    let command = first["fix"]["command"].as_str().unwrap_or_else(|| panic!("no command in {document:#}")).to_owned();
    First { code: first["code"].as_str().expect("a code").to_owned(), command }
}

/// Types what was printed.
fn type_it(place: &Place, command: &str) {
    println!("symptoms: $ {command}");
    let mut shell = place.cluster.command("kubectl");
    let kubectl = shell.get_program().to_owned();
    let programs = std::path::Path::new(&kubectl).parent().expect("a folder").display().to_string();
    let mut typed = std::process::Command::new("bash");
    typed.args(["-c", command]).envs(shell.env("X", "").get_envs().filter_map(|(key, value)| Some((key, value?))));
    typed.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()));
    let Answer { stdout, stderr, code } = Answer::of(&mut typed, "");
    assert_eq!(code, Some(0), "{command}\n{stdout}{stderr}");
}

/// The connection fails, `diagnose` names the code first, what it printed is typed, and the connection succeeds.
fn mended(why: &str, (from, pod, target): (&Place, &str, &str), (place, ask): (&Place, &[&str]), wanted: &str) {
    from.expect(why, &[(pod, target, Shut)]);
    let First { code, command } = diagnose(place, ask);
    assert_eq!(code, wanted);
    type_it(place, &command);
    from.expect("with what was printed", &[(pod, target, Open)]);
}

fn deny_all(place: &Place, directions: &[&str]) {
    place.apply(
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "default-deny"},
            "spec": {"podSelector": {}, "policyTypes": directions}})
        .to_string(),
    );
}

#[test]
fn policies_applied_but_traffic_still_allowed_where_the_cni_was_told_not_to_enforce() {
    let _quiet = QUIET.write();
    let place = Place::on(node(), "row-one");
    place.start(&[Server::new("api", &[8080]), Server::new("stranger", &[7001])]);
    let kube = |args: &[&str]| place.cluster.kubectl(&[&["-n", "kube-system"], args].concat());
    let never = r#"{"data":{"enable-policy":"never"}}"#;
    kube(&["patch", "configmap", "cilium-config", "--type", "merge", "-p", never]);
    kube(&["rollout", "restart", "daemonset/cilium"]);
    kube(&["rollout", "status", "daemonset/cilium", "--timeout=90s"]);
    deny_all(&place, &["Ingress"]);
    let api = place.tcp("api", 8080);
    place.expect("with a policy and a CNI that does not enforce", &[("stranger", &api, Open)]);
    let First { code, command } = diagnose(&place, &["--symptom", "Policies applied but traffic still allowed"]);
    assert_eq!(code, "CNIDoesNotEnforce");
    type_it(&place, &command);
    kube(&["rollout", "status", "daemonset/cilium", "--timeout=90s"]);
    place.expect("once it enforces", &[("stranger", &api, Shut)]);
}

#[test]
fn dns_stopped_working() {
    let _quiet = QUIET.read();
    let place = Place::on(node(), "row-two");
    place.start(&[Server::new("api", &[8080])]);
    let dns = ["dns:10.96.0.10:53", "dnstcp:10.96.0.10:53"];
    place.expect("before", &[("api", dns[0], Open)]);
    deny_all(&place, &["Ingress", "Egress"]);
    place.expect("with a default-deny", &[("api", dns[0], Shut), ("api", dns[1], Shut)]);
    let First { code, command } = diagnose(&place, &["--symptom", "DNS stopped working"]);
    assert_eq!(code, "DNSBlocked");
    type_it(&place, &command);
    place.expect("with what was printed", &[("api", dns[0], Open), ("api", dns[1], Open)]);
}

#[test]
fn ingress_returns_504_after_policy_rollout() {
    let _quiet = QUIET.read();
    let [place, controllers, visitors] = ["row-three", "ingress", "visitors"].map(|name| Place::on(node(), name));
    place.start_all(&web());
    place.apply(
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "front"}, "spec": {"rules": [
            {"http": {"paths": [{"path": "/", "pathType": "Prefix",
                "backend": {"service": {"name": "web", "port": {"number": 8000}}}}]}}]}})
        .to_string(),
    );
    start(&controllers, INGRESS);
    visitors.start_all(&[with_curl("visitor")]);
    let shop = format!("http://{}/{}/web:8000/", controllers.address("nginx"), place.name);
    until_status_is(&visitors, "visitor", &shop, "200");
    deny_all(&place, &["Ingress"]);
    until_status_is(&visitors, "visitor", &shop, "504");
    let First { code, command } = diagnose(&place, &["--symptom", "ingress returns 502/504"]);
    assert_eq!(code, "IngressBlocked");
    type_it(&place, &command);
    until_status_is(&visitors, "visitor", &shop, "200");
}

#[test]
fn same_namespace_traffic_blocked_unexpectedly() {
    let _quiet = QUIET.read();
    let place = Place::on(node(), "row-four");
    place.start(&[Server::new("api", &[8080]), Server::new("web", &[7001])]);
    let api = place.tcp("api", 8080);
    place.expect("before", &[("web", &api, Open)]);
    deny_all(&place, &["Ingress"]);
    let ask = ["--from", "web", "--to", "api", "--port", "8080"];
    mended("with a default-deny", (&place, "web", &api), (&place, &ask), "SameNamespaceBlocked");
}

#[test]
fn cross_namespace_rule_not_matching() {
    let _quiet = QUIET.read();
    let [place, jobs] = ["row-five", "jobs"].map(|name| Place::on(node(), name));
    place.start(&[Server::new("api", &[8080])]);
    jobs.start(&[Server::new("report", &[7001])]);
    let api = place.tcp("api", 8080);
    // The namespace has no such label: nobody is let in.
    place.apply(
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "api"}, "spec": {
            "podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "reporting"}}, "podSelector": {"matchLabels": {"app": "report"}}}],
                "ports": [{"port": 8080, "protocol": "TCP"}]}]}})
        .to_string(),
    );
    let from = format!("{}/report", jobs.name);
    let ask = ["--from", &from, "--to", "api", "--port", "8080"];
    mended("with a label that is not there", (&jobs, "report", &api), (&place, &ask), "CrossNamespaceBlocked");
}

#[test]
fn egress_to_external_api_blocked() {
    let _quiet = QUIET.read();
    let place = Place::on(node(), "row-six");
    place.start(&[Server::new("api", &[8080])]);
    let pay = "tcp:203.0.113.5:443";
    place.expect("before", &[("api", pay, Open)]);
    deny_all(&place, &["Egress"]);
    let ask = ["--from", "api", "--to", "203.0.113.5", "--port", "443"];
    mended("with a default-deny", (&place, "api", pay), (&place, &ask), "EgressBlocked");
}

#[test]
fn policy_allows_port_but_app_still_times_out() {
    let _quiet = QUIET.read();
    let place = Place::on(node(), "row-seven");
    place.start(&[Server::new("api", &[8080]).port_named("http", 8080), Server::new("web", &[7001])]);
    place.apply(
        &json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"},
            "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "web"}]}})
        .to_string(),
    );
    place.apply(
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "api"}, "spec": {
            "podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]}})
        .to_string(),
    );
    let service = place.get(&["service", "api"])["spec"]["clusterIP"].as_str().expect("an address").to_owned();
    let (service, pod) = (format!("tcp:{service}:80"), place.tcp("api", 8080));
    place.expect("past the Service", &[("web", &pod, Open)]);
    let ask = ["--from", "web", "--to", "svc/api", "--port", "80"];
    mended("with a target port that no container has", (&place, "web", &service), (&place, &ask), "TargetPortWrong");
}

#[test]
fn the_command_finds_nothing_wrong_once_all_is_well() {
    let _quiet = QUIET.read();
    let place = Place::on(node(), "well");
    place.start(&[Server::new("api", &[8080]), Server::new("web", &[7001])]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env("KUBECONFIG", place.cluster.folder().join("kubeconfig")).args(["diagnose", "-n", &place.name]);
    let text = eventually("nothing is wrong", || {
        let Answer { stdout, stderr, code } = Answer::of(&mut command, "");
        if code == Some(0) { Ok(stdout) } else { Err(format!("{stdout}{stderr}")) }
    });
    assert!(text.contains('√'), "{text}");
}
