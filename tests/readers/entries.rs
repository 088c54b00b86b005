//! Ways in through an ingress controller.

use appnet::reach::{BackendPort, Entry};

use crate::reading::good;

/// The backends of the only entry, as `namespace/service port`.
fn backends(text: &str) -> Vec<String> {
    let reading = good(text);
    let [Entry { backends, .. }] = &reading.picture.entries[..] else { panic!("{:?}", reading.picture.entries) };
    let port = |port: &BackendPort| match port {
        BackendPort::All => "all".to_owned(),
        BackendPort::Number(number) => number.to_string(),
        BackendPort::Name(name) => name.clone(),
        BackendPort::Target(number) => format!("target {number}"),
        BackendPort::TargetName(name) => format!("target {name}"),
    };
    let line = |service: &appnet::model::ServiceRef| format!("{}/{}", service.namespace, service.name);
    backends.iter().map(|backend| format!("{} {}", line(&backend.service), port(&backend.port))).collect()
}

// Pitfall 18.
#[test]
fn an_ingress_leads_to_each_of_its_services_once() {
    let found = backends(
        "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  defaultBackend: {service: {name: fallback, port: {number: 80}}}
  rules:
  - host: a.example.com
    http:
      paths:
      - {path: /, backend: {service: {name: web, port: {name: http}}}}
      - {path: /static, backend: {resource: {kind: StorageBucket, name: static}}}
      - {path: /old, backend: {service: {name: web, port: {name: http}}}}
  - host: b.example.com
",
    );
    assert_eq!(found, ["shop/fallback 80", "shop/web http"]);
}

#[test]
fn an_ingress_of_an_older_version_is_read_too() {
    let found = backends(
        "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: old}, spec: {
  backend: {serviceName: a, servicePort: 80},
  rules: [{http: {paths: [{backend: {serviceName: b, servicePort: '8080'}}, {backend: {serviceName: c, servicePort: web}}]}}]}}",
    );
    assert_eq!(found, ["here/a 80", "here/b 8080", "here/c web"]);
}

// Pitfall 18.
#[test]
fn a_route_of_openshift_names_the_port_of_the_pods_by_number_and_that_of_the_service_by_name() {
    let route = |port: &str| {
        format!(
            "{{apiVersion: route.openshift.io/v1, kind: Route, metadata: {{name: r, namespace: shop}}, spec: {{
  to: {{kind: Service, name: blue, weight: 90}},
  alternateBackends: [{{kind: Service, name: green}}]{port}}}}}"
        )
    };
    assert_eq!(backends(&route("")), ["shop/blue all", "shop/green all"]);
    assert_eq!(backends(&route(", port: {targetPort: 8443}")), ["shop/blue target 8443", "shop/green target 8443"]);
    assert_eq!(backends(&route(", port: {targetPort: '8443'}")), ["shop/blue target 8443", "shop/green target 8443"]);
    assert_eq!(backends(&route(", port: {targetPort: https}")), ["shop/blue https", "shop/green https"]);
}

// Pitfall 25.
#[test]
fn routes_of_the_gateway_api_lead_to_services_and_may_leave_their_namespace() {
    for kind in ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"] {
        let found = backends(&format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, metadata: {{name: r, namespace: edge}}, spec: {{rules: [
  {{backendRefs: [{{name: web, port: 8080}}, {{group: '', kind: Service, name: api, namespace: shop, port: 90}}]}},
  {{backendRefs: [{{group: multicluster.x-k8s.io, kind: ServiceImport, name: far, port: 1}}]}},
  {{matches: []}}]}}}}"
        ));
        assert_eq!(found, ["edge/web 8080", "shop/api 90"], "{kind}");
    }
}
