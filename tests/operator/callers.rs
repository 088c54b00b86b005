//! Ingress controllers that nobody names, told by objects that come and go.

use k8s_openapi::api::{
    core::v1::Service,
    networking::v1::{Ingress, NetworkPolicy},
};
use kube::{
    Api,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use crate::{
    rbac::start_without,
    scene::{Scene, condition, is},
};

const EXPOSED: &str = "
tiers:
- name: web
  podSelector: {matchLabels: {app: web}}
  ports: [{name: http, port: 8080}]
  exposed: {}
";

async fn service(scene: &Scene, name: &str, spec: Value) {
    let service: Service = serde_json::from_value(json!({"metadata": {"name": name}, "spec": spec})).expect("one");
    scene.api().create(&PostParams::default(), &service).await.expect("taken");
}

async fn publish<K>(scene: &Scene, name: &str, address: &str)
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}});
    let api: Api<K> = scene.api();
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("taken");
}

/// A controller behind a load balancer with this address, which no other test may have: operators see all Services. And an Ingress
/// that leads to the tier.
async fn provide(scene: &Scene, address: &str) {
    service(scene, "front", json!({"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]})).await;
    service(scene, "edge", json!({"type": "LoadBalancer", "selector": {"role": "edge"}, "ports": [{"port": 443}]}))
        .await;
    publish::<Service>(scene, "edge", address).await;
    let spec = json!({"defaultBackend": {"service": {"name": "front", "port": {"number": 80}}}});
    let ingress: Ingress = serde_json::from_value(json!({"metadata": {"name": "shop"}, "spec": spec})).expect("one");
    scene.api().create(&PostParams::default(), &ingress).await.expect("taken");
}

fn callers(policy: &NetworkPolicy) -> String {
    json!(policy.spec.as_ref().expect("a spec").ingress).to_string()
}

#[tokio::test]
async fn the_controller_that_an_ingress_tells_is_let_in_as_long_as_it_is_told() {
    let mut scene = Scene::new("callers").await;
    scene.apply("shop", EXPOSED).await;
    let unknown = |profile: &_| is(profile, "ReferencesResolved", "False");
    let profile = scene.until("shop", "nobody is found", unknown).await;
    let said = condition(&profile, "ReferencesResolved").expect("there").message;
    assert_eq!(
        said,
        "spec.tiers[0].exposed: neither the profile nor the platform names an ingress controller, and none was found (no Ingress \
         and no route of this namespace leads to the tier); name it in `spec.ingressController`"
    );
    provide(&scene, "192.0.2.80").await;
    scene
        .until("shop", "the Ingress is seen", |profile| {
            condition(profile, "ReferencesResolved")
                .is_some_and(|condition| condition.message.contains("has no address"))
        })
        .await;
    publish::<Ingress>(&scene, "shop", "192.0.2.80").await;
    let found = |profile: &_| is(profile, "ReferencesResolved", "True");
    let profile = scene.until("shop", "its controller is found", found).await;
    let said = condition(&profile, "ReferencesResolved").expect("there").message;
    assert_eq!(
        said,
        format!(
            "everything that the profile refers to was found; spec.tiers[0].exposed: Pods with role=edge, because Ingress {ns}/shop has \
             the address 192.0.2.80 of Service {ns}/edge",
            ns = scene.ns
        )
    );
    let policy = scene.policy("shop-allow-web").await;
    assert!(callers(&policy).contains(r#""podSelector":{"matchLabels":{"role":"edge"}}"#), "{}", callers(&policy));

    // The next operator finds the same before it writes anything.
    scene.stop_operator().await;
    let before = scene.writes().len();
    scene.start_operator().await;
    scene.ready("shop").await;
    scene.quiet().await;
    assert_eq!(scene.writes().len(), before);

    // The address moves to another Service, and then the Ingress goes.
    service(&scene, "other", json!({"type": "LoadBalancer", "selector": {"role": "other"}, "ports": [{"port": 443}]}))
        .await;
    publish::<Service>(&scene, "other", "192.0.2.81").await;
    publish::<Ingress>(&scene, "shop", "192.0.2.81").await;
    scene
        .until_policies("the other one is let in", |policies| {
            let callers = callers(&policies["shop-allow-web"]);
            callers.contains(r#""role":"other""#) && !callers.contains(r#""role":"edge""#)
        })
        .await;
    scene.delete::<Ingress>("shop").await;
    scene.until("shop", "nobody is found any more", unknown).await;
    scene.until_policies("nobody is let in", |policies| !callers(&policies["shop-allow-web"]).contains("role")).await;
}

#[tokio::test]
async fn without_the_right_to_look_for_callers_it_is_told_and_everything_else_goes_on() {
    let mut scene = Scene::prepared("nocallers").await;
    provide(&scene, "192.0.2.90").await;
    publish::<Ingress>(&scene, "shop", "192.0.2.90").await;
    start_without(&mut scene, "none").await;
    scene.apply("shop", EXPOSED).await;
    let profile = scene.ready("shop").await;
    let said = condition(&profile, "ReferencesResolved").expect("there").message;
    assert!(said.contains("the operator may not list objects of kind Ingress; "), "{said}");
    assert!(said.contains("no Ingress and no route of this namespace leads to the tier"), "{said}");
    assert_eq!(scene.policies().await.len(), 3);
}
