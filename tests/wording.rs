//! What people read, word for word: whole outputs, so that a change of one sentence is seen beside all others.
//!
//! Other tests say what must hold of a status or a finding; here nothing is left out. What was meant to change is written anew
//! with `INSTA_UPDATE=always cargo test --test wording`, and read in the diff.

#[path = "resolution/cluster.rs"]
#[allow(dead_code, reason = "the pictures serve other tests too")]
mod cluster;
#[path = "lint/plugin.rs"]
mod plugin;

use std::{collections::BTreeSet, fs, path::Path};

use appnet::{
    api::{AppNetworkProfile, AppNetworkProfileStatus, PolicyKind, PolicyStatus, Reason},
    controller::{Decision, decide},
    model::Platform,
    observe::{PodClass, PolicyRow, World},
    plan::Drift,
    report::{self, Applied, Failure, Outcome, Report},
};
use cluster::{class, deployment, run};
use k8s_openapi::{api::networking::v1::NetworkPolicy, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

const SHOP: &str = "
tiers:
- name: web
  podSelector: {matchLabels: {app: web}}
  ports: [{name: http, port: 8080}]
  exposed: {}
- name: api
  podSelector: {matchLabels: {app: api}}
  ports: [{name: grpc, port: grpc}, {name: metrics, port: 9090}]
  from: [{tier: web, ports: [grpc]}, {pods: {namespace: batch, podSelector: {matchLabels: {app: nightly}}}}]
  metrics: {ports: [metrics]}
  to: [{name: mail, service: {name: smtp, namespace: mail}}]
- name: db
  podSelector: {matchLabels: {app: postgres}}
  ports: [{name: sql, port: 5432}]
  from: [{tier: api}]
";

fn shop(spec: &str) -> AppNetworkProfile {
    let mut profile = AppNetworkProfile::new("shop", serde_saphyr::from_str(spec).expect("a spec"));
    profile.metadata.namespace = Some("app".into());
    profile.metadata.uid = Some("uid-of-shop".into());
    profile.metadata.generation = Some(3);
    profile
}

/// A cluster in which a tier has a wrong label, a port no name, a Pod no tier, and somebody else a policy.
fn troubled() -> World {
    let mut world = World::typical();
    run(&mut world, "kube-system/cilium-1", PodClass { host_network: true, ..class(&[("k8s-app", "cilium")], &[]) });
    run(&mut world, "app/web-1", deployment("web", &[("app", "web")]));
    run(&mut world, "app/api-1", deployment("api", &[("app", "api")]));
    run(&mut world, "app/db-1", deployment("db", &[("app", "postgresql")]));
    run(&mut world, "app/cache-1", deployment("cache", &[("app", "redis")]));
    let foreign: NetworkPolicy = serde_saphyr::from_str(
        "{metadata: {name: let-all-in, uid: uid-of-another}, spec: {podSelector: {matchLabels: {app: web}}, ingress: [{}]}}",
    )
    .expect("a policy");
    world.policies.insert("app", PolicyRow::from(&foreign));
    world
}

/// What a look at the profile says, when its writes ended so.
fn told(profile: &AppNetworkProfile, world: &World, ended: Outcome) -> (AppNetworkProfileStatus, String) {
    let Decision { findings, found, enforcement, foreign, unassigned, .. } =
        decide(profile, &Platform::default(), world);
    let before = profile.status.clone().unwrap_or_default();
    let status = report::status(&Report {
        before: &before,
        generation: profile.metadata.generation.unwrap_or_default(),
        tiers: profile.spec.tiers.iter().map(|tier| tier.name.as_str()).collect(),
        outcome: &ended,
        findings: &findings,
        found: &found,
        enforcement: &enforcement,
        foreign,
        unassigned,
        now: Time("2026-01-02T03:04:05Z".parse::<Timestamp>().expect("a time")),
    });
    let notes = report::notes(&before, &status, &ended);
    let lines: Vec<_> =
        notes.iter().map(|note| format!("{:?} {}: {}", note.severity, note.reason.as_str(), note.text)).collect();
    (status, lines.join("\n"))
}

/// Four of the five policies are there: one was put back, and one may not be created.
fn half_done() -> Outcome {
    let policy = |(name, role): (&str, &str)| PolicyStatus {
        name: format!("shop-{name}"),
        kind: PolicyKind::NetworkPolicy,
        uid: format!("uid-of-{name}"),
        role: role.into(),
        hash: format!("hash-of-{name}"),
    };
    let there = [("allow-api", "tier"), ("allow-dns", "dns"), ("allow-web", "tier"), ("default-deny", "default-deny")];
    Outcome::Applied(Applied {
        policies: there.map(policy).into(),
        wanted: 5,
        in_place: 4,
        created: vec!["shop-allow-web".into()],
        updated: vec!["shop-allow-api".into()],
        failures: vec![Failure {
            reason: Reason::Forbidden,
            policy: "shop-allow-db".into(),
            message: "networkpolicies.networking.k8s.io is forbidden: User \"appnet\" cannot create resource \"networkpolicies\"".into(),
        }],
        drift: vec![Drift {
            policy: "shop-allow-api".into(),
            kind: PolicyKind::NetworkPolicy,
            manager: "kubectl-edit".into(),
            fields: vec!["spec.ingress[0].from".into(), "metadata.labels[appnet.dev/role]".into()],
        }],
        repaired: true,
        ..Applied::default()
    })
}

#[test]
fn the_status_and_the_events_of_a_profile_with_many_troubles() {
    let (status, events) = told(&shop(SHOP), &troubled(), half_done());
    insta::assert_yaml_snapshot!("status", status);
    insta::assert_snapshot!("events", events);
}

#[test]
fn the_status_and_the_event_of_a_profile_that_is_refused() {
    let spec = "{tiers: [{name: api, podSelector: {matchLabels: {app: api}}, from: [{tier: wbe}]}, {name: api, podSelector: {}}]}";
    let profile = shop(spec);
    let Err(problems) = appnet::model::parse(&profile, &Platform::default()) else { panic!("it is refused") };
    let (status, events) = told(&profile, &troubled(), Outcome::Invalid(problems));
    insta::assert_yaml_snapshot!("status_refused", status);
    insta::assert_snapshot!("events_refused", events);
}

/// A profile with a mistake of each kind, and a NetworkPolicy beside it.
const MISTAKES: &str = "\
apiVersion: appnet.dev/v1alpha1
kind: AppNetworkProfile
metadata: {name: shop, namespace: app}
spec:
  mode: Audit
  tiers:
  - name: Web
    podSelector: {matchLabels: {app: web}}
    ports:
    - {name: http, port: 80800}
    - {name: https, port: 8443, endPort: 8400}
    from:
    - {tier: edge}
    - {cidr: 10.0.0.1/24}
  - name: api
    podSelector: {}
    to:
    - {name: pay, cidr: 203.0.113.0/24, except: [198.51.100.0/24], ports: [{port: https}]}
    - {name: pay, ports: [{port: 443}]}
    form: [{tier: web}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: by-hand, namespace: app}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{}]
";

#[test]
fn the_findings_of_lint_in_a_file_with_many_mistakes() {
    let folder = plugin::folder("wording", &[("shop.yaml", MISTAKES)]);
    let output = plugin::plugin(&["lint", "-f", "shop.yaml"]).current_dir(folder).output().expect("the plugin runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    insta::assert_snapshot!("lint", format!("{}{}", text(&output.stdout), text(&output.stderr)));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn no_snapshot_is_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let files =
        fs::read_dir(folder).expect("the snapshots are committed").map(|entry| entry.expect("readable").file_name());
    let found: BTreeSet<_> = files.map(|name| name.into_string().expect("text")).collect();
    let used =
        ["events", "events_refused", "lint", "status", "status_refused"].map(|name| format!("wording__{name}.snap"));
    assert_eq!(found, BTreeSet::from(used));
}
