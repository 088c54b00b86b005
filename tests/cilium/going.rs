//! When it goes, and after what.

use std::collections::BTreeMap;

use appnet::api::{AppNetworkProfile, CiliumNetworkPolicy};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};

use super::{CALLS, COMPANION, companions, ready, until};
use crate::{
    scene::{PATIENCE, Scene, because, in_time},
    support::{Deleted, Write, deletions, eventually, too_early},
};

fn names_deleted(writes: Vec<Write>) -> Vec<String> {
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
    let left = |profile: &AppNetworkProfile| {
        let policies = profile.status.iter().flat_map(|status| &status.policies);
        policies.map(|policy| policy.name.clone()).collect::<Vec<_>>()
    };
    let alone = |profile: &AppNetworkProfile| off(profile) && left(profile) == [COMPANION];
    scene.until("shop", "all but it is gone, since the data plane may still isolate its Pods", alone).await;
    assert!(companions(&scene).await.contains_key(COMPANION));
    scene.until("shop", "it is gone too", |profile| off(profile) && left(profile).is_empty()).await;
    let deleted = names_deleted(scene.quiet().await.split_off(before));
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
async fn with_its_profile_it_goes_after_its_tier_which_goes_after_dns_and_the_deny() {
    let scene = ready("collected", CALLS).await;
    let names = ["shop", "blog", "mail", "cart", "wiki"];
    for name in &names[1..] {
        scene.apply(name, &CALLS.replace("app: ", &format!("{name}: "))).await;
        scene.ready(name).await;
    }
    let before = scene.quiet().await.len();
    let (standard, of_cilium) = (scene.api::<NetworkPolicy>(), scene.api::<CiliumNetworkPolicy>());
    let from =
        standard.list(&ListParams::default()).await.expect("a list").metadata.resource_version.expect("a version");
    let delete = async {
        for name in names {
            scene.api::<AppNetworkProfile>().delete(name, &DeleteParams::background()).await.expect("taken");
        }
    };
    let all = async {
        futures::join!(deletions(&standard, &from, names.len() * 4), deletions(&of_cilium, &from, names.len()), delete)
    };
    let (mut order, companions, ()) = in_time("the deletions", all).await;
    assert!(companions.iter().all(|deleted| deleted.role == "api-server"), "{companions:#?}");
    order.extend(companions);
    assert_eq!(too_early(&order), Vec::<&Deleted>::new());
    // Those that are left name the policies of others that select their Pods; these are fewer now.
    let writes = scene.quiet().await.split_off(before);
    assert!(
        writes.iter().all(|write| write.resource == "appnetworkprofiles/status"),
        "the collector does it: {writes:#?}"
    );
}

#[tokio::test]
async fn deleted_while_its_tier_is_missing_it_still_goes_after_dns() {
    let mut scene = ready("tierless", CALLS).await;
    scene.stop_operator().await;
    scene.delete::<NetworkPolicy>("shop-allow-api").await;
    let (standard, of_cilium) = (scene.api::<NetworkPolicy>(), scene.api::<CiliumNetworkPolicy>());
    let from =
        standard.list(&ListParams::default()).await.expect("a list").metadata.resource_version.expect("a version");
    let all = async {
        futures::join!(deletions(&standard, &from, 3), deletions(&of_cilium, &from, 1), delete_profile(&scene))
    };
    let (mut order, companions, ()) = in_time("the deletions", all).await;
    order.extend(companions);
    assert_eq!(too_early(&order), Vec::<&Deleted>::new());
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
    assert_eq!((after.uid(), after.owner_references().len()), (before.uid(), 4));
}
