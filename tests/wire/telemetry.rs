//! Telemetry: what every tier needs to send.

use serde_json::json;

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, Shut},
};

/// Two tiers, which send to the collector of this namespace.
pub fn spec(observability: &str) -> String {
    format!(
        "tiers:
         - {{name: web, podSelector: {{matchLabels: {{app: web}}}}, ports: [{{name: http, port: 8080}}]}}
         - {{name: api, podSelector: {{matchLabels: {{app: api}}}}, ports: [{{name: http, port: 8081}}]}}
         telemetry:
         - {{name: otel, pods: {{namespace: {observability}, podSelector: {{matchLabels: {{app: otel-collector}}}}}}, ports: [{{port: 4317}}]}}"
    )
}

pub fn pods() -> [Server; 3] {
    [Server::new("web", &[8080]), Server::new("api", &[8081]), Server::new("untiered", &[7001])]
}

pub fn collectors() -> [Server; 2] {
    [Server::new("collector", &[4317, 8888]).labelled(json!({"app": "otel-collector"})), Server::new("beside", &[4317])]
}

#[test]
fn every_tier_reaches_the_collector_on_its_port_and_nothing_beside_it() {
    let _quiet = QUIET.read();
    let (place, observability) = (Place::new("sends"), Place::new("observability"));
    place.start(&pods());
    observability.start(&collectors());
    let (otlp, internal) = (observability.tcp("collector", 4317), observability.tcp("collector", 8888));
    let beside = observability.tcp("beside", 4317);
    let all: Vec<_> = [("web", &otlp), ("api", &otlp), ("untiered", &otlp), ("web", &internal), ("api", &beside)]
        .map(|(pod, target)| (pod, target.as_str(), Open))
        .to_vec();
    place.expect("without a profile", &all);
    place.profile(&spec(&observability.name));
    place.expect(
        "with the profile",
        &[
            ("web", &otlp, Open),
            ("api", &otlp, Open),
            ("untiered", &otlp, Shut),
            ("web", &internal, Shut),
            ("api", &beside, Shut),
        ],
    );
}
