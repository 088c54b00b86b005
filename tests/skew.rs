//! A definition that is newer than the operator: what cannot be read holds up nobody else.

#[path = "operator/scene.rs"]
#[allow(dead_code, reason = "the scene serves other tests too")]
mod scene;
mod support;

use std::time::Duration;

use appnet::{
    api::{AppNetworkProfile, definition},
    operator::{Args, Operator},
};
use clap::Parser;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt,
    api::{ApiResource, DynamicObject, PostParams},
};
use scene::{because, provide_dns};
use serde_json::json;
use support::{ControlPlane, eventually};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);

/// Ours, but with any word for `mode`.
fn newer() -> CustomResourceDefinition {
    let mut definition = serde_json::to_value(definition()).expect("a definition");
    let mode =
        &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["mode"];
    *mode = json!({"type": "string"});
    serde_json::from_value(definition).expect("a definition")
}

#[tokio::test]
async fn a_profile_of_a_newer_version_is_passed_over_and_the_others_are_looked_at() {
    let control_plane = ControlPlane::start_without_definition().await;
    let client = control_plane.client().await;
    provide_dns(&client).await;
    Api::all(client.clone()).create(&PostParams::default(), &newer()).await.expect("taken");
    let kind = ApiResource::erase::<AppNetworkProfile>(&());
    let profiles: Api<DynamicObject> = Api::namespaced_with(client.clone(), "default", &kind);
    let profile = |name: &str, mode: &str| {
        let spec: serde_json::Value = serde_saphyr::from_str(scene::TWO_TIERS).expect("a spec");
        let mut profile = DynamicObject::new(name, &kind).data(json!({"spec": spec}));
        profile.data["spec"]["mode"] = json!(mode);
        profile
    };
    assert_eq!(AppNetworkProfile::crd_name(), "appnetworkprofiles.appnet.dev");
    for (name, mode) in [("future", "Canary"), ("present", "Enforce")] {
        eventually("the definition is in force", PATIENCE, async || {
            profiles.create(&PostParams::default(), &profile(name, mode)).await.map_err(|error| error.to_string())
        })
        .await;
    }

    let stop = CancellationToken::new();
    let args = Args::try_parse_from(["appnet-operator", "--listen", "127.0.0.1:0"]).expect("these flags exist");
    let _operator = Operator::start(client.clone(), &args, &stop).await.expect("the operator starts");
    let typed: Api<AppNetworkProfile> = Api::namespaced(client.clone(), "default");
    eventually("the one that can be read is enforced", PATIENCE, async || {
        let profile = typed.get("present").await.expect("there");
        if because(&profile, "PoliciesApplied", "Applied") { Ok(()) } else { Err(profile.status) }
    })
    .await;
    let future = profiles.get("future").await.expect("there");
    assert_eq!(future.data["status"], json!({"observedGeneration": -1}), "nobody has looked at it");
}
