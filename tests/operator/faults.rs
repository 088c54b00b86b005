//! An API server that hangs, refuses, or loses its answers.

use crate::{
    scene::{Scene, TWO_TIERS, TWO_TIERS_POLICIES, because, condition, is},
    support::{Fault, FaultProxy},
};

fn policies(path: &str) -> bool {
    path.contains("/networkpolicies")
}

async fn through(prefix: &str, fault: Fault) -> (Scene, FaultProxy, crate::support::Installed) {
    let mut scene = Scene::prepared(prefix).await;
    let proxy = FaultProxy::start(scene.control_plane).await;
    let installed = proxy.install(fault);
    scene.start_operator_with(proxy.client(), &["--request-timeout", "1"]).await;
    scene.apply("shop", TWO_TIERS).await;
    (scene, proxy, installed)
}

async fn comes_right(scene: &Scene) {
    let profile = scene.ready("shop").await;
    assert_eq!(scene.policy_names().await, TWO_TIERS_POLICIES);
    assert!(is(&profile, "PoliciesApplied", "True") && is(&profile, "InSync", "True"), "{:#?}", profile.status);
}

#[tokio::test]
async fn writes_that_hang_are_told_and_tried_again() {
    let (scene, _proxy, fault) =
        through("hangs", Fault::hold().on(|method, path| method == "POST" && policies(path))).await;
    let profile = scene.until("shop", "it is told", |profile| because(profile, "PoliciesApplied", "ApplyFailed")).await;
    assert!(condition(&profile, "PoliciesApplied").expect("there").message.contains("did not answer within 1s"));
    assert!(is(&profile, "Reconciling", "True") && !is(&profile, "Stalled", "True"));
    fault.remove();
    comes_right(&scene).await;
}

#[tokio::test]
async fn reads_that_hang_hold_nothing_up_for_ever() {
    // The live read before a write; the watches' own lists are not its business.
    let hang = Fault::hold().on(|method, path| method == "GET" && path.ends_with("/appnetworkprofiles/shop")).times(2);
    let (scene, _proxy, fault) = through("deaf", hang).await;
    comes_right(&scene).await;
    assert_eq!(fault.hits(), 2);
}

#[tokio::test]
async fn refusals_that_pass_are_tried_again() {
    for code in [429, 500, 503, 504] {
        let (scene, _proxy, fault) = through(
            &format!("code{code}"),
            Fault::refuse(code).on(|method, path| method != "GET" && policies(path)).times(3),
        )
        .await;
        comes_right(&scene).await;
        assert_eq!(fault.hits(), 3, "{code}");
    }
}

#[tokio::test]
async fn conflicts_lead_to_a_new_look() {
    let (scene, _proxy, fault) =
        through("conflicts", Fault::refuse(409).on(|method, path| method != "GET" && policies(path)).times(4)).await;
    comes_right(&scene).await;
    assert_eq!(fault.hits(), 4);
}

#[tokio::test]
async fn an_answer_that_is_lost_does_no_harm() {
    let (scene, _proxy, fault) =
        through("lost", Fault::refuse_too_late(500).on(|method, path| method != "GET" && policies(path)).times(5))
            .await;
    comes_right(&scene).await;
    assert_eq!(fault.hits(), 5);
    let profile = scene.profile("shop").await;
    assert_eq!(
        profile.status.expect("a status").drift.expect("counted").count,
        0,
        "what we wrote ourselves is no drift"
    );
}

#[tokio::test]
async fn a_status_that_cannot_be_written_is_written_later() {
    let (scene, proxy, fault) =
        through("mute", Fault::refuse(500).on(|method, path| method == "PUT" && path.ends_with("/status")).times(3))
            .await;
    comes_right(&scene).await;
    assert_eq!(fault.hits(), 3);
    let again =
        proxy.install(Fault::refuse(409).on(|method, path| method == "PUT" && path.ends_with("/status")).times(2));
    scene.apply("shop", &TWO_TIERS.replace("8080", "9090")).await;
    comes_right(&scene).await;
    assert_eq!(again.hits(), 2);
}

#[tokio::test]
async fn a_quota_that_is_full_is_told_apart_from_a_missing_right() {
    let full = Fault::refuse(403).saying("networkpolicies.networking.k8s.io is forbidden: exceeded quota: few, requested: count/networkpolicies.networking.k8s.io=1");
    let (scene, _proxy, fault) = through("quota", full.on(|method, path| method == "POST" && policies(path))).await;
    scene.until("shop", "it is told", |profile| because(profile, "PoliciesApplied", "QuotaExceeded")).await;
    fault.remove();
    comes_right(&scene).await;
}

/// One allow that is refused for good must not end in an armed deny: its tier would be cut off altogether.
#[tokio::test]
async fn the_deny_is_not_armed_while_one_allow_is_refused() {
    let mut scene = Scene::prepared("halfway").await;
    // Room for the deny, DNS and one tier: a quota counts objects, whichever come first.
    let quota: k8s_openapi::api::core::v1::ResourceQuota = serde_json::from_value(serde_json::json!({
        "metadata": {"name": "few"}, "spec": {"hard": {"count/networkpolicies.networking.k8s.io": "3"}}
    }))
    .expect("a quota");
    scene.api().create(&kube::api::PostParams::default(), &quota).await.expect("taken");
    crate::support::eventually("the quota is counted", crate::scene::PATIENCE, async || {
        let quota = scene.api::<k8s_openapi::api::core::v1::ResourceQuota>().get("few").await.expect("there");
        quota.status.and_then(|status| status.used).ok_or("not yet")
    })
    .await;
    scene.start_operator().await;
    scene.apply("shop", TWO_TIERS).await;
    scene.until("shop", "the quota is told", |profile| because(profile, "PoliciesApplied", "QuotaExceeded")).await;
    let policies = scene.policies().await;
    assert_eq!(policies.keys().collect::<Vec<_>>(), ["shop-allow-dns", "shop-allow-web", "shop-default-deny"]);
    // DNS alone would cut the other tier.
    for name in ["shop-allow-dns", "shop-default-deny"] {
        let selector = policies[name].spec.clone().expect("a spec").pod_selector.expect("a selector");
        assert!(selector.match_expressions.is_some(), "{name} is disarmed: {selector:?}");
    }

    scene.delete::<k8s_openapi::api::core::v1::ResourceQuota>("few").await;
    comes_right(&scene).await;
}
