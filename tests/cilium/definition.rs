//! Where Cilium's definition is not there, is too old, or comes and goes.

use std::fs;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{CALLS, COMPANION, DEFINITION, STANDARD, armed, companions, figures, listed, prepared, prepared_on, until};
use crate::{
    scene::{PATIENCE, Scene, because, condition, is},
    support::{ControlPlane, FaultProxy, eventually},
};

/// A control plane that does not have the definition at first. Its tests take turns: they are one test.
async fn bare() -> &'static ControlPlane {
    static BARE: OnceCell<ControlPlane> = OnceCell::const_new();
    BARE.get_or_init(|| ControlPlane::start_with(&[])).await
}

fn config(scene: &Scene, cni: &str) -> std::path::PathBuf {
    let file = std::env::temp_dir().join(format!("{}-{cni}.yaml", scene.ns));
    fs::write(&file, format!("cni: {cni}\ndiscovery: None\n")).expect("a file");
    file
}

/// The requests of an operator with this `cni` that have to do with Cilium, once all is in place.
async fn asked(mut scene: Scene, cni: &str) -> Vec<String> {
    let proxy = FaultProxy::start(scene.control_plane).await;
    let file = config(&scene, cni);
    scene.start_operator_with(proxy.client(), &["--resync", "1", "--config", file.to_str().expect("text")]).await;
    scene.apply("shop", CALLS).await;
    let profile = scene.ready("shop").await;
    assert_eq!(figures(&profile), "4/4");
    assert_eq!(scene.policy_names().await, STANDARD);
    // Several rounds of discovery.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    scene.stop_operator().await;
    fs::remove_file(file).expect("the file is ours");
    let requests = proxy.requests();
    let groups = requests.iter().filter(|seen| seen.path == "/apis").count();
    assert_eq!(groups > 2, cni == "Auto", "discovery is asked {groups} times with {cni}");
    requests.into_iter().map(|seen| seen.path).filter(|path| path.contains("cilium")).collect()
}

#[tokio::test]
async fn with_standard_cilium_is_not_asked_for_though_it_is_there() {
    assert_eq!(asked(prepared("standard").await, "Standard").await, [""; 0]);
}

#[tokio::test]
async fn with_cilium_and_a_definition_nothing_is_amiss() {
    let mut scene = prepared("named").await;
    let file = config(&scene, "Cilium");
    let client = scene.client.clone();
    scene.start_operator_with(client, &["--config", file.to_str().expect("text")]).await;
    scene.apply("shop", CALLS).await;
    assert!(because(&scene.ready("shop").await, "ReferencesResolved", "Resolved"));
    assert!(companions(&scene).await.contains_key(COMPANION));
    fs::remove_file(file).expect("the file is ours");
}

fn definition() -> CustomResourceDefinition {
    let file = format!("{}/{DEFINITION}", env!("CARGO_MANIFEST_DIR"));
    serde_saphyr::from_str(&fs::read_to_string(file).expect("the definition")).expect("a definition")
}

/// As Cilium had it before 1.16.
fn old() -> CustomResourceDefinition {
    let mut old = serde_json::to_value(definition()).expect("a definition");
    let properties = &mut old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let rule = properties["spec"]["properties"].as_object_mut().expect("fields of a rule");
    assert!(rule.remove("enableDefaultDeny").is_some_and(|field: Value| field.is_object()));
    serde_json::from_value(old).expect("a definition")
}

async fn install(scene: &Scene, definition: &CustomResourceDefinition) {
    Api::all(scene.client.clone()).create(&PostParams::default(), definition).await.expect("taken");
}

async fn uninstall(scene: &Scene) {
    let definitions: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    let name = "ciliumnetworkpolicies.cilium.io";
    definitions.delete(name, &DeleteParams::default()).await.expect("taken");
    eventually("the definition is gone", PATIENCE, async || {
        definitions.get_opt(name).await.expect("an answer").map_or(Ok(()), |there| Err(Box::new(there.status)))
    })
    .await;
}

#[tokio::test]
async fn without_a_definition_nothing_is_asked_and_it_can_come_and_go() {
    let bare = bare().await;
    assert_eq!(asked(prepared_on(bare, "auto").await, "Auto").await, [""; 0]);

    let mut scene = prepared_on(bare, "later").await;
    let file = config(&scene, "Cilium");
    let client = bare.client_named(&format!("operator-of-{}", scene.ns)).await;
    scene.start_operator_with(client, &["--resync", "2", "--config", file.to_str().expect("text")]).await;
    scene.apply("shop", CALLS).await;
    let profile = scene.ready("shop").await;
    assert!(
        because(&profile, "ReferencesResolved", "CiliumNotFound") && because(&profile, "Ready", "ReadyWithWarnings")
    );
    let said = condition(&profile, "ReferencesResolved").expect("there").message;
    assert!(
        said.starts_with("spec.tiers[1].to[0]: the platform says `cni: Cilium`, but the cluster does not"),
        "{said}"
    );
    assert_eq!(figures(&profile), "4/4");

    // One that is too old would drop the field without which the policy isolates: nothing is stored.
    install(&scene, &old()).await;
    let refused = |profile: &_| because(profile, "PoliciesApplied", "ApplyFailed");
    let profile = scene.until("shop", "it is noticed and refused", refused).await;
    let said = condition(&profile, "PoliciesApplied").expect("there").message;
    assert!(said.contains("unknown field \"spec.enableDefaultDeny\"") && said.contains("Cilium before 1.16"), "{said}");
    assert!(companions(&scene).await.is_empty() && armed(&scene).await);
    uninstall(&scene).await;
    scene.until("shop", "it is forgotten", |profile| is(profile, "PoliciesApplied", "True")).await;

    install(&scene, &definition()).await;
    until(&scene, "it comes", |found| found.contains_key(COMPANION)).await;
    let profile = scene.until("shop", "all is well", |profile| is(profile, "ReferencesResolved", "True")).await;
    assert_eq!(figures(&profile), "5/5");
    uninstall(&scene).await;
    let gone = |profile: &_| listed(profile).len() == 4 && is(profile, "PoliciesApplied", "True");
    let profile = scene.until("shop", "it is gone", gone).await;
    assert!(because(&profile, "ReferencesResolved", "CiliumNotFound"));
    assert_eq!(figures(&profile), "4/4");
    scene.quiet().await;
    fs::remove_file(file).expect("the file is ours");
}
