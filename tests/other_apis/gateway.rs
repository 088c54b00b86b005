//! Routes of the Gateway API: from the route through its Service to the target port of the Pods.

use serde_json::Value;

use crate::plugin::{folder, run};

/// Port 80 of the Service is `http` of the Pods, which is 8080 at one workload and 8090 at the other; 9000 is for administrators.
const APP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9001}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: canary, namespace: shop}
spec:
  selector: {matchLabels: {app: web, track: canary}}
  template:
    metadata: {labels: {app: web, track: canary}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8090}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: web, port: 80, targetPort: http}, {name: admin, port: 9000, targetPort: admin}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]
";

fn route(port: u16) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: front, namespace: edge}}
spec:
  parentRefs: [{{name: gateway}}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: /}}}}]
    backendRefs: [{{name: web, namespace: shop, port: {port}}}]
"
    )
}

/// The app and the route, and a file with another object.
fn files(name: &str, other: &str) -> [String; 3] {
    let folder = folder(name, &[("app.yaml", APP), ("route.yaml", &route(80)), ("other.yaml", other)]);
    ["app.yaml", "route.yaml", "other.yaml"].map(|file| folder.join(file).display().to_string())
}

// Pitfalls 18, 20 and 25.
#[test]
fn the_map_leads_a_route_to_the_target_port_of_each_pod() {
    let [app, route, _] = files("gateway_map", "");
    let (code, out, err) = run(&["map", "-f", &app, &route]);
    assert_eq!((code, err.as_str()), (0, ""));
    let ways: Vec<_> = out.lines().filter(|line| line.starts_with("{ingress-controller}")).collect();
    assert_eq!(
        ways,
        [
            "{ingress-controller} => shop/canary[Deployment] : TCP 8090",
            "{ingress-controller} => shop/web[Deployment] : TCP 8080"
        ]
    );
    let (_, without, _) = run(&["map", "-f", &app]);
    let others: Vec<_> = out.lines().filter(|line| !line.starts_with("{ingress-controller}")).collect();
    assert_eq!(without.lines().collect::<Vec<_>>(), others, "the route adds its ways in and nothing else");
    let (_, out, _) = run(&["map", "-f", &app, &route, "-o", "json", "--to", "canary"]);
    let map: Value = serde_json::from_str(&out).expect("JSON");
    let edges = map["edges"].as_array().expect("edges");
    let way = edges.iter().find(|edge| edge["from"] == "{ingress-controller}").expect("a way in");
    assert_eq!(way["ports"], serde_json::json!([{"protocol": "TCP", "first": 8090, "last": 8090}]));
}

// Pitfall 18.
#[test]
fn a_route_to_a_port_that_policies_close_is_no_way_in() {
    let [app, _, admin] = files("gateway_closed", &route(9000));
    let (code, out, _) = run(&["map", "-f", &app, &admin]);
    assert!(code == 0 && !out.contains("{ingress-controller}"), "{out}");
    let (code, out, _) =
        run(&["explain", "--from", "ingress", "--to", "shop/svc/web", "--port", "9000", "-f", &app, &admin]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("HTTPRoute edge/front leads through Service shop/web to TCP 9001 of shop/deploy/web"),
        "{out}"
    );
}

#[test]
fn an_explanation_of_the_ingress_controller_names_the_route_and_where_it_leads() {
    let [app, route, _] = files("gateway_explain", "");
    let words = ["explain", "--from", "ingress", "--to", "shop/svc/web", "--port", "80", "-f", &app, &route];
    let (code, out, _) = run(&words);
    let (head, rest) = out.split_once("\n\nALLOWED ").expect("a connection");
    assert_eq!(
        head,
        "ALLOWED {ingress-controller} → shop/svc/web TCP 80

Service shop/web selects 2 Pods
  its port TCP 80 leads to TCP port 'http', whichever number each has there, of its Pods

ways in
  HTTPRoute edge/front leads through Service shop/web to TCP 8090 of shop/deploy/canary
  HTTPRoute edge/front leads through Service shop/web to TCP 8080 of shop/deploy/web"
    );
    assert!(rest.contains("a rule lets every Pod of every namespace call shop/deploy/canary"), "{rest}");
    assert_eq!(code, 0);
    let (_, out, _) = run(&[&words[..], &["-o", "json"]].concat());
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    let ports: Vec<_> = answer["connections"].as_array().expect("connections").iter().map(|one| &one["port"]).collect();
    assert_eq!(ports, ["TCP 8090", "TCP 8080"]);
    assert_eq!(answer["waysIn"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_plan_says_which_routes_a_policy_cuts() {
    let deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: shop}, spec: {\
                podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}}";
    let [app, route, deny] = files("gateway_plan", deny);
    let (code, out, err) = run(&["plan", "-f", &deny, "--against", &app, &route]);
    assert_eq!((code, err.as_str()), (1, ""));
    for way in [
        "  cut     HTTPRoute edge/front → shop/canary[Deployment]: TCP 8090\n",
        "  cut     HTTPRoute edge/front → shop/web[Deployment]: TCP 8080\n",
    ] {
        assert!(out.contains(way), "{out}");
    }
    let (_, out, _) = run(&["plan", "-f", &deny, "--against", &app, &route, "-o", "json"]);
    let plan: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(plan["summary"]["waysCut"], 2);
}

#[test]
fn a_plan_says_what_a_route_to_another_port_opens_and_cuts() {
    let [_, _, after] = files("gateway_plan_route", &route(9000));
    let folder = folder("gateway_plan_route_before", &[("app.yaml", &open_app()), ("route.yaml", &route(80))]);
    let (code, out, err) = run(&["plan", "-f", &after, "--against", &folder.display().to_string()]);
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    assert!(out.contains("  changed HTTPRoute edge/front → shop/web[Deployment]: TCP 8080 → TCP 9001\n"), "{out}");
    assert!(out.contains("  cut     HTTPRoute edge/front → shop/canary[Deployment]: TCP 8090\n"), "{out}");
}

/// The app without its policy: to policies all of its Pods are alike.
fn open_app() -> String {
    APP.split("---\napiVersion: networking").next().expect("the app").to_owned()
}

// Pods that policies cannot tell apart were taken for one: the others had no way in, and its ports were those of all.
#[test]
fn pods_that_no_policy_tells_apart_each_have_their_own_way_in() {
    let route = route(80);
    let folder = folder("gateway_alike", &[("app.yaml", &open_app()), ("route.yaml", &route)]);
    let (code, out, _) = run(&["map", "-f", &folder.display().to_string()]);
    let ways: Vec<_> = out.lines().filter(|line| line.starts_with("{ingress-controller}")).collect();
    assert_eq!(
        (code, ways),
        (
            0,
            vec![
                "{ingress-controller} => shop/canary[Deployment] : TCP 8090",
                "{ingress-controller} => shop/web[Deployment] : TCP 8080"
            ]
        )
    );
}

#[test]
fn each_replica_has_a_way_in_when_the_map_is_pod_by_pod() {
    let pod = |name: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: web}}, ownerReferences: [{{apiVersion: \
             apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}}]}}, spec: {{containers: [{{name: web, ports: [{{name: \
             http, containerPort: 8080}}]}}]}}}}\n"
        )
    };
    let service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, \
                   targetPort: http}]}}\n";
    let all = ["web-0", "web-1", "web-2"].map(pod).concat();
    let folder = folder("gateway_replicas", &[("app.yaml", &format!("{service}{all}")), ("route.yaml", &route(80))]);
    let path = folder.display().to_string();
    let ways = |flags: &[&str]| -> Vec<String> {
        let (_, out, err) = run(&[&["map", "-f", &path], flags].concat());
        assert_eq!(err, "");
        out.lines().filter_map(|line| line.strip_prefix("{ingress-controller} => ")).map(str::to_owned).collect()
    };
    let each = ["shop/web-0[Pod] : TCP 8080", "shop/web-1[Pod] : TCP 8080", "shop/web-2[Pod] : TCP 8080"];
    assert_eq!(ways(&["--pods"]), each);
    assert_eq!(ways(&[]), ["shop/web[StatefulSet] : TCP 8080"]);
    let (_, out, _) = run(&["explain", "--from", "ingress", "--to", "shop/svc/web", "--port", "80", "-f", &path]);
    assert!(out.contains("leads through Service shop/web to TCP 8080 of shop/web-0 and 2 more\n"), "{out}");
}
