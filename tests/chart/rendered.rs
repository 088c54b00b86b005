//! Whatever is set, what comes out is taken by a real API server and says what was asked.

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};

use crate::{
    objects::{CHART, NAMESPACE, RELEASE, find, is_hook, name, objects, parse, pod, text},
    support::{ControlPlane, HELMS, helm},
};

/// Every setting, away from its default.
const SETTINGS: &[&str] = &[
    "",
    "replicas: 0",
    "replicas: 3",
    "highAvailability: true",
    "{highAvailability: true, podDisruptionBudget: {maxUnavailable: 1}}",
    "podDisruptionBudget: {enabled: true, minAvailable: 50%}",
    "image: {repository: 'registry.example.com:5000/appnet', tag: dev, pullPolicy: Always}",
    "imagePullSecrets: [{name: registry}]",
    "{nameOverride: net, fullnameOverride: net-operator}",
    "{commonLabels: {team: net, tier: a}, podLabels: {tier: b}, podAnnotations: {example.com/a: 'true'}}",
    "crds: {enabled: false}",
    "crds: {keep: false}",
    "watchNamespace: app",
    "{watchNamespace: app, platform: {cni: Standard}, rbac: {aggregate: false}}",
    "{platform: {protectedNamespaces: [a], dns: {nodeLocal: [169.254.20.10/32], resolvers: [{cidr: 10.0.0.1/32, port: 53}]}, \
     telemetry: [{name: otel, pods: {namespace: o, allPods: true}, ports: [{port: 4317}]}]}}",
    "{concurrency: 1, resync: 60, requestTimeout: 5, shutdownTimeout: 300, logFormat: text, logFilter: 'debug,\"quoted\"=info'}",
    "listenAddress: '::'",
    "extraArgs: [--streaming-lists, '--own-namespace=appnet-system']",
    "extraEnv: [{name: RUST_BACKTRACE, value: '1'}, {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]",
    "leaderElection: {enabled: false}",
    "leaderElection: {leaseDuration: 60, renewDeadline: 40, retryPeriod: 5}",
    "rbac: {create: false}",
    "serviceAccount: {create: false}",
    "serviceAccount: {name: robot, annotations: {example.com/role: r}}",
    "service: {port: 80, annotations: {prometheus.io/scrape: 'true'}}",
    "metrics: {podMonitor: {enabled: true, interval: 1m30s, labels: {release: prometheus}}}",
    "networkPolicy: {enabled: false}",
    "networkPolicy: {apiServerPorts: [16443], dns: true, metricsFrom: [{namespaceSelector: {}}, {ipBlock: {cidr: 192.0.2.0/28}}]}",
    "{resources: {limits: null, requests: {cpu: 0.5}}, podSecurityContext: {fsGroup: 1}, priorityClassName: system-cluster-critical}",
    "{tolerations: [{operator: Exists}], nodeSelector: {a: b}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
     {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}",
    "topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}]",
    "tests: {enabled: false}",
];

#[test]
fn helm_4_and_3_find_no_fault_and_render_the_same() {
    let complaints = |program: &'static str| {
        let lint = |values: &&str| {
            let answer = helm(program, &["lint", "--strict", CHART, "--values", "-"], values);
            (answer.code != Some(0)).then(|| format!("{program}: {values}: {}{}", answer.stdout, answer.stderr))
        };
        SETTINGS.iter().filter_map(lint).collect::<Vec<_>>()
    };
    let found: Vec<_> = thread::scope(|scope| {
        let threads = HELMS.map(|program| scope.spawn(move || complaints(program)));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
    for values in SETTINGS {
        let [four, three] = HELMS.map(|program| parse(&text(program, values).expect("lint found no fault")));
        let by_name =
            |all: &[Value]| all.iter().map(|object| (name(object), object.to_string())).collect::<BTreeSet<_>>();
        assert!(by_name(&four) == by_name(&three), "Helm 4 and 3 render {values} differently");
    }
}

#[tokio::test]
async fn a_real_api_server_takes_every_object() {
    let control_plane = ControlPlane::shared().await;
    for namespace in [NAMESPACE, "app"] {
        control_plane.kubectl(&["create", "namespace", namespace]).await;
    }
    let mut tried = BTreeSet::new();
    for values in SETTINGS {
        // The kind of a PodMonitor is not known here. What was tried once is not tried again.
        let mut objects = objects(values);
        objects.retain(|object| object["kind"] != "PodMonitor" && tried.insert(object.to_string()));
        if objects.is_empty() {
            continue;
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
        // No field is dropped in silence, and nothing is deprecated: warnings come on stderr.
        let args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-"];
        let answer = control_plane.kubectl_with_input(&args, &list).await;
        assert!(answer.code == Some(0) && answer.stderr.is_empty(), "{values}: {}", answer.stderr);
        assert_eq!(answer.stdout.lines().count(), objects.len(), "{values}: {}", answer.stdout);
    }
}

fn kinds(objects: &[Value], kind: &str) -> usize {
    objects.iter().filter(|object| object["kind"] == kind).count()
}

#[test]
fn every_object_has_the_labels_and_is_in_a_namespace_that_was_asked_for() {
    for values in SETTINGS {
        for object in objects(values) {
            let labels = &object["metadata"]["labels"];
            for label in ["name", "instance", "component", "version", "part-of", "managed-by"] {
                assert!(
                    labels[format!("app.kubernetes.io/{label}")].is_string(),
                    "{values}: {}: {label}",
                    name(&object)
                );
            }
            assert_eq!(labels["helm.sh/chart"], "appnet-0.1.0");
            if values.contains("team: net") {
                assert_eq!(labels["team"], "net", "{}", name(&object));
            }
            let namespace = &object["metadata"]["namespace"];
            assert!(namespace.is_null() || namespace == NAMESPACE || namespace == "app", "{}", name(&object));
        }
    }
}

#[test]
fn high_availability_means_two_replicas_apart_and_a_budget() {
    let objects = objects("highAvailability: true");
    let deployment = &find(&objects, "Deployment", RELEASE)["spec"];
    assert_eq!(deployment["replicas"], 2);
    let spread = pod(&objects)["spec"]["topologySpreadConstraints"].as_array().expect("constraints");
    assert_eq!(spread[0]["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(spread[0]["labelSelector"], deployment["selector"]);
    let budget = &find(&objects, "PodDisruptionBudget", RELEASE)["spec"];
    assert_eq!((&budget["minAvailable"], &budget["selector"]), (&json!(1), &deployment["selector"]));
    let more = crate::objects::objects("{highAvailability: true, replicas: 3}");
    assert_eq!(find(&more, "Deployment", RELEASE)["spec"]["replicas"], 3);
    let given = "topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {team: net}}}]";
    let given = crate::objects::objects(given);
    let selector = &pod(&given)["spec"]["topologySpreadConstraints"][0]["labelSelector"];
    assert_eq!(selector, &json!({"matchLabels": {"team": "net"}}), "one that is given stays as it is");
    let one = crate::objects::objects("");
    assert_eq!(
        (kinds(&one, "PodDisruptionBudget"), &pod(&one)["spec"]["topologySpreadConstraints"]),
        (0, &Value::Null)
    );
}

#[test]
fn a_pod_gets_more_time_to_stop_than_the_operator_takes() {
    for (values, seconds) in [("", 30), ("shutdownTimeout: 300", 310)] {
        assert_eq!(pod(&objects(values))["spec"]["terminationGracePeriodSeconds"], seconds);
    }
}

#[test]
fn an_upgrade_needs_no_second_pod_at_work_and_without_election_never_has_one() {
    let strategy = |values: &str| find(&objects(values), "Deployment", RELEASE)["spec"]["strategy"].clone();
    let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}});
    assert_eq!(strategy("highAvailability: true"), rolling);
    assert_eq!(strategy("leaderElection: {enabled: false}"), json!({"type": "Recreate"}));
}

#[test]
fn the_image_is_named_by_version_tag_or_digest() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let operator = "ghcr.io/appnet-dev/appnet-operator";
    for (values, wanted) in [
        (String::new(), format!("{operator}:{}", env!("CARGO_PKG_VERSION"))),
        ("image: {tag: v9}".into(), format!("{operator}:v9")),
        (format!("image: {{digest: '{digest}'}}"), format!("{operator}@{digest}")),
        (format!("image: {{tag: v9, digest: '{digest}'}}"), format!("{operator}:v9@{digest}")),
    ] {
        let objects = objects(&values);
        assert_eq!(pod(&objects)["spec"]["containers"][0]["image"], wanted.as_str());
        // The Pod of `helm test` has no other program to run.
        let test = objects.iter().find(|object| is_hook(object)).expect("a test");
        assert_eq!(test["spec"]["containers"][0]["image"], wanted.as_str());
    }
}

#[test]
fn the_service_the_budget_and_the_policy_mean_the_operators_pods_and_no_others() {
    let objects = objects("podDisruptionBudget: {enabled: true}");
    let labels = pod(&objects)["metadata"]["labels"].as_object().expect("labels");
    let test = find(&objects, "Pod", "appnet-test")["metadata"]["labels"].as_object().expect("labels");
    let service = &find(&objects, "Service", "appnet-metrics")["spec"]["selector"];
    let selector = &find(&objects, "Deployment", RELEASE)["spec"]["selector"]["matchLabels"];
    let budget = &find(&objects, "PodDisruptionBudget", RELEASE)["spec"]["selector"]["matchLabels"];
    let policy = &find(&objects, "NetworkPolicy", RELEASE)["spec"]["podSelector"]["matchLabels"];
    for other in [service, selector, budget, policy] {
        assert_eq!(other, selector);
        let selects = |labels: &serde_json::Map<String, Value>| {
            other.as_object().expect("labels").iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        assert!(selects(labels) && !selects(test), "{other}");
    }
}

#[test]
fn the_operators_own_policy_leaves_open_what_it_needs() {
    let policy = |values: &str| find(&objects(values), "NetworkPolicy", RELEASE)["spec"].clone();
    let port = |protocol: &str, port: u16| json!({"protocol": protocol, "port": port});
    let spec = policy("");
    assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(spec["ingress"], json!([{"ports": [port("TCP", 8080)]}]));
    assert_eq!(
        spec["egress"],
        json!([{"ports": Vec::from([443, 6443, 8443, 16443].map(|number| port("TCP", number)))}])
    );
    let narrowed = policy("networkPolicy: {metricsFrom: [{namespaceSelector: {}}]}");
    let from = narrowed["ingress"][0]["from"].as_array().expect("peers");
    assert_eq!(from.len(), 2, "the Pod of `helm test` gets through as well");
    assert_eq!(from[1]["podSelector"]["matchLabels"]["app.kubernetes.io/component"], "test");
    let named = policy("networkPolicy: {dns: true}");
    assert!(named["egress"][1]["ports"].as_array().expect("ports").contains(&port("UDP", 53)));
    // `kubectl appnet lint` would say of everyone who installs the chart that the operator resolves no names.
    let meant = |values: &str| {
        find(&objects(values), "NetworkPolicy", RELEASE)["metadata"]["annotations"]["appnet.dev/lint-ignore"].clone()
    };
    assert_eq!([meant(""), meant("networkPolicy: {dns: true}")], [json!("DNSBlocked"), json!(null)]);
}

#[test]
fn the_pod_monitor_finds_the_port_of_the_pods() {
    let objects = objects("metrics: {podMonitor: {enabled: true, labels: {release: prometheus}}}");
    let monitor = find(&objects, "PodMonitor", RELEASE);
    assert_eq!(monitor["metadata"]["labels"]["release"], "prometheus");
    let wanted = json!([{"port": "http", "path": "/metrics", "interval": "30s"}]);
    assert_eq!(monitor["spec"]["podMetricsEndpoints"], wanted);
    assert_eq!(monitor["spec"]["selector"], find(&objects, "Deployment", RELEASE)["spec"]["selector"]);
    assert_eq!(pod(&objects)["spec"]["containers"][0]["ports"][0]["name"], "http");
}
