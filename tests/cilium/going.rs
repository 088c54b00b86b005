//! When it goes, and after what.

use std::collections::BTreeMap;

use appnet::api::{AppNetworkProfile, CiliumNetworkPolicy};
use kube::{ResourceExt, api::DeleteParams};

use super::{CALLS, COMPANION, companions, ready, until};
use crate::{
    scene::{PATIENCE, Scene, because},
    support::{Write, eventually},
};

fn deletions(writes: Vec<Write>) -> Vec<String> {
    writes.into_iter().filter(|write| write.verb == "delete" && write.code < 300).map(|write| write.name).collect()
}

#[tokio::test]
async fn a_tier_that_does_not_ask_for_it_any_more_loses_it_after_its_policy_changed() {
    let scene = ready("removed", CALLS).await;
    let before = scene.writes().len();
    scene.apply("shop", &CALLS.replace("  to: [{name: kube-api, apiServer: {}}]\n", "")).await;
    until(&scene, "it is gone", BTreeMap::is_empty).await;
    scene.ready("shop").await;
    let writes = scene.quiet().await.split_off(before);
    let writes: Vec<_> = writes.iter().map(|write| (write.verb.as_str(), write.name.as_str())).collect();
    assert_eq!(writes, [("update", "shop-allow-api"), ("delete", COMPANION), ("update", "shop")]);
}

#[tokio::test]
async fn a_tier_that_changes_its_pods_keeps_the_old_ones_till_all_is_in_place() {
    let scene = ready("moved", CALLS).await;
    let before = scene.writes().len();
    scene.apply("shop", &CALLS.replace("app: api", "app: backend")).await;
    scene.ready("shop").await;
    let writes = scene.quiet().await.split_off(before);
    let of_cilium: Vec<_> = writes.iter().filter(|write| write.resource == "ciliumnetworkpolicies").collect();
    let copy = of_cilium[0].name.clone();
    assert!(copy.starts_with("shop-bridge-"), "{writes:#?}");
    let expected = [("create", copy.as_str()), ("update", COMPANION), ("delete", copy.as_str())];
    assert_eq!(of_cilium.iter().map(|write| (write.verb.as_str(), write.name.as_str())).collect::<Vec<_>>(), expected);
    let place = |name: &str| writes.iter().position(|write| write.name == name).expect("it is written");
    assert!(place(COMPANION) < place("shop-allow-api"), "before the policy that isolates: {writes:#?}");
    let found = companions(&scene).await;
    assert_eq!(found[COMPANION].rest["spec"]["endpointSelector"]["matchLabels"]["k8s:app"], "backend");
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn disabled_removes_it_last_and_enforce_brings_it_back() {
    let scene = ready("disabled", CALLS).await;
    let before = scene.writes().len();
    scene.apply("shop", &format!("mode: Disabled{CALLS}")).await;
    let off = |profile: &AppNetworkProfile| because(profile, "Ready", "Disabled");
    let profile = scene.until("shop", "it is disabled", off).await;
    assert!(profile.status.expect("a status").policies.is_empty());
    let deleted = deletions(scene.quiet().await.split_off(before));
    assert_eq!(deleted, ["shop-default-deny", "shop-allow-dns", "shop-allow-api", "shop-allow-web", COMPANION]);
    scene.apply("shop", CALLS).await;
    scene.ready("shop").await;
    assert!(companions(&scene).await.contains_key(COMPANION));
}

async fn delete_profile(scene: &Scene) {
    scene.api::<AppNetworkProfile>().delete("shop", &DeleteParams::background()).await.expect("the deletion is taken");
    eventually("the profile is gone", PATIENCE, async || {
        scene.api::<AppNetworkProfile>().get_opt("shop").await.expect("an answer").map_or(Ok(()), Err)
    })
    .await;
}

#[tokio::test]
async fn with_its_profile_it_goes_after_the_deny() {
    let scene = ready("collected", CALLS).await;
    let before = scene.writes().len();
    delete_profile(&scene).await;
    until(&scene, "it is gone", BTreeMap::is_empty).await;
    scene.until_policies("no policy is left", BTreeMap::is_empty).await;
    assert_eq!(scene.quiet().await.len(), before, "the garbage collector does it, not the operator");
    let collected = || deletions(scene.control_plane.writes("kube-controller-manager", &scene.ns));
    let order = eventually("all is recorded", PATIENCE, async || {
        let order = collected();
        if order.len() == 5 { Ok(order) } else { Err(order) }
    })
    .await;
    assert_eq!(order[0], "shop-default-deny", "{order:?}");
}

#[tokio::test]
async fn with_deletion_policy_orphan_it_has_no_owner_and_stays_and_is_taken_back() {
    let scene = ready("orphan", &format!("deletionPolicy: Orphan{CALLS}")).await;
    let before = companions(&scene).await.remove(COMPANION).expect("it is there");
    assert!(before.owner_references().is_empty());
    assert_eq!(before.annotations()["appnet.dev/adopt-by"], "shop");
    scene.delete::<CiliumNetworkPolicy>(COMPANION).await;
    until(&scene, "it is ours all the same", |found| found.contains_key(COMPANION)).await;
    let before = companions(&scene).await.remove(COMPANION).expect("it is there");
    scene.quiet().await;
    delete_profile(&scene).await;
    scene.quiet().await;
    assert!(companions(&scene).await.contains_key(COMPANION));
    scene.apply("shop", CALLS).await;
    scene.ready("shop").await;
    let after = companions(&scene).await.remove(COMPANION).expect("it is there");
    assert_eq!((after.uid(), after.owner_references().len()), (before.uid(), 2));
}
