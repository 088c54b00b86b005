//! A right on Cilium's policies that the operator lacks holds up nothing else, and is named.

use std::time::Duration;

use appnet::api::AppNetworkProfile;
use serde_json::json;

use super::{CALLS, COMPANION, STANDARD, armed, companions, figures, listed, prepared};
use crate::{
    scene::{PATIENCE, Scene, because, condition, is},
    support::eventually,
};

/// All that the operator needs, but on Cilium's policies only these verbs.
async fn start_with(scene: &mut Scene, name: &str, verbs: &[&str]) {
    let user = format!("{name}-{}", scene.ns);
    let rules = json!([
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list", "watch", "create", "update", "delete"]},
        {"apiGroups": ["cilium.io"], "resources": ["ciliumnetworkpolicies"], "verbs": verbs},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    ]);
    scene.grant(&user, rules).await;
    let client = scene.control_plane.client_as(&user).await;
    scene.start_operator_with(client, &["--resync", "1"]).await;
}

fn forbidden(profile: &AppNetworkProfile) -> bool {
    because(profile, "PoliciesApplied", "Forbidden") && is(profile, "Stalled", "True") && is(profile, "Ready", "False")
}

/// The status does not change any more, though it is tried again and again.
async fn settled(scene: &Scene) {
    let statuses = || {
        let writes = scene.control_plane.writes("", &scene.ns);
        writes.into_iter().filter(|write| write.resource == "appnetworkprofiles/status").count()
    };
    eventually("the status stays as it is", PATIENCE, async || {
        let before = statuses();
        tokio::time::sleep(Duration::from_millis(2500)).await;
        if statuses() == before { Ok(()) } else { Err(before) }
    })
    .await;
}

#[tokio::test]
async fn these_rights_are_enough() {
    let mut scene = prepared("rights").await;
    start_with(&mut scene, "all", &["list", "watch", "create", "update", "delete"]).await;
    scene.apply("shop", CALLS).await;
    scene.ready("shop").await;
    scene.apply("shop", &CALLS.replace("app: api", "app: backend")).await;
    scene.ready("shop").await;
    scene.apply("shop", &format!("mode: Disabled{CALLS}")).await;
    let nothing = |profile: &AppNetworkProfile| profile.status.iter().all(|status| status.policies.is_empty());
    scene.until("shop", "it is disabled", |profile| because(profile, "Ready", "Disabled") && nothing(profile)).await;
    assert!(companions(&scene).await.is_empty());
}

#[tokio::test]
async fn without_any_the_standard_policies_are_in_force_and_the_missing_right_is_named() {
    let mut scene = prepared("norights").await;
    start_with(&mut scene, "none", &["get"]).await;
    scene.apply("shop", CALLS).await;
    scene
        .apply("blog", &CALLS.replace("  to: [{name: kube-api, apiServer: {}}]\n", "").replace("app: ", "blog: "))
        .await;
    let profile = scene.until("shop", "the right is missed", forbidden).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(
        said.contains(&format!("'{COMPANION}': ")) && said.contains("cannot list resource \"ciliumnetworkpolicies\""),
        "{said}"
    );
    assert_eq!(figures(&profile), "4/5");
    assert!(armed(&scene).await);
    // A profile that does not ask for it misses nothing.
    scene.ready("blog").await;
    settled(&scene).await;
    // The standard ones are still followed.
    scene.apply("shop", &CALLS.replace("8080", "9090")).await;
    scene.until("shop", "the right is still missed", forbidden).await;
    let text = serde_json::to_string(&scene.policy("shop-allow-api").await.spec).expect("JSON");
    assert!(text.contains("9090"));
}

#[tokio::test]
async fn without_create_it_is_missed_and_with_it_it_comes() {
    let mut scene = prepared("nocreate").await;
    start_with(&mut scene, "reader", &["list", "watch"]).await;
    scene.apply("shop", CALLS).await;
    let profile = scene.until("shop", "the right is missed", forbidden).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(said.contains("cannot create resource \"ciliumnetworkpolicies\""), "{said}");
    assert!(armed(&scene).await);
    scene.stop_operator().await;
    start_with(&mut scene, "writer", &["list", "watch", "create"]).await;
    scene.ready("shop").await;
    assert!(companions(&scene).await.contains_key(COMPANION));
}

#[tokio::test]
async fn a_right_that_is_taken_away_makes_nobody_think_that_it_was_deleted() {
    let mut scene = prepared("revoked").await;
    scene.start_operator().await;
    scene.apply("shop", CALLS).await;
    scene.ready("shop").await;
    scene.quiet().await;
    scene.stop_operator().await;
    start_with(&mut scene, "none", &["get"]).await;
    let profile = scene.until("shop", "the right is missed", forbidden).await;
    assert!(is(&profile, "InSync", "True") && because(&profile, "InSync", "NoDrift"));
    assert_eq!(listed(&profile).len(), 5, "it stays on record");
    assert_eq!(scene.policy_names().await, STANDARD);
    scene.stop_operator().await;
    scene.start_operator().await;
    assert!(because(&scene.ready("shop").await, "InSync", "NoDrift"));
}
