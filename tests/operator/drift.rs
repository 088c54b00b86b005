//! What someone else does to our policies is put back, and told.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;
use serde_json::json;

use crate::scene::{Scene, TWO_TIERS, TWO_TIERS_POLICIES, because, condition, is};

async fn ready(prefix: &str, spec: &str) -> Scene {
    let scene = Scene::new(prefix).await;
    scene.apply("shop", spec).await;
    scene.ready("shop").await;
    scene.quiet().await;
    scene
}

fn same_spec(scene_before: &NetworkPolicy, now: &NetworkPolicy) -> bool {
    scene_before.spec == now.spec && scene_before.labels() == now.labels()
}

#[tokio::test]
async fn an_edited_policy_is_put_back_and_the_manager_and_field_are_named() {
    let scene = ready("edited", TWO_TIERS).await;
    let good = scene.policy("shop-allow-api").await;
    // An empty rule lets everyone in.
    scene.edit::<NetworkPolicy>("mallory", "shop-allow-api", json!({"spec": {"ingress": [{}]}})).await;
    scene.until_policies("the edit is undone", |policies| same_spec(&good, &policies["shop-allow-api"])).await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let drift = profile.status.clone().expect("a status").drift.expect("counted");
    assert_eq!((drift.count, drift.policy.as_str(), drift.manager.as_str()), (1, "shop-allow-api", "mallory"));
    assert_eq!(drift.fields, ["spec.ingress[0].from", "spec.ingress[0].ports"]);
    assert!(condition(&profile, "InSync").expect("there").message.contains("mallory changed spec.ingress"));
    let notes = scene.events("DriftRepaired").await;
    assert!(notes.len() == 1 && notes[0].contains("mallory") && notes[0].contains("spec.ingress[0].from"), "{notes:?}");
}

#[tokio::test]
async fn a_deleted_policy_comes_back() {
    let scene = ready("deleted", TWO_TIERS).await;
    let good = scene.policy("shop-allow-web").await;
    scene.delete::<NetworkPolicy>("shop-allow-web").await;
    scene
        .until_policies("it is back", |policies| {
            policies.get("shop-allow-web").is_some_and(|now| same_spec(&good, now))
        })
        .await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    assert_eq!(profile.status.expect("a status").drift.expect("counted").fields, ["deleted"]);
}

#[tokio::test]
async fn a_deleted_deny_comes_back_disarmed_and_is_armed_last() {
    let scene = ready("denyless", TWO_TIERS).await;
    let before = scene.writes().len();
    scene.delete::<NetworkPolicy>("shop-default-deny").await;
    scene
        .until_policies("all is back", |policies| {
            let uid = policies.get("shop-default-deny").and_then(ResourceExt::uid);
            uid.is_some()
                && policies
                    .values()
                    .filter(|policy| policy.owner_references().iter().any(|owner| Some(&owner.uid) == uid.as_ref()))
                    .count()
                    == 3
        })
        .await;
    scene
        .until("shop", "it is armed", |profile| {
            because(profile, "InSync", "DriftRepaired") && is(profile, "PoliciesApplied", "True")
        })
        .await;
    let writes: Vec<_> = scene
        .quiet()
        .await
        .split_off(before)
        .into_iter()
        .filter(|write| write.resource == "networkpolicies" && write.code < 300)
        .collect();
    assert_eq!((writes[0].verb.as_str(), writes[0].name.as_str()), ("create", "shop-default-deny"));
    let last = writes.last().expect("writes");
    assert_eq!((last.verb.as_str(), last.name.as_str()), ("update", "shop-default-deny"), "{writes:#?}");
}

#[tokio::test]
async fn a_deleted_policy_for_dns_comes_back_disarmed_and_is_armed_when_the_tiers_refer_to_it() {
    let scene = ready("dnsless", TWO_TIERS).await;
    let good = scene.policy("shop-allow-dns").await;
    let before = scene.writes().len();
    scene.delete::<NetworkPolicy>("shop-allow-dns").await;
    scene
        .until_policies("all is back", |policies| {
            policies.get("shop-allow-dns").is_some_and(|dns| {
                let refers = |name: &str| {
                    policies[name].owner_references().iter().any(|owner| Some(&owner.uid) == dns.uid().as_ref())
                };
                same_spec(&good, dns) && refers("shop-allow-web") && refers("shop-allow-api")
            })
        })
        .await;
    scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let mut writes = scene.quiet().await.split_off(before);
    writes.retain(|write| write.resource == "networkpolicies" && write.code < 300);
    let writes: Vec<_> = writes.iter().map(|write| (write.verb.as_str(), write.name.as_str())).collect();
    let expected = [
        ("create", "shop-allow-dns"),
        ("update", "shop-allow-web"),
        ("update", "shop-allow-api"),
        ("update", "shop-allow-dns"),
    ];
    assert_eq!(writes, expected);
}

#[tokio::test]
async fn a_changed_label_is_put_back_and_labels_of_others_stay() {
    let scene = ready("relabelled", TWO_TIERS).await;
    let labels = json!({"metadata": {"labels": {"appnet.dev/role": "decoration", "team": "blue"}}});
    scene.edit::<NetworkPolicy>("mallory", "shop-default-deny", labels).await;
    let policies = scene
        .until_policies("the label is back", |policies| {
            policies["shop-default-deny"].labels()["appnet.dev/role"] == "default-deny"
        })
        .await;
    assert_eq!(policies["shop-default-deny"].labels()["team"], "blue");
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let drift = profile.status.clone().expect("a status").drift.expect("counted");
    assert_eq!((drift.policy.as_str(), drift.manager.as_str()), ("shop-default-deny", "mallory"));
    assert_eq!(drift.fields, ["metadata.labels[appnet.dev/role]"]);
    let said = "mallory changed metadata.labels[appnet.dev/role] of policy 'shop-default-deny'";
    assert!(condition(&profile, "InSync").expect("there").message.contains(said));
    let notes = scene.events("DriftRepaired").await;
    assert!(notes.len() == 1 && notes[0].contains(said), "{notes:?}");
}

#[tokio::test]
async fn a_stripped_owner_reference_comes_back() {
    let scene = ready("stripped", TWO_TIERS).await;
    let good = scene.policy("shop-allow-dns").await;
    scene.edit::<NetworkPolicy>("mallory", "shop-allow-dns", json!({"metadata": {"ownerReferences": null}})).await;
    scene
        .until_policies("the owners are back", |policies| {
            policies["shop-allow-dns"].owner_references() == good.owner_references()
        })
        .await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let drift = profile.status.clone().expect("a status").drift.expect("counted");
    assert_eq!((drift.policy.as_str(), drift.fields), ("shop-allow-dns", vec!["metadata.ownerReferences".to_owned()]));
    // The API server records who sets fields. Whoever only takes some away leaves no trace, and nobody is accused.
    assert_eq!(drift.manager, "");
    let said = "someone changed metadata.ownerReferences of policy 'shop-allow-dns'";
    assert!(condition(&profile, "InSync").expect("there").message.contains(said));
    let notes = scene.events("DriftRepaired").await;
    assert!(notes.len() == 1 && notes[0].contains(said), "{notes:?}");
}

#[tokio::test]
async fn who_strips_an_owner_reference_and_sets_something_else_is_named() {
    let scene = ready("robbed", TWO_TIERS).await;
    let good = scene.policy("shop-allow-api").await;
    let stripped = json!({"metadata": {"ownerReferences": null, "annotations": {"example.com/taken-by": "mallory"}}});
    scene.edit::<NetworkPolicy>("mallory", "shop-allow-api", stripped).await;
    scene
        .until_policies("the owners are back", |policies| {
            policies["shop-allow-api"].owner_references() == good.owner_references()
        })
        .await;
    let profile =
        scene.until("shop", "the repair is told", |profile| because(profile, "InSync", "DriftRepaired")).await;
    let drift = profile.status.clone().expect("a status").drift.expect("counted");
    assert_eq!((drift.policy.as_str(), drift.manager.as_str()), ("shop-allow-api", "mallory"));
    assert_eq!(drift.fields, ["metadata.ownerReferences"]);
    let said = "mallory changed metadata.ownerReferences of policy 'shop-allow-api'";
    assert!(condition(&profile, "InSync").expect("there").message.contains(said));
    let notes = scene.events("DriftRepaired").await;
    assert!(notes.len() == 1 && notes[0].contains(said), "{notes:?}");
}

#[tokio::test]
async fn with_report_drift_is_told_and_left_and_the_profile_still_gets_its_way() {
    let scene = ready("report", &format!("driftPolicy: Report{TWO_TIERS}")).await;
    let before = scene.writes().len();
    scene.edit::<NetworkPolicy>("mallory", "shop-allow-api", json!({"spec": {"egress": []}})).await;
    let profile = scene.until("shop", "the drift is told", |profile| because(profile, "InSync", "DriftDetected")).await;
    assert!(is(&profile, "Ready", "True") && because(&profile, "Ready", "ReadyWithWarnings"));
    assert_eq!(profile.status.expect("a status").summary.expect("figures").policies, "3/4");
    let writes = scene.quiet().await.split_off(before);
    assert!(writes.iter().all(|write| write.resource == "appnetworkprofiles/status"), "{writes:#?}");
    assert!(scene.policy("shop-allow-api").await.spec.expect("a spec").egress.is_none());
    assert_eq!(scene.profile("shop").await.status.expect("a status").drift.expect("counted").count, 1, "counted once");

    scene.apply("shop", &format!("driftPolicy: Report{}", TWO_TIERS.replace("8080", "9090"))).await;
    let profile =
        scene.until("shop", "what the profile asks for is written", |profile| is(profile, "InSync", "True")).await;
    assert!(is(&profile, "Ready", "True"));
    assert!(scene.policy("shop-allow-api").await.spec.expect("a spec").egress.is_some());
}

#[tokio::test]
async fn another_writer_that_never_gives_up_is_called_a_fight_and_repaired_ever_more_slowly() {
    let scene = ready("fight", TWO_TIERS).await;
    let good = scene.policy("shop-allow-api").await;
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(12);
    let mut edits = 0;
    while tokio::time::Instant::now() < until {
        if same_spec(&good, &scene.policy("shop-allow-api").await) {
            scene.edit::<NetworkPolicy>("rival", "shop-allow-api", json!({"spec": {"ingress": [{}]}})).await;
            edits += 1;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let profile = scene.until("shop", "the fight is told", |profile| because(profile, "InSync", "DriftFighting")).await;
    assert!(condition(&profile, "InSync").expect("there").message.contains("rival"));
    assert!((5..=8).contains(&edits), "four repairs at once, then pauses of 5 s and more: {edits}");
    assert!(is(&profile, "Ready", "True") && because(&profile, "Ready", "ReadyWithWarnings"));
    // The other policies are not held up by the fight.
    scene.delete::<NetworkPolicy>("shop-allow-web").await;
    scene.until_policies("another policy is repaired at once", |policies| policies.keys().eq(TWO_TIERS_POLICIES)).await;
}
