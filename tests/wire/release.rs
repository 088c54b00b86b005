//! A release of the chart on a real node: its test, an upgrade, a rollback, its end, and another beginning.

use std::sync::Mutex;

use jiff::Timestamp;

use crate::{
    api_server::{STANDARD, with_blocks_for_nodes},
    cluster::{Cluster, QUIET, SYSTEM, eventually},
    place::{Open, Place, Server, Shut, condition},
};

const SPEC: &str = "tiers:
         - {name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8080}]}
         - {name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8081}], from: [{tier: web}]}";

/// The time in which a release went: its operator loses its rights before it ends, and what it is refused then is no right
/// that the chart forgot.
pub static GOING: Mutex<Option<(Timestamp, Timestamp)>> = Mutex::new(None);

/// Without `--wait` nothing would be known of the Pods.
fn helm(cluster: &Cluster, args: &[&str]) -> String {
    let args = [args, &["--namespace", SYSTEM, "--wait", "--timeout", "120s"]].concat();
    cluster.helm(&args).unwrap_or_else(|error| panic!("helm {args:?}: {error}\n{}", cluster.operator_state()))
}

#[test]
fn the_operators_pod_runs_under_the_restricted_standard_and_passes_the_charts_own_test() {
    let _quiet = QUIET.read();
    let cluster = Cluster::shared();
    let namespace = cluster.kubectl(&["get", "namespace", SYSTEM, "-o", "jsonpath={.metadata.labels}"]);
    assert!(namespace.contains("\"pod-security.kubernetes.io/enforce\":\"restricted\""), "{namespace}");
    let phase = [
        "-n",
        SYSTEM,
        "get",
        "pods",
        "--selector=app.kubernetes.io/name=appnet",
        "-o",
        "jsonpath={.items[*].status.phase}",
    ];
    assert!(cluster.kubectl(&phase).contains("Running"));
    // Through the operator's own NetworkPolicy, which is on by default.
    let policies = cluster.kubectl(&["-n", SYSTEM, "get", "networkpolicies", "-o", "name"]);
    assert!(policies.contains("/appnet"), "{policies}");
    let said = cluster.helm(&["test", "appnet", "--namespace", SYSTEM, "--timeout", "60s"]);
    assert!(said.as_ref().is_ok_and(|said| said.contains("Succeeded")), "{said:?}");
}

#[test]
fn an_upgrade_a_rollback_and_an_uninstall_leave_the_policies_in_place() {
    // The operator is gone for a while. Not that of most tests: while a release goes, its operator loses its rights before it
    // ends, and what it is refused then would look like a right that is missing.
    let _quiet = QUIET.write();
    let place = Place::on(with_blocks_for_nodes(), "released");
    let cluster = place.cluster;
    place.start(&[Server::new("web", &[8080]), Server::new("api", &[8081]), Server::new("stranger", &[7001])]);
    let api = place.tcp("api", 8081);
    place.profile(SPEC);
    let kept = [("web", api.as_str(), Open), ("stranger", api.as_str(), Shut)];
    place.expect("installed", &kept);
    let policies =
        || place.kubectl(&["get", "networkpolicies", "-o", "jsonpath={.items[*].metadata['uid','resourceVersion']}"]);
    let before = policies();

    let chart = crate::support::lab("../charts/appnet");
    let chart = chart.to_string_lossy();
    helm(cluster, &["upgrade", "appnet", &chart, "--reuse-values", "--set", "concurrency=4"]);
    helm(cluster, &["rollback", "appnet"]);
    let began = Timestamp::now();
    helm(cluster, &["uninstall", "appnet"]);
    let gone = || match cluster.kubectl(&["-n", SYSTEM, "get", "pods", "-o", "name"]) {
        pods if pods.contains("pod/appnet-") => Err(pods),
        _ => Ok(()),
    };
    eventually("the operator is gone", gone);
    *GOING.lock().expect("nobody panics with it") = Some((began, Timestamp::now()));
    assert_eq!(policies(), before, "not one write in an upgrade, a rollback and an uninstall");
    place.expect("uninstalled", &kept);

    // No finalizer waits for an operator that is not there: the namespace goes.
    let short = Place::on(cluster, "short");
    short.write_profile(SPEC);
    cluster.kubectl(&["delete", "namespace", &short.name, "--timeout=60s"]);

    // The definition and the profiles were kept; the next release takes them over.
    helm(cluster, &[&["install", "appnet", &chart], STANDARD].concat());
    place.write_profile(&SPEC.replace("8081", "8082"));
    place.until_profile("the new release works", |profile| condition(profile, "Ready").0 == "True");
    place.expect("installed again, with another port", &[("web", &api, Shut)]);
    place.profile(SPEC);
    place.expect("installed again", &kept);
}
