//! A change that waits for a policy that is left as someone else made it is told, and not taken for done.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::json;

use crate::scene::{Scene, because, condition, is};

const SPEC: &str = "{isolation: Tiers, driftPolicy: Report, tiers: [
    {name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]},
    {name: batch, podSelector: {matchLabels: {job: nightly}}, ports: [{name: http, port: 9090}]}]}";

#[tokio::test]
async fn a_change_that_waits_for_a_drifted_policy_is_named_and_the_profile_is_not_ready() {
    let scene = Scene::new("waits").await;
    scene.apply("shop", SPEC).await;
    scene.ready("shop").await;
    let edit = json!({"spec": {"policyTypes": ["Ingress"], "egress": null}});
    scene.edit::<NetworkPolicy>("someone", "shop-allow-batch", edit).await;
    scene.until("shop", "the drift is told", |profile| because(profile, "InSync", "DriftDetected")).await;
    // A Pod may be of both tiers: to let those of `api` go before `batch` is right would open them.
    scene.apply("shop", &SPEC.replace("app: api", "app: shop-api")).await;
    let waits = |profile: &_| condition(profile, "PoliciesApplied").is_some_and(|c| c.message.contains("it waits for"));
    let profile = scene.until("shop", "the change waits", waits).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(said.contains("shop-allow-api") && said.contains("InSync"), "{said}");
    assert!(is(&profile, "Ready", "False"));
    assert_eq!(profile.status.and_then(|status| status.summary).expect("a summary").policies, "0/2");
    let selector = scene.policy("shop-allow-api").await.spec.expect("a spec").pod_selector.expect("a selector");
    assert_eq!(selector.match_labels.expect("labels")["app"], "api");

    scene.apply("shop", &SPEC.replace("app: api", "app: shop-api").replace("Report", "Repair")).await;
    let profile = scene.ready("shop").await;
    assert_eq!(profile.status.and_then(|status| status.summary).expect("a summary").policies, "2/2");
}
