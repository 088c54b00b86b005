//! The way through an ingress controller: a real nginx in a namespace of its own.

use serde_json::{Value, json};

use crate::{
    cluster::{QUIET, eventually},
    place::{Open, Place, Server, Shut},
};

/// The app: a Pod that answers on port 80, behind a Service with another port.
pub fn web() -> [Value; 2] {
    [
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
                "name": "web", "image": "docker.io/nginxdemos/hello:plain-text", "imagePullPolicy": "Never"}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 8000, "targetPort": 80}]}}),
    ]
}

/// The profile, and whether it lets the controllers of this namespace in.
pub fn spec(controllers: &str, exposed: bool) -> String {
    let exposed = if exposed { ", exposed: {ports: [http]}" } else { "" };
    format!(
        "tiers: [{{name: web, podSelector: {{matchLabels: {{app: web}}}}, ports: [{{name: http, port: 80}}]{exposed}}}]
         ingressController: {{from: [{{namespace: {controllers}, podSelector: {{matchLabels: {{app.kubernetes.io/name: ingress-nginx}}}}}}]}}"
    )
}

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

/// What a visitor from elsewhere gets through the proxy: the HTTP status.
fn until_status_is(visitors: &Place, proxy: &str, wanted: &str) {
    let url = format!("http://{proxy}/");
    eventually(&format!("a visitor gets {wanted}"), || {
        let got = visitors.try_kubectl(&[
            "exec",
            "visitor",
            "--",
            "curl",
            "-sS",
            "--max-time",
            "8",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            &url,
        ])?;
        if got == wanted { Ok(()) } else { Err(got) }
    });
}

#[test]
fn visitors_come_through_the_ingress_controller_and_not_past_it() {
    let _quiet = QUIET.read();
    let (place, controllers, visitors) = (Place::new("exposed"), Place::new("ingress"), Place::new("visitors"));
    place.start_all(&web());
    let service = place.get(&["service", "web"])["spec"]["clusterIP"].as_str().expect("an address").to_owned();
    controllers.start_all(&proxy(&format!("{service}:8000")));
    controllers.start(&[Server::new("beside", &[7001])]);
    visitors.start_all(&[json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "visitor"},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "curl", "image": "docker.io/curlimages/curl:latest", "imagePullPolicy": "Never",
            "args": ["sleep", "3600"]}]}})]);
    visitors.start(&[Server::new("direct", &[7001])]);
    let (nginx, web) = (controllers.address("nginx"), place.tcp("web", 80));
    until_status_is(&visitors, &nginx, "200");
    visitors.expect("without a profile", &[("direct", &web, Open)]);

    place.profile(&spec(&controllers.name, true));
    visitors.expect("with the profile", &[("direct", &web, Shut)]);
    controllers.expect("with the profile", &[("beside", &web, Shut)]);
    until_status_is(&visitors, &nginx, "200");

    // Without `exposed` the controller waits in vain for the app, and says so.
    place.profile(&spec(&controllers.name, false));
    until_status_is(&visitors, &nginx, "504");
    place.profile(&spec(&controllers.name, true));
    until_status_is(&visitors, &nginx, "200");
}
