//! Telemetry: what every tier needs to send. It is sent as OTLP over HTTP, and seen to arrive.

use serde_json::json;

use crate::{
    cluster::{QUIET, eventually},
    extras::{COLLECTOR, curl, start, with_curl},
    place::{Open, Place, Server, Shut},
};

/// A request as an exporter of traces makes it, with one span of this name.
fn send(place: &Place, pod: &str, collector: &str, span: &str) -> Result<String, String> {
    let traces = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": pod}}]},
        "scopeSpans": [{"spans": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": span,
            "kind": 2, "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000"}]}]}]});
    let url = format!("http://{collector}:4318/v1/traces");
    curl(place, pod, &["--fail", "-H", "Content-Type: application/json", "--data", &traces.to_string(), &url])
}

#[test]
fn every_tier_sends_to_the_collector_on_its_port_and_reaches_nothing_beside_it() {
    let _quiet = QUIET.read();
    let (place, observability) = (Place::new("sends"), Place::new("observability"));
    place.start_all(&["web", "api", "untiered"].map(with_curl));
    place.start(&[Server::new("worker", &[8082])]);
    start(&observability, COLLECTOR);
    observability.start(&[
        Server::new("busy", &[4318, 8888]).labelled(json!({"app": "otel-collector"})),
        Server::new("beside", &[4318]),
    ]);
    let collector = observability.address("otel-collector");
    let received = || {
        let path = format!("/api/v1/namespaces/{}/pods/otel-collector:4318/proxy/received", observability.name);
        observability.cluster.kubectl(&["get", "--raw", &path])
    };
    for pod in ["web", "api", "untiered"] {
        send(&place, pod, &collector, &format!("{pod}-before")).unwrap_or_else(|error| panic!("{pod}: {error}"));
    }
    let (internal, beside) = (observability.tcp("busy", 8888), observability.tcp("beside", 4318));
    place.expect("without a profile", &[("worker", &internal, Open), ("worker", &beside, Open)]);

    place.profile(&format!(
        "tiers:
         - {{name: web, podSelector: {{matchLabels: {{app: web}}}}, ports: [{{name: http, port: 8080}}]}}
         - {{name: api, podSelector: {{matchLabels: {{app: api}}}}, ports: [{{name: http, port: 8081}}]}}
         - {{name: worker, podSelector: {{matchLabels: {{app: worker}}}}}}
         telemetry:
         - {{name: otel, pods: {{namespace: {}, podSelector: {{matchLabels: {{app: otel-collector}}}}}}, ports: [{{port: 4318}}]}}",
        observability.name
    ));
    let otlp = format!("tcp:{collector}:4318");
    place
        .expect("with the profile", &[("worker", &otlp, Open), ("worker", &internal, Shut), ("worker", &beside, Shut)]);
    eventually("the one of no tier is isolated", || match send(&place, "untiered", &collector, "untiered-meanwhile") {
        Err(said) if said.contains("(28)") => Ok(()),
        other => Err(other),
    });
    let refused = send(&place, "untiered", &collector, "untiered-after").expect_err("it is isolated, and of no tier");
    assert!(refused.contains("(28)"), "{refused}");
    for pod in ["web", "api"] {
        send(&place, pod, &collector, &format!("{pod}-after")).unwrap_or_else(|error| panic!("{pod}: {error}"));
    }
    let received = received();
    for span in ["web-before", "api-before", "untiered-before", "web-after", "api-after"] {
        assert!(received.contains(&format!("\\\"name\\\":\\\"{span}\\\"")), "{span} did not arrive: {received}");
    }
    assert!(received.lines().all(|line| line.starts_with("/v1/traces application/json ")), "{received}");
    assert!(!received.contains("untiered-after"), "{received}");
}
