//! The way to the API server in Cilium's own words, against a real API server that has Cilium's real definition.
//!
//! Nothing here enforces; what such a policy means on the wire is Cilium's promise (`tests/data/README.md`).

#[path = "cilium/definition.rs"]
mod definition;
#[path = "cilium/going.rs"]
mod going;
#[path = "cilium/rights.rs"]
mod rights;
#[path = "operator/scene.rs"]
#[allow(dead_code, reason = "the scene serves other tests too")]
mod scene;
mod support;

use std::collections::BTreeMap;

use appnet::api::{AppNetworkProfile, CiliumNetworkPolicy, PolicyKind};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use scene::{PATIENCE, Scene, because, condition, is};
use serde_json::{Value, json};
use support::{ControlPlane, eventually};
use tokio::sync::OnceCell;

const DEFINITION: &str = "tests/data/ciliumnetworkpolicies.yaml";

/// `web` calls `api`, and `api` alone calls the API server.
const CALLS: &str = "
tiers:
- name: web
  podSelector: {matchLabels: {app: web}}
- name: api
  podSelector: {matchLabels: {app: api}, matchExpressions: [{key: track, operator: NotIn, values: [old, test]}]}
  ports: [{name: http, port: 8080}]
  from: [{tier: web}]
  to: [{name: kube-api, apiServer: {}}]
";

const STANDARD: [&str; 4] = ["shop-allow-api", "shop-allow-dns", "shop-allow-web", "shop-default-deny"];
const COMPANION: &str = "shop-apiserver-api";

/// The control plane that these tests share, with Cilium's definition.
async fn control_plane() -> &'static ControlPlane {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED.get_or_init(|| ControlPlane::start_with(&[DEFINITION])).await
}

async fn prepared(prefix: &str) -> Scene {
    prepared_on(control_plane().await, prefix).await
}

/// The API server of a control plane on the loopback interface publishes no address of its own.
async fn prepared_on(control_plane: &'static ControlPlane, prefix: &str) -> Scene {
    let scene = Scene::prepared_on(control_plane, prefix).await;
    let slice: EndpointSlice = serde_json::from_value(json!({
        "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}}, "addressType": "IPv4",
        "endpoints": [{"addresses": ["192.0.2.11"]}, {"addresses": ["192.0.2.12"]}],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    }))
    .expect("a slice");
    match Api::namespaced(scene.client.clone(), "default").create(&PostParams::default(), &slice).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.is_already_exists() => {}
        Err(error) => panic!("the API server cannot be published: {error}"),
    }
    scene
}

/// A namespace with an operator and a profile that is ready.
async fn ready(prefix: &str, spec: &str) -> Scene {
    let mut scene = prepared(prefix).await;
    scene.start_operator().await;
    scene.apply("shop", spec).await;
    scene.ready("shop").await;
    scene.quiet().await;
    scene
}

async fn companions(scene: &Scene) -> BTreeMap<String, CiliumNetworkPolicy> {
    let api: Api<CiliumNetworkPolicy> = scene.api();
    let list = match api.list(&ListParams::default()).await {
        Ok(list) => list.items,
        // Right after the definition was installed, or while it goes.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 429) => Vec::new(),
        Err(error) => panic!("policies of Cilium cannot be listed: {error}"),
    };
    list.into_iter().map(|policy| (policy.name_any(), policy)).collect()
}

/// Waits until the policies of Cilium's own are as `holds` says.
async fn until(scene: &Scene, what: &str, holds: impl Fn(&BTreeMap<String, CiliumNetworkPolicy>) -> bool) {
    eventually(what, PATIENCE, async || {
        let companions = companions(scene).await;
        if holds(&companions) { Ok(()) } else { Err(companions) }
    })
    .await;
}

fn listed(profile: &AppNetworkProfile) -> Vec<(String, PolicyKind)> {
    let policies = profile.status.iter().flat_map(|status| &status.policies);
    policies.map(|policy| (policy.name.clone(), policy.kind)).collect()
}

fn figures(profile: &AppNetworkProfile) -> String {
    profile.status.clone().and_then(|status| status.summary).map(|summary| summary.policies).unwrap_or_default()
}

#[tokio::test]
async fn the_policy_of_ciliums_own_comes_before_its_tier_isolates_and_the_deny_is_armed_last() {
    let scene = ready("order", CALLS).await;
    let writes: Vec<_> = scene.writes().into_iter().map(|write| (write.verb, write.resource, write.name)).collect();
    let expected = [
        ("create", "networkpolicies", "shop-default-deny"),
        ("create", "networkpolicies", "shop-allow-dns"),
        // Disarmed, as the two before: the companion refers to it.
        ("create", "networkpolicies", "shop-allow-api"),
        ("create", "ciliumnetworkpolicies", COMPANION),
        ("create", "networkpolicies", "shop-allow-web"),
        ("update", "networkpolicies", "shop-allow-api"),
        ("update", "networkpolicies", "shop-allow-dns"),
        ("update", "networkpolicies", "shop-default-deny"),
        ("update", "appnetworkprofiles/status", "shop"),
    ];
    assert_eq!(writes, expected.map(|(verb, resource, name)| (verb.into(), resource.into(), name.into())));
    assert_eq!(scene.policy_names().await, STANDARD);
}

#[tokio::test]
async fn it_allows_the_tiers_pods_the_api_server_and_isolates_nobody() {
    let scene = ready("content", CALLS).await;
    let profile = scene.profile("shop").await;
    let found = companions(&scene).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), [COMPANION], "the other tier does not ask for it");
    let companion = &found[COMPANION];
    let rules = json!({
        "endpointSelector": {
            "matchLabels": {"k8s:app": "api"},
            "matchExpressions": [{"key": "k8s:track", "operator": "NotIn", "values": ["old", "test"]}],
        },
        "enableDefaultDeny": {"egress": false, "ingress": false},
        "egress": [{"toEntities": ["kube-apiserver"], "toPorts": [{"ports": [{"port": "6443", "protocol": "TCP"}]}]}],
    });
    assert_eq!(companion.rest, json!({"spec": rules}).as_object().cloned().expect("an object"));
    let labels = json!({"app.kubernetes.io/managed-by": "appnet-operator", "appnet.dev/profile": "shop",
        "appnet.dev/role": "api-server", "appnet.dev/tier": "api"});
    assert_eq!(json!(companion.labels()), labels);
    let explanation = "Lets the Pods with app=api,track notin (old,test) (tier 'api', spec.tiers[1]) call the API server on TCP 6443 \
         (spec.tiers[1].to[0]), which Cilium does not match by the addresses of the tier's NetworkPolicy. Isolates nobody.";
    assert_eq!(json!(companion.annotations()), json!({"appnet.dev/explanation": explanation}));
    let owners = companion.owner_references();
    assert_eq!((owners[0].uid.clone(), owners[0].controller), (profile.uid().expect("a uid"), Some(true)));
    assert_eq!(owners.len(), 4);
    for (owner, name) in owners[1..].iter().zip(["shop-default-deny", "shop-allow-dns", "shop-allow-api"]) {
        let uid = scene.policy(name).await.uid().expect("a uid");
        assert_eq!((owner.kind.as_str(), owner.uid.clone(), owner.controller), ("NetworkPolicy", uid, None), "{name}");
    }

    assert_eq!(figures(&profile), "5/5");
    let mut expected: Vec<_> = STANDARD.map(|name| (name.to_owned(), PolicyKind::NetworkPolicy)).into();
    expected.insert(3, (COMPANION.to_owned(), PolicyKind::CiliumNetworkPolicy));
    assert_eq!(listed(&profile), expected);
    assert!(profile.status.expect("a status").foreign_policies.is_empty());
}

#[tokio::test]
async fn a_restart_writes_nothing() {
    let mut scene = ready("again", CALLS).await;
    let before = scene.writes();
    scene.stop_operator().await;
    scene.start_operator().await;
    scene.apply("shop", &format!("suspend: true{CALLS}")).await;
    scene.until("shop", "the new operator is at work", |profile| is(profile, "Suspended", "True")).await;
    let after = scene.quiet().await;
    assert_eq!(after.len() - before.len(), 1, "only the status: {:#?}", &after[before.len()..]);
}

#[tokio::test]
async fn an_edit_is_put_back_and_the_manager_and_field_are_named_and_what_others_added_stays() {
    let scene = ready("edited", CALLS).await;
    let good = companions(&scene).await.remove(COMPANION).expect("it is there");
    // A status is Cilium's to write, and a label anyone's.
    let status = json!({"status": {"conditions": [{"type": "Valid", "status": "True"}]}});
    let cilium = PatchParams { field_manager: Some("cilium-operator".into()), ..PatchParams::default() };
    let api: Api<CiliumNetworkPolicy> = scene.api();
    api.patch_status(COMPANION, &cilium, &Patch::Merge(status)).await.expect("the status is taken");
    scene.edit::<CiliumNetworkPolicy>("mallory", COMPANION, json!({"metadata": {"labels": {"team": "blue"}}})).await;
    let before = scene.writes().len();
    assert_eq!(scene.quiet().await.len(), before);

    let everyone =
        json!({"spec": {"egress": [{"toEntities": ["world"]}]}, "specs": [{"endpointSelector": {}, "ingress": [{}]}]});
    scene.edit::<CiliumNetworkPolicy>("mallory", COMPANION, everyone).await;
    until(&scene, "the edit is undone", |found| found.get(COMPANION).is_some_and(|now| rules(now) == rules(&good)))
        .await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let drift = profile.status.clone().expect("a status").drift.expect("counted");
    assert_eq!((drift.count, drift.policy.as_str(), drift.manager.as_str()), (1, COMPANION, "mallory"));
    assert_eq!(drift.fields, ["spec.egress[0].toEntities[0]", "spec.egress[0].toPorts", "specs"]);
    assert_eq!(companions(&scene).await[COMPANION].labels()["team"], "blue");
    assert!(scene.events("DriftRepaired").await[0].contains("mallory changed spec.egress[0].toEntities[0]"));
}

/// All that it says.
fn rules(policy: &CiliumNetworkPolicy) -> [Option<&Value>; 2] {
    ["spec", "specs"].map(|part| policy.rest.get(part))
}

#[tokio::test]
async fn a_deleted_one_comes_back() {
    let scene = ready("deleted", CALLS).await;
    let good = companions(&scene).await.remove(COMPANION).expect("it is there");
    scene.delete::<CiliumNetworkPolicy>(COMPANION).await;
    until(&scene, "it is back", |found| found.get(COMPANION).is_some_and(|now| rules(now) == rules(&good))).await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    assert_eq!(profile.status.expect("a status").drift.expect("counted").fields, ["deleted"]);
}

#[tokio::test]
async fn with_report_an_edit_is_told_and_left() {
    let scene = ready("report", &format!("driftPolicy: Report{CALLS}")).await;
    scene.edit::<CiliumNetworkPolicy>("mallory", COMPANION, json!({"spec": {"description": "mine"}})).await;
    let profile = scene.until("shop", "the drift is told", |profile| because(profile, "InSync", "DriftDetected")).await;
    assert_eq!(figures(&profile), "4/5");
    assert!(condition(&profile, "InSync").expect("there").message.contains("mallory changed spec.description"));
    scene.quiet().await;
    assert_eq!(companions(&scene).await[COMPANION].rest["spec"]["description"], "mine");
}

#[tokio::test]
async fn a_policy_of_someone_else_under_its_name_is_left_alone_and_all_else_is_in_force() {
    let mut scene = prepared("taken").await;
    let theirs: CiliumNetworkPolicy = serde_json::from_value(json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": COMPANION},
        "specs": [{"endpointSelector": {"matchLabels": {"app": "api"}}, "egress": [{"toFQDNs": [{"matchName": "example.com"}]}]}],
    }))
    .expect("a policy");
    let theirs = scene.api().create(&PostParams::default(), &theirs).await.expect("taken");
    scene.start_operator().await;
    scene.apply("shop", CALLS).await;
    let taken = |profile: &AppNetworkProfile| because(profile, "PoliciesApplied", "PolicyNameTaken");
    let profile = scene.until("shop", "the taken name is told", taken).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(said.contains("'shop-apiserver-api': a CiliumNetworkPolicy of this name is there"), "{said}");
    assert_eq!(figures(&profile), "4/5");
    scene.quiet().await;
    assert_eq!(companions(&scene).await[COMPANION], theirs);
    assert!(armed(&scene).await, "nobody loses more by a deny");

    scene.delete::<CiliumNetworkPolicy>(COMPANION).await;
    assert_eq!(figures(&scene.ready("shop").await), "5/5");
}

/// Does the deny select every Pod?
async fn armed(scene: &Scene) -> bool {
    let spec = scene.policy("shop-default-deny").await.spec.expect("a spec");
    spec.pod_selector.is_some_and(|selector| selector.match_expressions.is_none())
}

#[tokio::test]
async fn audit_lists_it_and_writes_nothing() {
    let mut scene = prepared("audit").await;
    scene.start_operator().await;
    scene.apply("shop", &format!("mode: Audit{CALLS}")).await;
    let profile = scene.until("shop", "the audit is done", |profile| because(profile, "Ready", "AuditOnly")).await;
    let plan = &profile.status.as_ref().expect("a status").plan;
    let first = (plan[0].action.as_str(), plan[0].policy.as_str(), plan[0].kind);
    assert_eq!((first, plan.len()), (("Create", COMPANION, PolicyKind::CiliumNetworkPolicy), 5));
    assert_eq!(figures(&profile), "0/5");
    scene.quiet().await;
    assert!(companions(&scene).await.is_empty());
}
