//! What enforces policies, as CNIs come, go and are told not to.

use k8s_openapi::api::{
    apps::v1::DaemonSet,
    core::v1::{ConfigMap, Namespace, Pod},
};
use kube::{
    Api, Resource,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    scene::{Scene, TWO_TIERS, condition},
    support::{ControlPlane, eventually},
};

/// The other tests' clusters have no CNI.
async fn own() -> &'static ControlPlane {
    static OWN: OnceCell<ControlPlane> = OnceCell::const_new();
    OWN.get_or_init(ControlPlane::start).await
}

async fn create<K>(scene: &Scene, namespace: &str, object: Value)
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::Serialize
        + serde::de::DeserializeOwned,
{
    let object: K = serde_json::from_value(object).expect("an object");
    let api: Api<K> = Api::namespaced(scene.client.clone(), namespace);
    // The controller manager makes the namespace's account, which a Pod cannot be without.
    let taken = async || api.create(&PostParams::default(), &object).await.map(drop);
    eventually("it is taken", crate::scene::PATIENCE, taken).await;
}

fn containers() -> Value {
    json!({"containers": [{"name": "main", "image": "example.com/none"}], "automountServiceAccountToken": false, "hostNetwork": true})
}

async fn agent(scene: &Scene, namespace: &str, name: &str) {
    let pod = json!({"metadata": {"name": name, "labels": {"k8s-app": name}}, "spec": containers()});
    create::<Pod>(scene, namespace, pod).await;
}

async fn namespace(scene: &Scene, name: &str) {
    let place: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).expect("one");
    Api::all(scene.client.clone()).create(&PostParams::default(), &place).await.expect("taken");
}

async fn settings(scene: &Scene, namespace: &str, policy: &str) {
    let settings = json!({"metadata": {"name": "cilium-config"}, "data": {"enable-policy": policy}});
    create::<ConfigMap>(scene, namespace, settings).await;
}

async fn until(scene: &Scene, status: &str, words: &str) {
    scene
        .until("shop", words, |profile| {
            condition(profile, "EnforcementDetected")
                .is_some_and(|condition| condition.status == status && condition.message.contains(words))
        })
        .await;
}

#[tokio::test]
async fn what_enforces_policies_is_told_as_cnis_come_and_go() {
    let mut scene = Scene::prepared_on(own().await, "network").await;
    let labels = json!({"of": "aws-node"});
    let template = json!({"metadata": {"labels": labels}, "spec": containers()});
    let spec = json!({"selector": {"matchLabels": labels}, "template": template});
    create::<DaemonSet>(&scene, "kube-system", json!({"metadata": {"name": "aws-node"}, "spec": spec})).await;
    agent(&scene, "kube-system", "aws-node").await;
    scene.start_operator().await;
    scene.apply("shop", TWO_TIERS).await;
    until(&scene, "False", "the AWS VPC CNI runs without").await;
    assert_eq!(scene.events("CNIDoesNotEnforce").await.len(), 1);

    // No profile names its namespace, and no object that was asked for changes.
    namespace(&scene, "calico-system").await;
    agent(&scene, "calico-system", "calico-node").await;
    until(&scene, "True", "found Calico").await;

    namespace(&scene, "cilium").await;
    settings(&scene, "cilium", "never").await;
    agent(&scene, "cilium", "cilium").await;
    let pods: Api<Pod> = Api::namespaced(scene.client.clone(), "calico-system");
    pods.delete("calico-node", &DeleteParams::default().grace_period(0)).await.expect("gone");
    // It is asked at once about the one that came, and not a minute later.
    until(&scene, "False", "kubectl -n cilium patch configmap cilium-config").await;

    // What the old one was told says nothing of the new one.
    settings(&scene, "kube-system", "default").await;
    agent(&scene, "kube-system", "cilium").await;
    let pods: Api<Pod> = Api::namespaced(scene.client.clone(), "cilium");
    pods.delete("cilium", &DeleteParams::default().grace_period(0)).await.expect("gone");
    until(&scene, "True", "found Cilium").await;
}
