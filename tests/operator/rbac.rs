//! A right that the operator lacks is named, and everything else goes on.

use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::{Api, api::PostParams};
use serde_json::json;

use crate::scene::{LEASES, Scene, TWO_TIERS, because, condition, is, lease_of};

/// What the operator needs, but for one verb on NetworkPolicies. What happens without one on Leases: `tests/leader`.
pub async fn start_without(scene: &mut Scene, verb: &str) {
    let user = format!("user-of-{}", scene.ns);
    let verbs: Vec<_> =
        ["list", "watch", "create", "update", "delete"].into_iter().filter(|other| *other != verb).collect();
    let rules = json!([{"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": verbs}]);
    scene.grant(&user, rules).await;
    let lease_role: Role = serde_json::from_value(json!({"metadata": {"name": user}, "rules": [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "update"], "resourceNames": [lease_of(&scene.ns)]},
    ]}))
    .expect("a role");
    Api::namespaced(scene.client.clone(), LEASES).create(&PostParams::default(), &lease_role).await.expect("taken");
    let lease_binding: RoleBinding = serde_json::from_value(json!({"metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}))
    .expect("a binding");
    Api::namespaced(scene.client.clone(), LEASES).create(&PostParams::default(), &lease_binding).await.expect("taken");
    let client = scene.control_plane.client_as(&user).await;
    scene.start_operator_with(client, &[]).await;
}

pub fn forbidden(profile: &appnet::api::AppNetworkProfile) -> bool {
    because(profile, "PoliciesApplied", "Forbidden") && is(profile, "Stalled", "True") && is(profile, "Ready", "False")
}

#[tokio::test]
async fn these_rights_are_enough() {
    let mut scene = Scene::prepared("rights").await;
    start_without(&mut scene, "none").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.apply("shop", &TWO_TIERS.replace("name: web", "name: front").replace("tier: web", "tier: front")).await;
    scene.until_policies("the old tier is gone", |policies| !policies.contains_key("shop-allow-web")).await;
    assert_eq!(scene.events("PolicyCreated").await.len(), 1);
}

#[tokio::test]
async fn without_create_nothing_new_comes_and_what_is_there_is_kept() {
    let mut scene = Scene::new("nocreate").await;
    scene.apply("blog", &TWO_TIERS.replace("app: ", "blog: ")).await;
    scene.ready("blog").await;
    scene.stop_operator().await;
    start_without(&mut scene, "create").await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "the right is missed", forbidden).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(
        said.contains("cannot create resource \"networkpolicies\"") && said.contains("give the operator this right"),
        "{said}"
    );
    // Another profile, and another verb, go on.
    scene.apply("blog", &TWO_TIERS.replace("app: ", "blog: ").replace("8080", "9090")).await;
    scene.ready("blog").await;
    let text = serde_json::to_string(&scene.policy("blog-allow-api").await.spec).expect("JSON");
    assert!(text.contains("9090"));
}

#[tokio::test]
async fn without_update_the_deny_is_never_armed() {
    let mut scene = Scene::prepared("noupdate").await;
    start_without(&mut scene, "update").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.until("shop", "the right is missed", forbidden).await;
    let policies = scene.policies().await;
    assert_eq!(policies.len(), 4, "creating goes on");
    let deny = policies["shop-default-deny"].spec.clone().expect("a spec").pod_selector.expect("a selector");
    assert!(deny.match_expressions.is_some(), "{deny:?}");
}

#[tokio::test]
async fn without_delete_changes_go_on_and_the_old_tier_stays() {
    let mut scene = Scene::prepared("nodelete").await;
    start_without(&mut scene, "delete").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.apply("shop", &TWO_TIERS.replace("name: web", "name: front").replace("tier: web", "tier: front")).await;
    scene.until("shop", "the right is missed", forbidden).await;
    let policies = scene.policies().await;
    assert!(policies.contains_key("shop-allow-front") && policies.contains_key("shop-allow-web"));
}
