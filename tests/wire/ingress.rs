//! The way through an ingress controller: a real nginx in a namespace of its own.

use serde_json::{Value, json};

use crate::{
    cluster::QUIET,
    extras::{INGRESS, start, until_status_is, with_curl},
    place::{Open, Place, Server, Shut, condition},
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

/// Sets the address that a load balancer or a controller publishes.
fn publish(place: &Place, what: &str, name: &str, address: &str) {
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}).to_string();
    place.kubectl(&["patch", what, name, "--subresource=status", "--type=merge", "-p", &status]);
}

#[test]
fn a_controller_that_nobody_names_comes_in_once_its_ingress_has_its_address_and_nobody_else_does() {
    const ADDRESS: &str = "203.0.113.80";
    let _quiet = QUIET.read();
    let (place, controllers, others) = (Place::new("unnamed"), Place::new("edge"), Place::new("lookalike"));
    place.start_all(&web());
    start(&controllers, INGRESS);
    // The labels of a controller, made by whoever likes to.
    others.start_all(&[with_curl("visitor")]);
    others.start(&[Server::new("fake", &[7001]).labelled(json!({
        "app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}))]);
    let (nginx, web) = (controllers.address("nginx"), place.tcp("web", 80));
    let shop = format!("http://{nginx}/{}/web:8000/", place.name);
    let until = |wanted: &str| until_status_is(&others, "visitor", &shop, wanted);
    until("200");
    place.profile(
        "tiers: [{name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 80}], exposed: {}}]",
    );
    until("504");
    others.expect("nobody is named", &[("fake", &web, Shut)]);

    controllers.kubectl(&[
        "patch",
        "service",
        "ingress-nginx",
        "--type=merge",
        "-p",
        r#"{"spec":{"type":"LoadBalancer"}}"#,
    ]);
    publish(&controllers, "service", "ingress-nginx", ADDRESS);
    // As Helm leaves it behind: this is the word of somebody who may write for the whole cluster.
    place.apply(&format!(
        "{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: {edge}, annotations: {{meta.helm.sh/release-namespace: \
         {edge}}}}}, spec: {{controller: example.com/any}}}}",
        edge = controllers.name
    ));
    place.apply(&format!(
        "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, \
         spec: {{ingressClassName: {}, defaultBackend: {{service: {{name: web, port: {{number: 8000}}}}}}}}}}",
        controllers.name
    ));
    publish(&place, "ingress", "web", ADDRESS);
    until("200");
    let profile =
        place.until_profile("it says who was found", |profile| condition(profile, "ReferencesResolved").0 == "True");
    let said = condition(&profile, "ReferencesResolved").2;
    assert!(
        said.contains(&format!(
            "Ingress {}/web has the address {ADDRESS} of Service {}/ingress-nginx",
            place.name, controllers.name
        )),
        "{said}"
    );
    others.expect("the controller is found", &[("fake", &web, Shut)]);

    place.kubectl(&["delete", "ingress", "web"]);
    until("504");
    place.kubectl(&["delete", "ingressclass", &controllers.name]);
}
