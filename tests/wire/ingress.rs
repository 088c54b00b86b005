//! The way through an ingress controller: a real nginx in a namespace of its own.

use serde_json::{Value, json};

use crate::{
    cluster::QUIET,
    extras::{INGRESS, start, until_status_is, with_curl},
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

#[test]
fn visitors_come_through_the_ingress_controller_and_not_past_it() {
    let _quiet = QUIET.read();
    let (place, controllers, visitors) = (Place::new("exposed"), Place::new("ingress"), Place::new("visitors"));
    place.start_all(&web());
    start(&controllers, INGRESS);
    controllers.start(&[Server::new("beside", &[7001])]);
    visitors.start_all(&[with_curl("visitor")]);
    visitors.start(&[Server::new("direct", &[7001])]);
    let (nginx, web) = (controllers.address("nginx"), place.tcp("web", 80));
    let shop = format!("http://{nginx}/{}/web:8000/", place.name);
    let until = |wanted: &str| until_status_is(&visitors, "visitor", &shop, wanted);
    until("200");
    visitors.expect("without a profile", &[("direct", &web, Open)]);

    place.profile(&spec(&controllers.name, true));
    visitors.expect("with the profile", &[("direct", &web, Shut)]);
    controllers.expect("with the profile", &[("beside", &web, Shut)]);
    until("200");

    // Without `exposed` the controller waits in vain for the app, and says so.
    place.profile(&spec(&controllers.name, false));
    until("504");
    place.profile(&spec(&controllers.name, true));
    until("200");
}
