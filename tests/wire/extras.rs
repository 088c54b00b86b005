//! What stands around an app: the manifests of `make lab-extras`.

use crate::{cluster::eventually, place::Place};

pub const INGRESS: &str = include_str!("../../lab/extras/ingress-nginx.yaml");
pub const COLLECTOR: &str = include_str!("../../lab/extras/otel-collector.yaml");

/// Prometheus, which scrapes the Service `metrics` of this namespace.
pub fn prometheus(of: &Place) -> String {
    const TARGET: &str = "metrics.app.svc.cluster.local";
    let manifest = include_str!("../../lab/extras/prometheus.yaml");
    assert!(manifest.contains(TARGET), "it scrapes something else");
    manifest.replace(TARGET, &format!("metrics.{}.svc.cluster.local", of.name))
}

/// Starts what a manifest says, and waits until it runs.
pub fn start(place: &Place, manifest: &str) {
    place.apply(manifest);
    place.wait_for_pods();
}

/// A Pod with curl.
pub fn with_curl(name: &str) -> serde_json::Value {
    serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "curl", "image": "docker.io/curlimages/curl:latest", "imagePullPolicy": "Never",
            "args": ["sleep", "3600"]}]}})
}

/// curl in that Pod: what it printed, or its complaint.
pub fn curl(place: &Place, pod: &str, args: &[&str]) -> Result<String, String> {
    place.try_kubectl(&[&["exec", pod, "--", "curl", "-sS", "--max-time", "8"], args].concat())
}

/// Waits until a request of that Pod is answered with this HTTP status.
pub fn until_status_is(place: &Place, pod: &str, url: &str, wanted: &str) {
    eventually(&format!("{pod} gets {wanted}"), || {
        let got = curl(place, pod, &["-o", "/dev/null", "-w", "%{http_code}", url])?;
        if got == wanted { Ok(()) } else { Err(got) }
    });
}
