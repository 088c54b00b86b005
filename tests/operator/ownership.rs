//! What is not ours is never touched.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{ResourceExt, api::PostParams};
use serde_json::{Value, json};

use crate::scene::{Scene, TWO_TIERS, TWO_TIERS_POLICIES, because, condition, is};

async fn someone_elses(scene: &Scene, name: &str, metadata: serde_json::Value) -> NetworkPolicy {
    let mut policy: NetworkPolicy = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress"]},
    }))
    .expect("a policy");
    policy.metadata = serde_json::from_value(metadata).expect("metadata");
    policy.metadata.name = Some(name.into());
    scene.api().create(&PostParams::default(), &policy).await.expect("the policy is taken")
}

#[tokio::test]
async fn a_policy_of_someone_else_under_our_name_is_left_alone_and_named() {
    let scene = Scene::new("taken").await;
    // Labels prove nothing: anyone can write them.
    let labels = json!({"labels": {"app.kubernetes.io/managed-by": "appnet-operator", "appnet.dev/profile": "shop"}});
    let before = someone_elses(&scene, "shop-allow-api", labels).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene
        .until("shop", "the taken name is told", |profile| because(profile, "PoliciesApplied", "PolicyNameTaken"))
        .await;
    assert!(condition(&profile, "PoliciesApplied").expect("there").message.contains("'shop-allow-api'"));
    assert!(is(&profile, "Ready", "False") && is(&profile, "Stalled", "True"));
    let policies = scene.policies().await;
    assert_eq!(policies["shop-allow-api"].resource_version(), before.resource_version());
    // Without the allow nothing is denied: the deny is there, disarmed.
    let deny = policies["shop-default-deny"].spec.clone().expect("a spec").pod_selector.expect("a selector");
    assert!(deny.match_expressions.is_some(), "{deny:?}");

    // The owner takes it away, and all goes on by itself.
    scene.delete::<NetworkPolicy>("shop-allow-api").await;
    scene.ready("shop").await;
    assert_eq!(scene.policy_names().await, TWO_TIERS_POLICIES);
}

#[tokio::test]
async fn a_policy_of_another_controller_stays_its_own_even_when_it_was_ours() {
    let scene = Scene::new("stolen").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let theirs = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "11111111-2222-3333-4444-555555555555", "controller": true}]);
    let config: k8s_openapi::api::core::v1::ConfigMap =
        serde_json::from_value(json!({"metadata": {"name": "owner"}})).expect("a ConfigMap");
    let owner = scene.api().create(&PostParams::default(), &config).await.expect("taken");
    let mut theirs = theirs;
    theirs[0]["uid"] = json!(owner.uid());
    scene
        .edit::<NetworkPolicy>("other-operator", "shop-allow-web", json!({"metadata": {"ownerReferences": theirs}}))
        .await;
    let profile = scene
        .until("shop", "the taken name is told", |profile| because(profile, "PoliciesApplied", "PolicyNameTaken"))
        .await;
    assert!(is(&profile, "Stalled", "True"));
    assert_eq!(scene.policy("shop-allow-web").await.owner_references()[0].kind, "ConfigMap");
}

#[tokio::test]
async fn a_policy_that_is_handed_over_is_adopted() {
    let scene = Scene::new("adopted").await;
    let before = someone_elses(&scene, "shop-allow-api", json!({"annotations": {"appnet.dev/adopt-by": "shop"}})).await;
    let bystander = someone_elses(&scene, "bystander", json!({"annotations": {"appnet.dev/adopt-by": "shop"}})).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.ready("shop").await;
    let adopted = scene.policy("shop-allow-api").await;
    assert_eq!(adopted.uid(), before.uid(), "it is updated, not created anew");
    assert_eq!(adopted.owner_references()[0].uid, profile.uid().expect("a uid"));
    // An offer under a name that is not wanted is not taken, and above all not removed.
    assert_eq!(scene.policy("bystander").await.resource_version(), bystander.resource_version());
}

/// The operator before this one gave tiers no reference to the policy for DNS.
#[tokio::test]
async fn policies_that_an_older_version_wrote_get_the_owners_that_they_lack_by_one_write_each() {
    let mut scene = Scene::new("upgraded").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.quiet().await;
    scene.stop_operator().await;
    let new = scene.policies().await;
    for name in ["shop-allow-web", "shop-allow-api"] {
        let owners: Vec<Value> = new[name].owner_references()[..2].iter().map(|owner| json!(owner)).collect();
        scene.edit::<NetworkPolicy>("appnet-operator", name, json!({"metadata": {"ownerReferences": owners}})).await;
    }
    let before = scene.quiet().await.len();
    scene.start_operator().await;
    let now = scene
        .until_policies("the owners are there", |policies| {
            policies.iter().all(|(name, policy)| policy.owner_references() == new[name].owner_references())
        })
        .await;
    let writes = scene.quiet().await.split_off(before);
    let writes: Vec<_> = writes.iter().map(|write| (write.verb.as_str(), write.name.as_str())).collect();
    assert_eq!(writes, [("update", "shop-allow-web"), ("update", "shop-allow-api")]);
    assert!(now.iter().all(|(name, policy)| policy.spec == new[name].spec && policy.uid() == new[name].uid()));
    assert!(because(&scene.ready("shop").await, "InSync", "NoDrift"));
}

#[tokio::test]
async fn policies_of_others_that_select_our_pods_are_named() {
    let scene = Scene::new("foreign").await;
    someone_elses(&scene, "legacy", json!({})).await;
    scene.apply("shop", TWO_TIERS).await;
    let named = |profile: &appnet::api::AppNetworkProfile| {
        let foreign = profile.status.iter().flat_map(|status| &status.foreign_policies);
        foreign.map(|policy| (policy.name.clone(), policy.tiers.clone())).collect::<Vec<_>>()
    };
    scene
        .until("shop", "it is named", |profile| named(profile) == [("legacy".to_owned(), vec!["api".to_owned()])])
        .await;
    scene.delete::<NetworkPolicy>("legacy").await;
    scene.until("shop", "it is forgotten", |profile| named(profile).is_empty()).await;
}
