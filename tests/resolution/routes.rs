//! Controllers that routes and their Gateways tell.

use super::{
    called,
    callers::{EDGE, INSTALLED, exposed, proxy, told, world},
    pod,
};

const ROUTE: &str = "\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {namespace: app, name: web}, spec: {parentRefs: [{namespace: edge, name: public}], rules: [{backendRefs: [{name: front, port: 80}]}]}, status: {parents: [{parentRef: {namespace: edge, name: public}, conditions: [{type: Accepted, status: 'True'}]}]}}";

fn gateway(status: &str) -> String {
    format!(
        "\n---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{namespace: edge, name: public}}, status: {{addresses: [{status}]}}}}"
    )
}

#[test]
fn a_route_that_its_gateway_took_tells_it_by_the_address_or_by_the_pods_beside_it() {
    // Pitfall 25.
    let (policies, found, _) = told(&exposed(), "{}", &world(&[INSTALLED, ROUTE, &gateway("{value: 203.0.113.7}")]));
    assert!(found.contains("because Gateway edge/public has the address 203.0.113.7 of Service edge/proxy"), "{found}");
    assert!(called(&policies, proxy("edge"), "TCP", 8080) && !called(&policies, proxy("rogue"), "TCP", 8080));

    let made = |namespace: &str| {
        format!(
            "\n---\n{{apiVersion: v1, kind: Pod, metadata: {{namespace: {namespace}, name: public-1, labels: {{gateway.networking.k8s.io/gateway-name: public}}}}}}"
        )
    };
    let of_gateway = |namespace: &str| pod(namespace, &[("gateway.networking.k8s.io/gateway-name", "public")]);
    let (policies, found, _) =
        told(&exposed(), "{}", &world(&[INSTALLED, ROUTE, &gateway(""), &made("edge"), &made("rogue")]));
    assert!(found.ends_with("because they are made for Gateway edge/public"), "{found}");
    let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, of_gateway(namespace), "TCP", 8080));
    assert_eq!(verdicts, [true, false]);
    let on_host = made("edge")
        .replace("public-1", "public-2")
        .replace("gateway-name: public}}", "gateway-name: public}}, spec: {hostNetwork: true}");
    for (pods, lets_in, expected) in [
        (
            [made("edge"), on_host.clone()].concat(),
            true,
            "(some of the Pods beside Gateway edge/public are on the host network",
        ),
        (on_host, false, "the Pods beside Gateway edge/public are on the host network"),
    ] {
        let (policies, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, ROUTE, &gateway(""), &pods]));
        assert!(missing.contains(expected), "{found} {missing}");
        assert_eq!(called(&policies, of_gateway("edge"), "TCP", 8080), lets_in, "{missing}");
    }
    let (_, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, ROUTE, &gateway(""), &made("rogue")]));
    assert!(found.is_empty() && missing.contains("no Pod beside Gateway edge/public is labelled"), "{missing}");
}

#[test]
fn a_route_that_no_gateway_took_or_that_is_somebody_elses_tells_nothing() {
    // Pitfall 25.
    let address = gateway("{value: 203.0.113.7}");
    let refused = ROUTE.replace("status: 'True'", "status: 'False'");
    let foreign = ROUTE
        .replace("namespace: app, name: web", "namespace: rogue, name: web")
        .replace("name: front,", "namespace: app, name: front,");
    let of_tcp = ROUTE.replace("kind: HTTPRoute", "kind: TCPRoute");
    for (route, gateway, expected) in [
        (ROUTE, "", "Gateway edge/public does not exist"),
        (&refused, &address, "Gateway edge/public has not accepted HTTPRoute app/web"),
        (&foreign, &address, "no Ingress and no route of this namespace"),
        (&of_tcp, &address, "no Ingress and no route of this namespace"),
    ] {
        let (policies, found, missing) = told(&exposed(), EDGE, &world(&[INSTALLED, route, gateway]));
        assert!(found.is_empty() && missing.contains(expected), "{missing}");
        assert!(!called(&policies, proxy("edge"), "TCP", 8080));
    }
}
