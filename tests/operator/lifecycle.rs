//! A profile becomes policies, and follows what its author does.

use appnet::api::AppNetworkProfile;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;

use crate::scene::{Scene, TWO_TIERS, TWO_TIERS_POLICIES, because, condition, is};

#[tokio::test]
async fn a_profile_becomes_one_policy_per_tier_dns_and_an_armed_deny() {
    let scene = Scene::new("create").await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.ready("shop").await;

    let policies = scene.policies().await;
    assert_eq!(policies.keys().collect::<Vec<_>>(), TWO_TIERS_POLICIES);
    let (deny, dns) = (&policies["shop-default-deny"], &policies["shop-allow-dns"]);
    let spec = deny.spec.as_ref().expect("a spec");
    assert_eq!(
        spec.pod_selector,
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector::default()),
        "armed"
    );
    for policy in policies.values() {
        let owners = policy.owner_references();
        assert_eq!(owners[0].uid, profile.uid().expect("a uid"));
        assert_eq!(owners[0].controller, Some(true));
        assert_eq!(owners[0].block_owner_deletion, None);
        assert!(policy.annotations()["appnet.dev/explanation"].contains("spec."), "{policy:?}");
        let before: &[&NetworkPolicy] = match policy.labels()["appnet.dev/role"].as_str() {
            "default-deny" => &[],
            "dns" => &[deny],
            _ => &[deny, dns],
        };
        let others: Vec<_> = owners[1..].iter().map(|owner| (Some(owner.uid.clone()), owner.controller)).collect();
        assert_eq!(others, before.iter().map(|policy| (policy.uid(), None)).collect::<Vec<_>>(), "{policy:?}");
    }
    let status = profile.status.clone().expect("a status");
    assert_eq!(status.enforced_generation, profile.metadata.generation);
    assert_eq!(status.summary.expect("figures").policies, "4/4");
    assert!(because(&profile, "PoliciesApplied", "Applied"));
    assert_eq!(scene.events("PolicyCreated").await.len(), 1);
}

#[tokio::test]
async fn one_write_per_tier_two_for_dns_and_the_deny_and_one_status() {
    let scene = Scene::new("frugal").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let writes: Vec<_> =
        scene.quiet().await.into_iter().map(|write| (write.verb, write.resource, write.name)).collect();
    let expect = [
        ("create", "networkpolicies", "shop-default-deny"),
        ("create", "networkpolicies", "shop-allow-dns"),
        ("create", "networkpolicies", "shop-allow-web"),
        ("create", "networkpolicies", "shop-allow-api"),
        ("update", "networkpolicies", "shop-allow-dns"),
        ("update", "networkpolicies", "shop-default-deny"),
        ("update", "appnetworkprofiles/status", "shop"),
    ];
    let expect = expect.map(|(verb, resource, name)| (verb.to_owned(), resource.to_owned(), name.to_owned()));
    assert_eq!(writes, expect);
}

#[tokio::test]
async fn a_changed_tier_is_one_update_of_one_policy() {
    let scene = Scene::new("change").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let before = scene.policies().await;
    let writes = scene.quiet().await.len();

    scene.apply("shop", &TWO_TIERS.replace("app: web", "app: shopfront")).await;
    let profile = scene.ready("shop").await;
    let after = scene.policies().await;
    assert_eq!(profile.status.expect("a status").enforced_generation, Some(2));
    // Both halves name the tier's Pods: its own policy selects them, the called tier's lets them in.
    for name in ["shop-allow-web", "shop-allow-api"] {
        assert_ne!(before[name].spec, after[name].spec, "{name}");
        assert_eq!(before[name].uid(), after[name].uid(), "{name} is updated in place");
    }
    for name in ["shop-allow-dns", "shop-default-deny"] {
        assert_eq!(before[name].resource_version(), after[name].resource_version(), "{name} is not touched");
    }
    assert_eq!(scene.quiet().await.len() - writes, 3, "two updates and a status: {:#?}", scene.writes());
}

#[tokio::test]
async fn a_tier_that_is_removed_loses_its_policy_and_a_new_one_gets_one() {
    let scene = Scene::new("tiers").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let renamed = TWO_TIERS.replace("name: web", "name: front").replace("tier: web", "tier: front");
    scene.apply("shop", &renamed).await;
    let expected = ["shop-allow-api", "shop-allow-dns", "shop-allow-front", "shop-default-deny"];
    scene.until_policies("the renamed tier has its policy", |policies| policies.keys().eq(expected)).await;
    let profile = scene.ready("shop").await;
    assert_eq!(profile.status.expect("a status").policies.len(), 4);
}

#[tokio::test]
async fn every_kind_of_change_is_followed() {
    let scene = Scene::new("kinds").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let text = async |name: &str| serde_json::to_string(&scene.policy(name).await.spec).expect("JSON");

    let changes: &[(&str, &str, &str)] = &[
        (
            "from: [{tier: web}]",
            "from: [{tier: web}, {cidr: 198.51.100.0/24, except: [198.51.100.7/32]}]",
            "198.51.100.7/32",
        ),
        ("port: 8080", "port: 9090", "9090"),
        ("port: 8080", "{port: 9000, protocol: UDP, endPort: 9010}", "9010"),
        (
            "from: [{tier: web}]",
            "from: [{tier: web}, {pods: {namespace: jobs, podSelector: {matchLabels: {app: report}}}}]",
            "report",
        ),
        (
            "from: [{tier: web}]",
            "from: [{tier: web}]\n  to: [{name: mail, pods: {podSelector: {matchLabels: {app: mail}}}, ports: [{port: 25}]}]",
            "mail",
        ),
        (
            "from: [{tier: web}]",
            "from: [{tier: web}]\n  to: [{name: pay, cidr: 203.0.113.0/24, ports: [{port: 443}]}]",
            "203.0.113.0/24",
        ),
        (
            "tiers:",
            "telemetry: [{name: otel, pods: {namespace: observability, podSelector: {matchLabels: {app: otel}}}, ports: [{port: 4317}]}]\ntiers:",
            "4317",
        ),
        ("tiers:", "dns: {mode: Explicit, resolvers: [{cidr: 192.0.2.53/32}]}\ntiers:", "192.0.2.53/32"),
        (
            "from: [{tier: web}]",
            "from: [{tier: web}]\n  metrics: {}\nmonitoring: {from: [{namespace: monitoring, podSelector: {matchLabels: {app: prometheus}}}]}",
            "prometheus",
        ),
        (
            "from: [{tier: web}]",
            "from: [{tier: web}]\n  exposed: {ports: [http]}\ningressController: {from: [{namespace: edge, podSelector: {matchLabels: {app: gatekeeper}}}]}",
            "gatekeeper",
        ),
    ];
    for (from, to, expected) in changes {
        let to = if to.starts_with('{') { format!("port: {}", &to[7..to.len() - 1]) } else { (*to).to_owned() };
        let spec = TWO_TIERS.replace(from, &to);
        assert_ne!(spec, TWO_TIERS);
        scene.apply("shop", &spec).await;
        scene.ready("shop").await;
        let found = text("shop-allow-api").await;
        assert!(found.contains(expected), "{to}: {found}");
        scene.apply("shop", TWO_TIERS).await;
        scene.ready("shop").await;
        let found = text("shop-allow-api").await;
        assert!(!found.contains(expected), "{to} taken back: {found}");
    }
}

/// Waits until the status of the profile names all four policies of the other one, which it does some time after both are ready.
async fn names_the_neighbours(scene: &Scene, profile: &str, other: &str) {
    scene.ready(profile).await;
    let names = |profile: &AppNetworkProfile| -> Vec<String> {
        profile.status.iter().flat_map(|status| &status.foreign_policies).map(|policy| policy.name.clone()).collect()
    };
    let expected = ["allow-api", "allow-dns", "allow-web", "default-deny"].map(|policy| format!("{other}-{policy}"));
    scene.until(profile, "it names the other's policies", |profile| names(profile) == expected).await;
}

#[tokio::test]
async fn a_restart_writes_nothing() {
    let mut scene = Scene::new("restart").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.apply("blog", &TWO_TIERS.replace("app: ", "blog: ")).await;
    names_the_neighbours(&scene, "shop", "blog").await;
    names_the_neighbours(&scene, "blog", "shop").await;
    let before = scene.quiet().await;
    scene.stop_operator().await;
    scene.start_operator().await;
    // It is at work again when it follows a change; everything that the restart itself writes came before that.
    scene.apply("shop", &format!("suspend: true{TWO_TIERS}")).await;
    scene.until("shop", "the new operator is at work", |profile| is(profile, "Suspended", "True")).await;
    let after = scene.quiet().await;
    assert_eq!(
        after.len() - before.len(),
        1,
        "only the status of the suspended profile: {:#?}",
        &after[before.len()..]
    );
}

#[tokio::test]
async fn two_profiles_in_a_namespace_have_a_deny_each() {
    let scene = Scene::new("two").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.apply("blog", &TWO_TIERS.replace("app: ", "blog: ")).await;
    names_the_neighbours(&scene, "shop", "blog").await;
    names_the_neighbours(&scene, "blog", "shop").await;
    assert_eq!(scene.policy_names().await.len(), 8);

    scene.delete::<AppNetworkProfile>("blog").await;
    scene.until_policies("only the policies of shop are left", |policies| policies.keys().eq(TWO_TIERS_POLICIES)).await;
    assert!(is(&scene.ready("shop").await, "InSync", "True"));
}

#[tokio::test]
async fn an_invalid_change_keeps_the_last_good_policies() {
    let scene = Scene::new("invalid").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let before = scene.policies().await;

    // What the schema can say is refused at once.
    let error = scene.try_apply("shop", &TWO_TIERS.replace("tier: web", "tier: nobody")).await.expect_err("a refusal");
    assert!(error.to_string().contains("must name a tier of this profile"), "{error}");
    assert!(is(&scene.ready("shop").await, "Accepted", "True"));

    // What only the operator can know is told in the status.
    let config = std::env::temp_dir().join(format!("{}.yaml", scene.ns));
    std::fs::write(&config, "cidrCeiling: [203.0.113.0/24]\n").expect("a file");
    let mut scene = scene;
    scene.stop_operator().await;
    let client = scene.client.clone();
    scene.start_operator_with(client, &["--config", config.to_str().expect("text")]).await;
    let beyond = TWO_TIERS.replace("[{tier: web}]", "[{tier: web}, {cidr: 198.51.100.0/24}]");
    scene.apply("shop", &beyond).await;
    let profile =
        scene.until("shop", "the block is refused", |profile| because(profile, "Accepted", "AboveCeiling")).await;
    assert!(is(&profile, "Ready", "False") && is(&profile, "Stalled", "True"));
    assert!(condition(&profile, "Accepted").expect("there").message.contains("203.0.113.0/24"));
    assert_eq!(profile.status.expect("a status").enforced_generation, Some(1));
    let after = scene.policies().await;
    let versions = |policies: &std::collections::BTreeMap<String, NetworkPolicy>| {
        policies.values().map(NetworkPolicy::resource_version).collect::<Vec<_>>()
    };
    assert_eq!(versions(&before), versions(&after));
    std::fs::remove_file(config).expect("the file is ours");

    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.ready("shop").await;
    assert!(!is(&profile, "Stalled", "True"));
}
