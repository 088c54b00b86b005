//! Selectors that match nothing are told, with what comes closest; and the telling ends by itself.

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Namespace, Pod},
};
use kube::{
    Api, ResourceExt,
    api::{ListParams, PostParams},
};
use serde_json::json;

use crate::{
    scene::{PATIENCE, Scene, TWO_TIERS, because, condition, is},
    support::eventually,
};

async fn deployment(scene: &Scene, name: &str, labels: serde_json::Value) {
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}}},
    }))
    .expect("a Deployment");
    scene.api().create(&PostParams::default(), &deployment).await.expect("the Deployment is taken");
    eventually("its Pods are there", PATIENCE, async || {
        let pods = scene.api::<Pod>().list(&ListParams::default()).await.expect("a list").items;
        let own = pods.iter().filter(|pod| pod.name_any().starts_with(name)).count();
        if own == 2 { Ok(()) } else { Err(own) }
    })
    .await;
}

fn message(profile: &appnet::api::AppNetworkProfile) -> String {
    condition(profile, "LabelsMatched").expect("the condition is always there").message
}

#[tokio::test]
async fn a_wrong_label_is_named_with_its_near_miss_and_clears_when_the_pods_are_relabelled() {
    let scene = Scene::new("nearmiss").await;
    deployment(&scene, "web", json!({"app": "web"})).await;
    deployment(&scene, "api", json!({"app.kubernetes.io/name": "api"})).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "the label is told", |profile| is(profile, "LabelsMatched", "False")).await;
    assert_eq!(
        message(&profile),
        "tier 'api' selects app=api; no Pod has it; Pods of Deployment 'api' have app.kubernetes.io/name=api; correct the Pods' \
         labels or the tier's selector"
    );
    assert!(because(&profile, "LabelsMatched", "NoMatchingPods"));
    let tiers: Vec<_> =
        profile.status.iter().flat_map(|status| &status.tiers).map(|tier| (tier.name.as_str(), tier.matched)).collect();
    assert_eq!(tiers, [("web", true), ("api", false)]);
    assert!(scene.events("NoMatchingPods").await[0].contains("app.kubernetes.io/name=api"));

    // A warning, no blocker: whoever waits for the profile is not held up, and the policy is written all the same.
    assert!(because(&profile, "Ready", "ReadyWithWarnings"));
    let answer = scene
        .control_plane
        .kubectl(&["wait", "-n", &scene.ns, "appnet/shop", "--for=condition=Ready", "--timeout=20s"])
        .await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(scene.policies().await.contains_key("shop-allow-api"));

    let generation = profile.metadata.generation;
    for pod in
        scene.api::<Pod>().list(&ListParams::default().labels("app.kubernetes.io/name=api")).await.expect("a list")
    {
        scene.edit::<Pod>("kubectl", &pod.name_any(), json!({"metadata": {"labels": {"app": "api"}}})).await;
    }
    let profile = scene.until("shop", "the warning is gone", |profile| is(profile, "LabelsMatched", "True")).await;
    assert_eq!(profile.metadata.generation, generation, "nobody touched the profile");
    assert!(because(&profile, "Ready", "Reconciled"));
}

#[tokio::test]
async fn the_conditions_do_not_flap_while_pods_come_and_go() {
    let scene = Scene::new("rollout").await;
    for (name, app) in [("web-1", "web"), ("api-1", "api")] {
        scene.pod(name, &[("app", app)]).await;
    }
    scene.apply("shop", TWO_TIERS).await;
    scene.until("shop", "all match", |profile| is(profile, "LabelsMatched", "True")).await;
    let before = scene.quiet().await.len();
    for round in 2..12 {
        scene.pod(&format!("api-{round}"), &[("app", "api"), ("pod-template-hash", &format!("h{round}"))]).await;
        scene.delete::<Pod>(&format!("api-{}", round - 1)).await;
    }
    assert_eq!(scene.quiet().await.len(), before);
}

#[tokio::test]
async fn a_pod_in_two_tiers_and_a_port_name_that_no_container_has_are_told() {
    let scene = Scene::new("overlap").await;
    scene.pod("both", &[("app", "web"), ("part", "edge")]).await;
    let spec = "
tiers:
- {name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: main, port: https}], from: [{tier: edge}]}
- {name: edge, podSelector: {matchLabels: {part: edge}}}
";
    scene.apply("shop", spec).await;
    let profile = scene.until("shop", "it is told", |profile| is(profile, "LabelsMatched", "False")).await;
    let said = message(&profile);
    assert!(said.contains("Pods of Pod 'both' have no TCP container port named 'https'"), "{said}");
    assert!(said.contains("Pods of Pod 'both' are in tiers 'web', 'edge'"), "{said}");
    assert!(because(&profile, "LabelsMatched", "NamedPortNotFound"));
}

#[tokio::test]
async fn a_peer_whose_namespace_is_missing_is_told_until_it_is_there() {
    let scene = Scene::new("peers").await;
    for (name, app) in [("web-1", "web"), ("api-1", "api")] {
        scene.pod(name, &[("app", app)]).await;
    }
    let other = format!("{}-jobs", scene.ns);
    let peer =
        format!("[{{tier: web}}, {{pods: {{namespace: {other}, podSelector: {{matchLabels: {{app: report}}}}}}}}]");
    scene.apply("shop", &TWO_TIERS.replace("[{tier: web}]", &peer)).await;
    let profile =
        scene.until("shop", "it is told", |profile| because(profile, "LabelsMatched", "NoMatchingNamespaces")).await;
    assert!(message(&profile).contains(&format!("spec.tiers[1].from[1]: namespace '{other}' does not exist")));

    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": other}})).expect("a namespace");
    Api::<Namespace>::all(scene.client.clone()).create(&PostParams::default(), &namespace).await.expect("taken");
    let profile = scene
        .until("shop", "now the Pods are missing", |profile| because(profile, "LabelsMatched", "NoMatchingPods"))
        .await;
    assert!(
        message(&profile).contains(&format!("there are no Pods with app=report in namespace '{other}'")),
        "{}",
        message(&profile)
    );

    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "report", "labels": {"app": "report"}}, "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}
    }))
    .expect("a Pod");
    Api::namespaced(scene.client.clone(), &other).create(&PostParams::default(), &pod).await.expect("taken");
    scene.until("shop", "all match", |profile| is(profile, "LabelsMatched", "True")).await;
    Api::<Namespace>::all(scene.client.clone())
        .delete(&other, &kube::api::DeleteParams::default())
        .await
        .expect("taken");
}

#[tokio::test]
async fn a_pod_on_the_host_network_is_reported_not_pretended() {
    let scene = Scene::new("hostnet").await;
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"hostNetwork": true, "containers": [{"name": "main", "image": "example.com/none"}]}
    }))
    .expect("a Pod");
    scene.api().create(&PostParams::default(), &pod).await.expect("taken");
    scene.pod("api", &[("app", "api")]).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "it is told", |profile| is(profile, "LabelsMatched", "False")).await;
    let said = message(&profile);
    assert!(
        said.contains("tier 'web' selects app=web; Pods of Pod 'web' have it and are on the host network"),
        "{said}"
    );
}

#[tokio::test]
async fn workloads_in_no_tier_are_counted_and_named_without_alarm() {
    let scene = Scene::new("unassigned").await;
    for (name, app) in [("web-1", "web"), ("api-1", "api")] {
        scene.pod(name, &[("app", app)]).await;
    }
    deployment(&scene, "worker", json!({"app": "worker"})).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "all match", |profile| is(profile, "LabelsMatched", "True")).await;
    let unassigned = profile.status.expect("a status").unassigned.expect("there is one");
    assert_eq!((unassigned.count, unassigned.names), (1, vec!["Deployment 'worker'".to_owned()]));
}

#[tokio::test]
async fn references_are_looked_up_and_followed() {
    let scene = Scene::new("references").await;
    let spec = TWO_TIERS.replace(
        "from: [{tier: web}]",
        "from: [{tier: web}]\n  exposed: {}\n  to: [{name: mail, service: {name: smtp}, ports: [{port: 25}]}, {name: kube-api, apiServer: {}}]",
    );
    scene.apply("shop", &spec).await;
    let profile =
        scene.until("shop", "what is missing is told", |profile| is(profile, "ReferencesResolved", "False")).await;
    let said = condition(&profile, "ReferencesResolved").expect("there").message;
    assert!(
        said.contains("spec.tiers[1].exposed: neither the profile nor the platform names an ingress controller"),
        "{said}"
    );
    assert!(said.contains("spec.tiers[1].to[0]: Service 'smtp' in namespace"), "{said}");

    let service = json!({"metadata": {"name": "smtp"}, "spec": {"selector": {"app": "postfix"}, "ports": [{"port": 25, "targetPort": 2525}]}});
    let service: k8s_openapi::api::core::v1::Service = serde_json::from_value(service).expect("a Service");
    scene.api().create(&PostParams::default(), &service).await.expect("taken");
    let text = |policies: &std::collections::BTreeMap<String, k8s_openapi::api::networking::v1::NetworkPolicy>| {
        serde_json::to_string(&policies["shop-allow-api"].spec).expect("JSON")
    };
    scene
        .until_policies("the Service's Pods are allowed at their own port", |policies| {
            text(policies).contains("postfix") && text(policies).contains("2525")
        })
        .await;
    scene
        .edit::<k8s_openapi::api::core::v1::Service>("kubectl", "smtp", json!({"spec": {"selector": {"app": "exim"}}}))
        .await;
    scene
        .until_policies("a changed Service is followed", |policies| {
            text(policies).contains("exim") && !text(policies).contains("postfix")
        })
        .await;
    scene.delete::<k8s_openapi::api::core::v1::Service>("smtp").await;
    scene.until_policies("what is gone is not allowed any more", |policies| !text(policies).contains("exim")).await;
    assert!(text(&scene.policies().await).contains("10.96.0.1/32"), "the API server by its Service's address");
    let profile = scene.until("shop", "it is told again", |profile| is(profile, "ReferencesResolved", "False")).await;
    assert!(is(&profile, "InSync", "True"), "what follows a Service is no drift");
}
