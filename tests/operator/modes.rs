//! Modes, suspension and isolation, both ways.

use appnet::api::AppNetworkProfile;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;

use crate::scene::{Scene, TWO_TIERS, TWO_TIERS_POLICIES, because, is};

fn with(mode: &str) -> String {
    format!("{mode}{TWO_TIERS}")
}

#[tokio::test]
async fn audit_writes_nothing_and_reports_the_plan() {
    let scene = Scene::new("audit").await;
    scene.apply("shop", &with("mode: Audit")).await;
    let profile = scene.until("shop", "the audit is done", |profile| because(profile, "Ready", "AuditOnly")).await;
    let status = profile.status.expect("a status");
    let plan: Vec<_> = status.plan.iter().map(|change| (change.action.as_str(), change.policy.as_str())).collect();
    let expected = [
        ("Create", "shop-allow-web"),
        ("Create", "shop-allow-api"),
        ("Create", "shop-allow-dns"),
        ("Create", "shop-default-deny"),
    ];
    assert_eq!(plan, expected);
    assert_eq!(status.summary.expect("figures").policies, "0/4");
    assert!(scene.policies().await.is_empty());
    assert!(scene.quiet().await.iter().all(|write| write.resource == "appnetworkprofiles/status"));
}

#[tokio::test]
async fn audit_names_the_flows_that_enforcing_would_cut_and_only_counts_those_with_strange_namespaces() {
    let scene = Scene::new("auditflows").await;
    let neighbour = Scene::prepared("neighbour").await;
    neighbour.pod("secret", &[("app", "secret")]).await;
    for app in ["web", "api", "stray"] {
        scene.pod(app, &[("app", app)]).await;
    }
    scene.apply("shop", &with("mode: Audit")).await;
    let named = |profile: &AppNetworkProfile, from: &str, to: &str| {
        let flows = profile.status.as_ref().and_then(|status| status.flows.clone()).unwrap_or_default();
        let pod = |name: &str| format!("{}/{name}[Pod]", scene.ns);
        let cut = flows.cut.into_iter().find(|flow| flow.from == pod(from) && flow.to == pod(to));
        cut.map(|flow| flow.ports)
    };
    let profile = scene.until("shop", "all Pods are seen", |profile| named(profile, "stray", "api").is_some()).await;
    assert_eq!(named(&profile, "stray", "api").as_deref(), Some("all ports"));
    assert_eq!(named(&profile, "web", "api").as_deref(), Some("all ports but TCP 8080"));
    let flows = profile.status.expect("a status").flows.expect("flows");
    assert!(flows.cut_elsewhere > 0 && flows.cut_count > flows.cut_elsewhere, "{flows:?}");
    assert_eq!(flows.opened, 0);
    let events = scene.events("FlowsWouldBeCut").await;
    assert!(events.iter().any(|note| note.starts_with("mode 'Enforce' would cut ")), "{events:?}");
    let told = format!("{flows:?}{events:?}");
    assert!(!told.contains(&*neighbour.ns) && !told.contains("secret"), "{told}");

    scene.apply("shop", &with("mode: Enforce")).await;
    assert_eq!(scene.ready("shop").await.status.expect("a status").flows, None);
}

#[tokio::test]
async fn from_audit_to_enforce_and_back() {
    let scene = Scene::new("auditing").await;
    scene.apply("shop", &with("mode: Audit")).await;
    scene.until("shop", "the audit is done", |profile| because(profile, "Ready", "AuditOnly")).await;
    scene.apply("shop", &with("mode: Enforce")).await;
    let profile = scene.ready("shop").await;
    assert!(profile.status.expect("a status").plan.is_empty());
    let before = scene.policies().await;

    scene.apply("shop", &with("mode: Audit").replace("8080", "9090")).await;
    let profile = scene.until("shop", "the audit is done", |profile| because(profile, "Ready", "AuditOnly")).await;
    let status = profile.status.expect("a status");
    let plan: Vec<_> = status.plan.iter().map(|change| (change.action.as_str(), change.policy.as_str())).collect();
    assert_eq!(plan, [("Update", "shop-allow-web"), ("Update", "shop-allow-api")]);
    assert!(status.plan[0].fields.iter().any(|field| field.starts_with("spec.egress[")), "{:?}", status.plan);
    let after = scene.policies().await;
    assert_eq!(before["shop-allow-api"].resource_version(), after["shop-allow-api"].resource_version());
}

#[tokio::test]
async fn disabled_removes_the_deny_first_and_enforce_brings_all_back() {
    let scene = Scene::new("disabled").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let before = scene.quiet().await.len();
    scene.apply("shop", &with("mode: Disabled")).await;
    let profile = scene.until("shop", "it is disabled", |profile| because(profile, "Ready", "Disabled")).await;
    assert!(profile.status.expect("a status").policies.is_empty());
    assert!(scene.policies().await.is_empty());
    let deleted: Vec<_> = scene
        .quiet()
        .await
        .split_off(before)
        .into_iter()
        .filter(|write| write.verb == "delete" && write.code == 200)
        .map(|write| write.name)
        .collect();
    assert_eq!(deleted, ["shop-default-deny", "shop-allow-dns", "shop-allow-api", "shop-allow-web"]);

    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    assert_eq!(scene.policy_names().await, TWO_TIERS_POLICIES);
}

#[tokio::test]
async fn suspended_touches_nothing_and_going_on_repairs() {
    let scene = Scene::new("suspend").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    scene.apply("shop", &with("suspend: true")).await;
    let profile = scene.until("shop", "it is suspended", |profile| is(profile, "Suspended", "True")).await;
    assert!(is(&profile, "Ready", "True"), "what was true stays");
    let before = scene.quiet().await.len();
    scene.delete::<NetworkPolicy>("shop-allow-api").await;
    assert_eq!(scene.quiet().await.len(), before, "nothing is repaired meanwhile");
    assert!(!scene.policy_names().await.contains(&"shop-allow-api".to_owned()));

    scene.apply("shop", TWO_TIERS).await;
    scene.until_policies("the policy is back", |policies| policies.contains_key("shop-allow-api")).await;
    let profile = scene.ready("shop").await;
    assert!(!is(&profile, "Suspended", "True"));
    assert_eq!(profile.status.expect("a status").drift.expect("counted").count, 1);
}

#[tokio::test]
async fn isolation_of_tiers_has_neither_deny_nor_dns_policy_and_changes_both_ways() {
    let scene = Scene::new("isolation").await;
    let tiers = ["shop-allow-api", "shop-allow-web"];
    scene.apply("shop", &with("isolation: Tiers")).await;
    scene.ready("shop").await;
    assert_eq!(scene.policy_names().await, tiers);
    scene.apply("shop", &with("isolation: Namespace")).await;
    scene.until_policies("the namespace is isolated", |policies| policies.keys().eq(TWO_TIERS_POLICIES)).await;
    scene.ready("shop").await;
    for name in tiers {
        assert_eq!(scene.policy(name).await.owner_references().len(), 3, "{name} refers to the deny and to DNS");
    }
    scene.apply("shop", &with("isolation: Tiers")).await;
    scene.until_policies("only tiers are isolated", |policies| policies.keys().eq(tiers)).await;
    assert!(is(&scene.ready("shop").await, "InSync", "True"));
    scene
        .until_policies("the references to what is gone are gone", |policies| {
            policies.values().all(|policy| policy.owner_references().len() == 1)
        })
        .await;
}
