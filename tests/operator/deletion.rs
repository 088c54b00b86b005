//! What is left when a profile goes, and in which order the rest went.

use std::collections::{BTreeMap, BTreeSet};

use appnet::api::AppNetworkProfile;
use k8s_openapi::api::{core::v1::Namespace, networking::v1::NetworkPolicy};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PropagationPolicy},
};

use crate::{
    scene::{PATIENCE, Scene, TWO_TIERS, TWO_TIERS_POLICIES, in_time},
    support::{Deleted, deletions, eventually, too_early},
};

async fn delete(scene: &Scene, name: &str, how: PropagationPolicy) {
    let params = DeleteParams { propagation_policy: Some(how), ..DeleteParams::default() };
    scene.api::<AppNetworkProfile>().delete(name, &params).await.expect("the deletion is taken");
}

async fn gone(scene: &Scene) {
    scene.until_policies("no policy is left", BTreeMap::is_empty).await;
    eventually("no profile is left", PATIENCE, async || {
        let profiles = scene.api::<AppNetworkProfile>().list(&ListParams::default()).await.expect("a list").items;
        if profiles.is_empty() { Ok(()) } else { Err(profiles) }
    })
    .await;
}

#[tokio::test]
async fn in_the_background_everything_goes() {
    let scene = Scene::new("background").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let before = scene.quiet().await.len();
    delete(&scene, "shop", PropagationPolicy::Background).await;
    gone(&scene).await;
    assert_eq!(scene.quiet().await.len(), before, "the garbage collector does it, not the operator");
}

#[tokio::test]
async fn of_fifty_profiles_the_deny_goes_before_dns_and_dns_before_the_tiers() {
    const AT_ONCE: usize = 10;
    let scene = Scene::new("chain").await;
    for round in 0..5 {
        let names: Vec<_> = (0..AT_ONCE).map(|number| format!("p{round}-{number}")).collect();
        for name in &names {
            scene.apply(name, &TWO_TIERS.replace("app: ", &format!("{name}: "))).await;
        }
        for name in &names {
            scene.ready(name).await;
        }
        scene.quiet().await;
        let api = scene.api::<NetworkPolicy>();
        let list = api.list(&ListParams::default()).await.expect("a list");
        assert_eq!(list.items.len(), AT_ONCE * 4);
        let from = list.metadata.resource_version.expect("a version");
        let delete = async {
            for name in &names {
                delete(&scene, name, PropagationPolicy::Background).await;
            }
        };
        let all = deletions(&api, &from, AT_ONCE * 4);
        let (order, ()) = in_time("the deletions", async { futures::join!(all, delete) }).await;
        let went: BTreeSet<_> = order.iter().map(|deleted| (&deleted.profile, &deleted.role, &deleted.tier)).collect();
        assert_eq!(went.len(), AT_ONCE * 4, "{order:#?}");
        assert_eq!(too_early(&order), Vec::<&Deleted>::new());
    }
}

#[tokio::test]
async fn in_the_foreground_everything_goes_and_nothing_is_repaired_on_the_way() {
    let scene = Scene::new("foreground").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let before = scene.quiet().await.len();
    delete(&scene, "shop", PropagationPolicy::Foreground).await;
    gone(&scene).await;
    let writes = scene.quiet().await.split_off(before);
    assert!(writes.iter().all(|write| write.verb != "create"), "{writes:#?}");
}

#[tokio::test]
async fn with_orphan_propagation_the_policies_stay() {
    let scene = Scene::new("orphaned").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    // The garbage collector lets go of those that it knows, and removes what it gets to know after the profile is gone.
    scene.quiet().await;
    delete(&scene, "shop", PropagationPolicy::Orphan).await;
    eventually("the profile is gone", PATIENCE, async || {
        scene.api::<AppNetworkProfile>().get_opt("shop").await.expect("an answer").map_or(Ok(()), Err)
    })
    .await;
    scene.quiet().await;
    assert_eq!(scene.policy_names().await, TWO_TIERS_POLICIES);
}

#[tokio::test]
async fn with_deletion_policy_orphan_the_policies_stay_and_a_new_profile_takes_them_back() {
    let scene = Scene::new("orphan").await;
    let spec = format!("deletionPolicy: Orphan{TWO_TIERS}");
    scene.apply("shop", &spec).await;
    scene.ready("shop").await;
    let policies = scene.policies().await;
    assert!(policies.values().all(|policy| policy.owner_references().is_empty()), "{policies:#?}");
    // They are ours all the same: what is deleted comes back.
    scene.delete::<NetworkPolicy>("shop-allow-web").await;
    scene.until_policies("it is repaired", |policies| policies.len() == 4).await;
    scene.ready("shop").await;
    scene.quiet().await;

    delete(&scene, "shop", PropagationPolicy::Background).await;
    scene.quiet().await;
    let left = scene.policies().await;
    assert_eq!(left.keys().collect::<Vec<_>>(), TWO_TIERS_POLICIES);

    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let taken = scene.policies().await;
    assert!(taken.values().all(|policy| policy.uid() == left[&policy.name_any()].uid()));
    assert!(taken.values().all(|policy| !policy.owner_references().is_empty()));
}

#[tokio::test]
async fn deletion_policy_changes_both_ways() {
    let scene = Scene::new("orphaning").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.apply("shop", &format!("deletionPolicy: Orphan{TWO_TIERS}")).await;
    scene
        .until_policies("no owner is left", |policies| {
            policies.values().all(|policy| policy.owner_references().is_empty())
        })
        .await;
    scene.ready("shop").await;
    scene.apply("shop", TWO_TIERS).await;
    scene
        .until_policies("the owners are back", |policies| {
            policies.values().map(|policy| policy.owner_references().len()).sum::<usize>() == 1 + 2 + 3 + 3
        })
        .await;
    scene.ready("shop").await;
    delete(&scene, "shop", PropagationPolicy::Background).await;
    gone(&scene).await;
}

#[tokio::test]
async fn a_namespace_goes_while_the_operator_is_stopped() {
    let mut scene = Scene::new("going").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.stop_operator().await;
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces.delete(&scene.ns, &DeleteParams::default()).await.expect("the deletion is taken");
    eventually("the namespace is gone", PATIENCE, async || {
        namespaces.get_opt(&scene.ns).await.expect("an answer").map_or(Ok(()), Err)
    })
    .await;
}

#[tokio::test]
async fn a_namespace_goes_while_the_operator_works() {
    let scene = Scene::new("hurried").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces.delete(&scene.ns, &DeleteParams::default()).await.expect("the deletion is taken");
    eventually("the namespace is gone", PATIENCE, async || {
        namespaces.get_opt(&scene.ns).await.expect("an answer").map_or(Ok(()), Err)
    })
    .await;
    let refused = scene.quiet().await.into_iter().filter(|write| write.verb == "create" && write.code == 403).count();
    assert!(refused <= 8, "it does not hammer a namespace that is going: {refused}");
}
