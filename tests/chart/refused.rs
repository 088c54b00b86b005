//! Wrong settings are refused, with their name, by Helm 4 and Helm 3 alike.

use std::thread;

use crate::{objects::text, support::HELMS};

/// Values, and what Helm must say about them.
const REFUSED: &[(&str, &str)] = &[
    // Unknown, at each level.
    ("replicaCount: 2", "'replicaCount'"),
    ("image: {tagg: v1}", "'tagg'"),
    ("imagePullSecrets: [{secret: a}]", "/imagePullSecrets/0"),
    ("crds: {install: true}", "'install'"),
    ("platform: {protectedNamespace: [a]}", "'protectedNamespace'"),
    ("platform: {dns: {resolver: []}}", "'resolver'"),
    ("platform: {dns: {resolvers: [{pod: {}}]}}", "/platform/dns/resolvers/0"),
    ("platform: {monitoring: [{namespaces: a}]}", "'namespaces'"),
    ("platform: {monitoring: [{podSelector: {matchLabel: {a: b}}}]}", "'matchLabel'"),
    ("platform: {telemetry: [{name: a, apiServer: {port: 1}}]}", "/platform/telemetry/0/apiServer"),
    ("extraEnv: [{name: A, vale: b}]", "'vale'"),
    ("leaderElection: {enable: false}", "'enable'"),
    ("rbac: {aggregated: false}", "'aggregated'"),
    ("serviceAccount: {annotation: {}}", "'annotation'"),
    ("service: {type: NodePort}", "'type'"),
    ("metrics: {serviceMonitor: {}}", "'serviceMonitor'"),
    ("metrics: {podMonitor: {scrape: 1s}}", "'scrape'"),
    ("networkPolicy: {metricsFrom: [{pods: {}}]}", "/networkPolicy/metricsFrom/0"),
    ("networkPolicy: {egress: []}", "'egress'"),
    ("podDisruptionBudget: {minimum: 1}", "'minimum'"),
    ("resources: {limit: {}}", "'limit'"),
    ("tolerations: [{keys: a}]", "'keys'"),
    ("affinity: {nodes: {}}", "'nodes'"),
    ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, skew: 1}]", "'skew'"),
    ("tests: {run: true}", "'run'"),
    // Of the wrong type.
    ("replicas: \"2\"", "/replicas"),
    ("replicas: 1.5", "/replicas"),
    ("highAvailability: \"true\"", "/highAvailability"),
    ("image: ghcr.io/a/b", "/image"),
    ("image: {tag: 1.0}", "/image/tag"),
    ("commonLabels: [a]", "/commonLabels"),
    ("commonLabels: {a: 1}", "/commonLabels/a"),
    ("crds: true", "/crds"),
    ("crds: {keep: 1}", "/crds/keep"),
    ("watchNamespace: [a]", "/watchNamespace"),
    ("platform: {cidrCeiling: 10.0.0.0/8}", "/platform/cidrCeiling"),
    ("platform: {telemetry: [{name: a, cidr: 203.0.113.0/24, ports: [443]}]}", "/platform/telemetry/0/ports/0"),
    ("concurrency: many", "/concurrency"),
    ("extraArgs: --streaming-lists", "/extraArgs"),
    ("extraArgs: [1]", "/extraArgs/0"),
    ("extraEnv: {A: b}", "/extraEnv"),
    ("extraEnv: [{name: A, value: 1}]", "/extraEnv/0/value"),
    ("leaderElection: {leaseDuration: 15s}", "/leaderElection/leaseDuration"),
    ("networkPolicy: {apiServerPorts: 6443}", "/networkPolicy/apiServerPorts"),
    ("nodeSelector: {disk: 1}", "/nodeSelector/disk"),
    ("podAnnotations: {a: true}", "/podAnnotations/a"),
    ("podDisruptionBudget: {enabled: 1}", "/podDisruptionBudget/enabled"),
    ("tolerations: {key: a}", "/tolerations"),
    // Of the right type, and impossible.
    ("replicas: -1", "/replicas"),
    ("replicas: 100", "/replicas"),
    ("image: {repository: \"\"}", "/image/repository"),
    ("image: {digest: sha256:12}", "/image/digest"),
    ("image: {pullPolicy: Sometimes}", "/image/pullPolicy"),
    ("fullnameOverride: App_Net", "/fullnameOverride"),
    ("commonLabels: {app.kubernetes.io/name: mine}", "app.kubernetes.io/name"),
    ("podLabels: {app.kubernetes.io/component: mine}", "app.kubernetes.io/component"),
    ("commonLabels: {team: net work}", "/commonLabels/team"),
    ("watchNamespace: App", "/watchNamespace"),
    ("watchNamespace: kube-system", "profiles are refused in kube-system"),
    ("watchNamespace: openshift-dns", "in openshift-dns and in the operator's own namespace"),
    ("watchNamespace: appnet-system", "in the operator's own namespace"),
    ("platform: {cni: Calico}", "/platform/cni"),
    ("platform: {telemetry: [{name: a, cidr: 203.0.113.0/24, ports: [{port: 443, protocol: tcp}]}]}", "protocol"),
    ("platform: {dns: {resolvers: [{cidr: 10.0.0.1/32, port: 70000}]}}", "/platform/dns/resolvers/0/port"),
    ("concurrency: 0", "/concurrency"),
    ("concurrency: 513", "/concurrency"),
    ("resync: 100000", "/resync"),
    ("shutdownTimeout: 0", "/shutdownTimeout"),
    ("logFormat: JSON", "/logFormat"),
    ("logFilter: \"\"", "/logFilter"),
    ("listenAddress: localhost", "/listenAddress"),
    ("leaderElection: {retryPeriod: 0}", "/leaderElection/retryPeriod"),
    ("leaderElection: {renewDeadline: 15}", "renewDeadline below leaseDuration"),
    ("leaderElection: {retryPeriod: 9}", "1.2 times retryPeriod must be below renewDeadline"),
    ("{replicas: 2, leaderElection: {enabled: false}}", "several replicas need leaderElection.enabled: true"),
    (
        "{highAvailability: true, leaderElection: {enabled: false}}",
        "several replicas need leaderElection.enabled: true",
    ),
    ("service: {port: 0}", "/service/port"),
    ("metrics: {podMonitor: {interval: often}}", "/metrics/podMonitor/interval"),
    ("networkPolicy: {apiServerPorts: []}", "/networkPolicy/apiServerPorts"),
    ("networkPolicy: {apiServerPorts: [0]}", "/networkPolicy/apiServerPorts/0"),
    ("networkPolicy: {metricsFrom: [{}]}", "/networkPolicy/metricsFrom/0"),
    ("podDisruptionBudget: {minAvailable: half}", "/podDisruptionBudget/minAvailable"),
    ("resources: {requests: {cpu: lots}}", "/resources/requests/cpu"),
    ("tolerations: [{operator: Equals}]", "/tolerations/0/operator"),
    ("topologySpreadConstraints: [{topologyKey: a}]", "/topologySpreadConstraints/0"),
];

#[test]
fn wrong_settings_are_refused_by_name() {
    let wrong: Vec<_> = thread::scope(|scope| {
        let of = |program: &'static str| move || REFUSED.iter().filter_map(|case| complaint(program, case)).collect();
        let threads: Vec<_> = HELMS.iter().map(|program| scope.spawn(of(program))).collect();
        threads.into_iter().flat_map(|thread| -> Vec<String> { thread.join().expect("no panic") }).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn complaint(program: &str, (values, wanted): &(&str, &str)) -> Option<String> {
    match text(program, values) {
        Ok(_) => Some(format!("{program} takes {values}")),
        // Older releases of Helm write paths with dots.
        Err(said) if said.contains(wanted) || said.contains(&wanted.trim_start_matches('/').replace('/', ".")) => None,
        Err(said) => Some(format!("{program} says about {values} nothing of {wanted}: {said}")),
    }
}

#[test]
fn what_a_parent_chart_adds_is_taken() {
    for program in HELMS {
        text(program, "{global: {registry: example.com}, enabled: true}").expect("taken");
    }
}
