//! Each kind that is read, alone.

use appnet::{
    model::ServiceRef,
    objects::{Added, Collection, Kind},
    observe::ServiceKind,
    reach::{Direction, NotEvaluated},
};
use serde_json::json;

use crate::reading::{good, pods, policies, ports};

#[test]
fn a_pod_has_its_labels_addresses_and_the_ports_of_its_containers() {
    let reading = good(
        "apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: shop, labels: {app: api, empty: null}}
spec:
  containers:
  - {name: a, ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]}
  - {name: b, ports: [{name: http, containerPort: 9090, protocol: SCTP}]}
  - {name: c, ports: null}
status: {phase: Running, podIP: 10.1.2.3, podIPs: [{ip: 10.1.2.3}, {ip: 'fd00::7'}]}
",
    );
    assert_eq!(pods(&reading), ["shop/api-1 Pod/api-1"]);
    assert_eq!(ports(&reading), ["53/UDP", "8080/TCP http", "9090/SCTP http"]);
    let pod = &reading.picture.pods[0];
    assert_eq!(pod.labels, [("app".into(), "api".into()), ("empty".into(), String::new())].into());
    let addresses: Vec<_> = pod.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.1.2.3", "fd00::7"]);
    assert!(!pod.host_network);
}

// Pitfall 9.
#[test]
fn ports_of_sidecars_count_and_those_of_other_init_containers_do_not() {
    let reading = good(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {
  initContainers: [
    {name: once, ports: [{containerPort: 1111}]},
    {name: sidecar, restartPolicy: Always, ports: [{name: proxy, containerPort: 15001}]}],
  containers: [{name: app, ports: [{containerPort: 8080}]}]}}",
    );
    assert_eq!(ports(&reading), ["8080/TCP", "15001/TCP proxy"]);
}

// Pitfall 35.
#[test]
fn a_pod_on_the_host_network_is_known_as_one() {
    let reading = good("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: true}}");
    assert!(reading.picture.pods[0].host_network);
}

// Pitfall 40. Pitfall 41.
#[test]
fn pods_that_have_finished_or_are_going_are_left_out_and_counted() {
    let pod = |name: &str, more: &str, phase: &str| {
        format!("---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}{more}}}, status: {{phase: {phase}}}}}\n")
    };
    let reading = good(
        &[
            pod("done", "", "Succeeded"),
            pod("broken", "", "Failed"),
            pod("going", ", deletionTimestamp: '2024-05-01T10:00:00Z'", "Running"),
            pod("there", "", "Pending"),
        ]
        .concat(),
    );
    assert_eq!(pods(&reading), ["here/there Pod/there"]);
    assert_eq!((reading.finished_pods, reading.going_pods), (2, 1));
}

#[test]
fn namespaces_services_and_endpoints_are_read() {
    let reading = good(
        "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, clusterIPs: [10.96.0.9], ports: [{name: web, port: 80, targetPort: http}, {port: 90, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-x, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.9, 192.0.2.7]}, {addresses: [192.0.2.8]}]
ports: [{name: sql, port: 5432}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: nobodys}
endpoints: []
",
    );
    assert_eq!(reading.picture.namespaces["shop"]["team"], "red");
    let service = &reading.picture.services[&ServiceRef { namespace: "shop".into(), name: "api".into() }];
    assert_eq!(service.kind, ServiceKind::Pods([("app".to_owned(), "api".to_owned())].into()));
    let ports: Vec<_> = service.ports.iter().map(|port| (port.name.as_str(), port.port)).collect();
    assert_eq!(ports, [("web", 80), ("", 90)]);
    let [endpoints] = &reading.endpoints[..] else { panic!("{:?}", reading.endpoints) };
    let addresses: Vec<_> = endpoints.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(
        (endpoints.service.name.as_str(), addresses.join(" ").as_str()),
        ("db", "192.0.2.7 192.0.2.8 192.0.2.9")
    );
    assert_eq!(endpoints.ports[0].number, 5432);
}

// Pitfall 5.
#[test]
fn a_policy_is_read_and_its_fields_are_found_in_the_file() {
    let reading = good(
        "# ours
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
  namespace: shop
spec:
  podSelector: {}
  egress:
  - ports:
    - port: 53
    - {port: 8000, endPort: 8010}
",
    );
    assert_eq!(policies(&reading), ["shop/api"]);
    let policy = &reading.picture.policies[0];
    assert_eq!(policy.rules(Direction::Ingress).map(<[_]>::len), Some(0));
    assert_eq!(policy.rules(Direction::Egress).map(<[_]>::len), Some(1));
    let source = reading.policy("shop", "api").expect("it is there");
    let at = |path| (source.locate(path).line, source.locate(path).column);
    assert_eq!((&*source.file, source.at.line, source.prefix.as_str()), ("good.yaml", 2, ""));
    assert_eq!(at("spec.egress[0].ports[1]"), (12, 7));
    assert_eq!(at("spec.egress[0].ports[1].endPort"), (12, 20));
    assert!(reading.policy("shop", "web").is_none());
}

// Pitfall 53.
#[test]
fn policies_of_other_apis_are_named_and_not_evaluated() {
    let object =
        |version: &str, kind: &str| format!("---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}}}\n");
    let kinds = [
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy"),
        ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
        ("projectcalico.org/v3", "NetworkPolicy"),
        ("crd.projectcalico.org/v1", "GlobalNetworkPolicy"),
        ("crd.antrea.io/v1beta1", "NetworkPolicy"),
        ("crd.antrea.io/v1beta1", "ClusterNetworkPolicy"),
        ("security.istio.io/v1", "AuthorizationPolicy"),
    ];
    let mut text = kinds.map(|(version, kind)| object(version, kind)).concat();
    // That is how Calico shows a NetworkPolicy of Kubernetes.
    text += "---\n{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: knp.default.api}}\n";
    let reading = good(&text);
    let found: Vec<_> = reading
        .picture
        .not_evaluated
        .iter()
        .map(|NotEvaluated { kind, namespace, .. }| (kind.as_str(), namespace.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("AdminNetworkPolicy", ""),
            ("AuthorizationPolicy", "here"),
            ("BaselineAdminNetworkPolicy", ""),
            ("CiliumClusterwideNetworkPolicy", ""),
            ("CiliumNetworkPolicy", "here"),
            ("ClusterNetworkPolicy", ""),
            ("ClusterNetworkPolicy.crd.antrea.io", ""),
            ("GlobalNetworkPolicy", ""),
            ("NetworkPolicy.crd.antrea.io", "here"),
            ("NetworkPolicy.projectcalico.org", "here"),
        ]
    );
    assert_eq!(policies(&reading), Vec::<String>::new());
}

#[test]
fn a_template_for_pods_makes_a_workload_of_whatever_kind() {
    let rollout = |name: &str, pods: &str| {
        format!(
            r#"{{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {{"name": "{name}", "namespace": "shop"}},
            "spec": {{"replicas": 3, "template": {{"metadata": {{"labels": {{"app": "{name}"}}}}, "spec": {{{pods}}}}}}}}}"#
        )
    };
    let containers = r#""containers": [{"name": "a", "ports": [{"containerPort": 8088, "name": "http"}]}]"#;
    // A template for something else than Pods, as that of a machine.
    let others = rollout("machine", r#""providerID": "x""#);
    let pod = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web", "hash": "7"}}}"#;
    let all = [rollout("api", containers), rollout("web", containers), others, pod.to_owned()];
    let list = format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{}]}}"#, all.join(","));
    // As JSON, and behind a comment as YAML.
    for text in [
        list.clone(),
        all.join("\n"),
        format!("# ours\n{list}"),
        all.map(|one| format!("--- # ours\n{one}\n")).concat(),
    ] {
        let reading = good(&text);
        // The Pods of `web` are there.
        assert_eq!(pods(&reading), ["shop/api Rollout/api", "shop/web-1 Pod/web-1"], "{text}");
        assert_eq!(reading.picture.pods[0].ports[0].number, 8088);
        assert_eq!(reading.skipped, [("Rollout".to_owned(), 1)].into(), "{text}");
    }
}

#[test]
fn kinds_that_are_not_read_are_counted_whatever_is_wrong_with_them() {
    let reading = good(
        "{apiVersion: v1, kind: ConfigMap, metadata: [], data: {a: 1, a: 2}}
---
{apiVersion: v1, kind: ConfigMap}
---
{apiVersion: example.com/v1, kind: Service, metadata: {name: 7}}
---
- a list
---
replicas: 3
",
    );
    let skipped: Vec<_> = reading.skipped.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(skipped, [("(no kind)", 2), ("ConfigMap", 2), ("Service", 1)]);
}

#[test]
fn profiles_are_found_with_what_is_wrong_with_their_kind() {
    let reading = good(
        "kind: List
apiVersion: v1
items:
- {apiVersion: v1, kind: ConfigMap}
- apiVersion: appnet.dev/v1alpha1
  kind: AppNetworkProfile
  metadata: {name: shop, annotations: {kept: 'yes'}}
- {apiVersion: appnet.dev/v1, kind: AppNetworkProfile}
",
    );
    let found: Vec<_> =
        reading.profiles.iter().map(|profile| (profile.prefix.as_str(), profile.misnamed.is_some())).collect();
    assert_eq!(found, [("items[1].", false), ("items[2].", true)]);
    let node = &reading.profiles[0].node;
    assert_eq!(node.to_value()["metadata"]["annotations"], json!({"kept": "yes"}));
    assert_eq!((node.locate("metadata.annotations").line, node.locate("metadata.annotations").column), (7, 26));
}

#[test]
fn objects_of_a_live_list_need_no_text() {
    let mut collection = Collection::<()>::default();
    let pod = Kind::of("v1", "Pod").expect("a kind");
    for name in ["b", "a"] {
        let object = json!({"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": []}});
        assert_eq!(collection.add(pod.read(object, "").expect("a Pod"), ()), Added::New);
    }
    let names: Vec<_> = collection.finish().picture.pods.into_iter().map(|pod| pod.name).collect();
    assert_eq!(names, ["a", "b"]);
}
