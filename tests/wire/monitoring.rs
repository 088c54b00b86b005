//! A real Prometheus scrapes the tiers that ask for it.

use serde_json::{Value, json};

use crate::{
    cluster::{QUIET, eventually},
    extras::{prometheus, start},
    place::{Open, Place, Server, Shut},
};

/// The app: a Pod with its metrics on port 8080.
pub fn api() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "labels": {"app": "api"}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "api", "image": "docker.io/curlimages/curl:latest", "imagePullPolicy": "Never",
            "args": ["sh", "-c", "echo 'shop_orders_total 42' >/www/metrics; exec httpd -f -p 8080 -h /www"]}]}})
}

/// The profile, and whether the Prometheus of this namespace may scrape it.
pub fn spec(monitoring: &str, metrics: bool) -> String {
    let metrics = if metrics { ", metrics: {ports: [metrics]}" } else { "" };
    format!(
        "tiers: [{{name: api, podSelector: {{matchLabels: {{app: api}}}}, ports: [{{name: metrics, port: 8080}}]{metrics}}}]
         monitoring: {{from: [{{namespace: {monitoring}, podSelector: {{matchLabels: {{app: prometheus-agent}}}}}}]}}"
    )
}

fn until_target_is(monitoring: &Place, health: &str) {
    let path = format!("/api/v1/namespaces/{}/pods/prometheus:9090/proxy/api/v1/targets", monitoring.name);
    eventually(&format!("Prometheus finds its target {health}"), || {
        let said = monitoring.cluster.try_kubectl(&["get", "--raw", &path], "")?;
        let said: Value = serde_json::from_str(&said).map_err(|error| error.to_string())?;
        let target = &said["data"]["activeTargets"][0];
        if target["health"] == health { Ok(()) } else { Err(target.to_string()) }
    });
}

#[test]
fn a_real_prometheus_scrapes_a_tier_and_another_pod_of_its_namespace_does_not() {
    let _quiet = QUIET.read();
    let (place, monitoring) = (Place::new("scraped"), Place::new("monitoring"));
    place.start_all(&[
        api(),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "metrics"},
            "spec": {"selector": {"app": "api"}, "clusterIP": "None", "ports": [{"port": 8080}]}}),
    ]);
    let api = place.address("api");
    start(&monitoring, &prometheus(&place));
    monitoring.start(&[Server::new("curious", &[7001])]);
    let metrics = format!("tcp:{api}:8080");
    until_target_is(&monitoring, "up");
    monitoring.expect("without a profile", &[("curious", &metrics, Open)]);

    place.profile(&spec(&monitoring.name, true));
    monitoring.expect("with the profile", &[("curious", &metrics, Shut)]);
    until_target_is(&monitoring, "up");

    // The same without `metrics`: the target goes down, so it was that line which kept it up.
    place.profile(&spec(&monitoring.name, false));
    until_target_is(&monitoring, "down");
    place.profile(&spec(&monitoring.name, true));
    until_target_is(&monitoring, "up");
}
