//! The API server as a destination: through its Service, with the Pod's own service account.

use std::sync::OnceLock;

use crate::{
    cluster::{Cluster, QUIET, eventually},
    extras::with_curl,
    place::Place,
};

pub const SPEC: &str = "tiers:
         - {name: robot, podSelector: {matchLabels: {app: robot}}, to: [{name: kube-api, apiServer: {}}]}
         - {name: plain, podSelector: {matchLabels: {app: plain}}}";

/// Asks the API server for its version as a program in the Pod would: the HTTP status, or curl's complaint.
fn ask(place: &Place, pod: &str) -> Result<String, String> {
    let script = "cd /var/run/secrets/kubernetes.io/serviceaccount && curl -sS --max-time 3 --cacert ca.crt \
                  -H \"Authorization: Bearer $(cat token)\" -o /dev/null -w '%{http_code}' \
                  https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/version";
    place.try_kubectl(&["exec", pod, "--", "sh", "-c", script])
}

fn until_answered(place: &Place, pod: &str) {
    eventually(&format!("the API server answers {pod}"), || match ask(place, pod) {
        Ok(status) if status == "200" => Ok(()),
        other => Err(other),
    });
}

fn until_shut(place: &Place, pod: &str) {
    eventually(&format!("the API server is out of reach for {pod}"), || match ask(place, pod) {
        Err(said) if said.contains("(28)") => Ok(()),
        other => Err(other),
    });
}

fn declared_and_undeclared(place: &Place) {
    place.start_all(&[with_curl("robot"), with_curl("plain")]);
    until_answered(place, "robot");
    until_answered(place, "plain");
    place.profile(SPEC);
    until_shut(place, "plain");
    until_answered(place, "robot");
    // A second time each: the first may have been answered before the policies were in place.
    until_shut(place, "plain");
    until_answered(place, "robot");
}

#[test]
fn a_tier_that_declares_the_api_server_reaches_it_and_another_does_not() {
    let _quiet = QUIET.read();
    let place = Place::new("robots");
    declared_and_undeclared(&place);
    // The data plane takes node addresses for no CIDR unless it is told to; the companion names the API server itself.
    let companions = place.get(&["ciliumnetworkpolicies"]);
    assert_eq!(companions["items"].as_array().map(Vec::len), Some(1), "{companions}");

    place.profile(&SPEC.replace(", to: [{name: kube-api, apiServer: {}}]", ""));
    until_shut(&place, "robot");
    let companions = place.get(&["ciliumnetworkpolicies"]);
    assert_eq!(companions["items"].as_array().map(Vec::len), Some(0), "{companions}");
}

/// A second node, whose data plane takes addresses of nodes for blocks, with an operator that writes standard policies only.
pub fn with_blocks_for_nodes() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster::start("nodes", &[], &[("CILIUM_FLAGS", "--policy-cidr-match-mode=nodes")]);
        cluster.install(STANDARD);
        cluster
    })
}

/// Settings of the chart there.
pub const STANDARD: &[&str] = &["--set", "platform.cni=Standard"];

#[test]
fn the_same_holds_where_node_addresses_are_matched_by_blocks() {
    // Another node takes a while of the machine's time, and no connection elsewhere may wait for that.
    let _quiet = QUIET.read();
    let place = Place::on(with_blocks_for_nodes(), "robots");
    declared_and_undeclared(&place);
    // The standard policies alone.
    let companions = place.get(&["ciliumnetworkpolicies"]);
    assert_eq!(companions["items"].as_array().map(Vec::len), Some(0), "{companions}");
}
