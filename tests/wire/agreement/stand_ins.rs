//! What stands around an app, as Pods that a probe can be put into: those of `lab/extras` have no room for one.

use serde_json::{Value, json};

use crate::place::Server;

/// nginx as a reverse proxy for one Service.
pub fn proxy(service: &str) -> [Value; 2] {
    let config = format!(
        "error_log /dev/stderr; pid /tmp/nginx.pid; user www-data nogroup; events {{}}
         http {{ access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
                 uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; proxy_connect_timeout 2s;
                 server {{ listen 80; location / {{ proxy_pass http://{service}; }} }} }}"
    );
    [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "nginx"}, "data": {"nginx.conf": config}}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "nginx", "labels": {"app.kubernetes.io/name": "ingress-nginx"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                "name": "nginx", "image": "docker.io/appnet-lab/nginx:1", "imagePullPolicy": "Never",
                "args": ["-c", "/config/nginx.conf"], "volumeMounts": [{"name": "config", "mountPath": "/config"}]}],
                "volumes": [{"name": "config", "configMap": {"name": "nginx"}}]}}),
    ]
}

/// Prometheus with one target, and what it thinks of it.
pub fn prometheus(target: &str) -> [Value; 2] {
    let config = json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "900ms"},
        "scrape_configs": [{"job_name": "api", "static_configs": [{"targets": [target]}]}],
    });
    [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prometheus"},
            "data": {"prometheus.yml": config.to_string()}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus", "labels": {"app": "prometheus-agent"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                "name": "prometheus", "image": "docker.io/appnet-lab/prometheus:1", "imagePullPolicy": "Never",
                "args": ["--config.file=/config/prometheus.yml", "--storage.tsdb.path=/tmp/data"],
                "volumeMounts": [{"name": "config", "mountPath": "/config"}]}],
                "volumes": [{"name": "config", "configMap": {"name": "prometheus"}}]}}),
    ]
}

/// Two tiers, which send to the collector of this namespace.
pub fn telemetry_spec(observability: &str) -> String {
    format!(
        "tiers:
         - {{name: web, podSelector: {{matchLabels: {{app: web}}}}, ports: [{{name: http, port: 8080}}]}}
         - {{name: api, podSelector: {{matchLabels: {{app: api}}}}, ports: [{{name: http, port: 8081}}]}}
         telemetry:
         - {{name: otel, pods: {{namespace: {observability}, podSelector: {{matchLabels: {{app: otel-collector}}}}}}, ports: [{{port: 4317}}]}}"
    )
}

pub fn senders() -> [Server; 3] {
    [Server::new("web", &[8080]), Server::new("api", &[8081]), Server::new("untiered", &[7001])]
}

pub fn collectors() -> [Server; 2] {
    [Server::new("collector", &[4317, 8888]).labelled(json!({"app": "otel-collector"})), Server::new("beside", &[4317])]
}
