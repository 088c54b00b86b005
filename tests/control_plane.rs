//! The control plane and the tools around it, on which the other tests rely.

mod support;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::{Client, Resource, ResourceExt};
use serde_json::json;
use support::{ControlPlane, Fault, FaultProxy, Namespace, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

fn config_map(name: &str) -> ConfigMap {
    let mut object = ConfigMap::default();
    object.metadata.name = Some(name.to_owned());
    object
}

async fn exists(maps: &Api<ConfigMap>, name: &str) -> bool {
    maps.get_opt(name).await.expect("the API server answers").is_some()
}

#[tokio::test]
async fn a_control_plane_that_is_dropped_leaves_nothing_behind() {
    let control_plane = ControlPlane::start_without_definition().await;
    let folder = control_plane.folder().to_owned();
    let client = control_plane.client().await;
    assert!(folder.join("kubeconfig").is_file());
    drop(control_plane);
    assert!(!folder.exists());
    client.apiserver_version().await.expect_err("nobody listens any more");
}

#[tokio::test]
async fn the_garbage_collector_knows_profiles_as_owners_at_once() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "collected").await;
    let client = control_plane.client().await;
    let profiles = Api::<appnet::api::AppNetworkProfile>::namespaced(client.clone(), &namespace);
    let policies = Api::<NetworkPolicy>::namespaced(client, &namespace);
    let profile = serde_json::from_value(json!({
        "apiVersion": "appnet.dev/v1alpha1",
        "kind": "AppNetworkProfile",
        "metadata": {"name": "shop"},
        "spec": {"tiers": [{"name": "web", "podSelector": {"matchLabels": {"app": "web"}}}]},
    }))
    .expect("a profile");
    let profile = profiles.create(&PostParams::default(), &profile).await.expect("it is valid");
    let mut policy = NetworkPolicy::default();
    policy.metadata.name = Some("shop-allow-web".into());
    policy.metadata.owner_references = profile.controller_owner_ref(&()).map(|reference| vec![reference]);
    policies.create(&PostParams::default(), &policy).await.expect("it is valid");

    profiles.delete("shop", &DeleteParams::default()).await.expect("it is there");

    // The collector looks for new kinds every 30 seconds; had it to find ours first, this would take that long.
    eventually("the policy is collected", Duration::from_secs(10), || async {
        match policies.list(&ListParams::default()).await.expect("the API server answers").items.as_slice() {
            [] => Ok(()),
            left => Err(left.iter().map(ResourceExt::name_any).collect::<Vec<_>>()),
        }
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_counts_writes_by_who_made_them() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "audited").await;
    let author = Api::<ConfigMap>::namespaced(control_plane.client_named("audited-author/1").await, &namespace);
    let reader = Api::<ConfigMap>::namespaced(control_plane.client_named("audited-reader/1").await, &namespace);

    author.create(&PostParams::default(), &config_map("one")).await.expect("it is valid");
    author.create(&PostParams::default(), &config_map("one")).await.expect_err("it is there");
    let patch = Patch::Merge(json!({"data": {"key": "value"}}));
    author.patch("one", &PatchParams::default().dry_run(), &patch).await.expect("it is valid");
    reader.get("one").await.expect("it is there");
    author.delete("one", &DeleteParams::default()).await.expect("it is there");

    let writes = eventually("four writes are in the log", PATIENCE, || async {
        let writes = control_plane.writes("audited-author/", &namespace);
        if writes.len() == 4 { Ok(writes) } else { Err(writes) }
    })
    .await;
    let facts: Vec<_> = writes.iter().map(|write| (write.verb.as_str(), write.code, write.dry_run)).collect();
    assert_eq!(facts, [("create", 201, false), ("create", 409, false), ("patch", 200, true), ("delete", 200, false)]);
    assert!(writes.iter().all(|write| write.resource == "configmaps" && write.group.is_empty()));
    assert_eq!(control_plane.writes("audited-reader/", &namespace), []);
}

#[tokio::test]
async fn a_client_that_acts_as_a_user_has_only_the_rights_of_that_user() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "rights").await;
    let nobody = control_plane.client_as(&format!("system:serviceaccount:{namespace}:nobody")).await;
    let refused = Api::<ConfigMap>::namespaced(nobody, &namespace).list(&ListParams::default()).await;
    assert!(matches!(refused, Err(kube::Error::Api(status)) if status.is_forbidden()));
}

struct Broken {
    proxy: FaultProxy,
    namespace: Namespace,
    direct: Api<ConfigMap>,
    through: Api<ConfigMap>,
}

async fn broken(prefix: &str) -> Broken {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, prefix).await;
    let proxy = FaultProxy::start(control_plane).await;
    let maps = |client: Client| Api::<ConfigMap>::namespaced(client, &namespace);
    let (direct, through) = (maps(control_plane.client().await), maps(proxy.client()));
    Broken { proxy, namespace, direct, through }
}

#[tokio::test]
async fn the_proxy_passes_on_writes_reads_and_watches_and_remembers_them() {
    let Broken { proxy, namespace, through, direct: _ } = broken("passed").await;
    through.create(&PostParams::default(), &config_map("one")).await.expect("it is valid");
    let mut events = through.watch(&WatchParams::default(), "0").await.expect("the watch begins").boxed();
    let mut next =
        async || tokio::time::timeout(PATIENCE, events.try_next()).await.expect("in time").expect("an event");
    // Every namespace gets a ConfigMap with the certificate authority from the controllers, before or after ours.
    while !matches!(next().await, Some(WatchEvent::Added(map)) if map.name_any() == "one") {}
    through.delete("one", &DeleteParams::default()).await.expect("it is there");
    while !matches!(next().await, Some(WatchEvent::Deleted(map)) if map.name_any() == "one") {}

    let writes: Vec<_> = proxy.writes().into_iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    assert_eq!(writes, [format!("POST {path}"), format!("DELETE {path}/one")]);
    assert_eq!(proxy.requests().len(), 3);
    proxy.forget_requests();
    assert_eq!(proxy.requests(), []);
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_server_and_the_next_one_does() {
    let Broken { proxy, namespace: _namespace, direct, through } = broken("refused").await;
    let fault = proxy.install(Fault::refuse(429).on(|method, _| method == "POST").times(1).saying("slow down"));
    let refused = through.create(&PostParams::default(), &config_map("one")).await.expect_err("it is refused");
    let kube::Error::Api(status) = refused else { panic!("no answer of an API server: {refused}") };
    assert_eq!((status.code, status.reason.as_str(), status.message.as_str()), (429, "TooManyRequests", "slow down"));
    assert!(!exists(&direct, "one").await);
    through.create(&PostParams::default(), &config_map("one")).await.expect("the fault was for one request");
    assert_eq!(fault.hits(), 1);
}

#[tokio::test]
async fn a_request_that_is_refused_too_late_was_carried_out() {
    let Broken { proxy, namespace: _namespace, direct, through } = broken("late").await;
    let fault = proxy.install(Fault::refuse_too_late(504).on(|method, _| method == "POST"));
    through.create(&PostParams::default(), &config_map("one")).await.expect_err("the answer is lost");
    assert!(exists(&direct, "one").await);
    fault.remove();
    through.create(&PostParams::default(), &config_map("two")).await.expect("the fault is gone");
}

#[tokio::test]
async fn a_held_request_goes_on_when_the_fault_is_removed() {
    let Broken { proxy, namespace: _namespace, direct, through } = broken("held").await;
    let fault = proxy.install(Fault::hold().on(|_, path| path.ends_with("/configmaps")));
    let write = tokio::spawn(async move { through.create(&PostParams::default(), &config_map("one")).await });
    eventually("the request is held", PATIENCE, || async {
        if fault.hits() == 1 { Ok(()) } else { Err(fault.hits()) }
    })
    .await;
    assert!(!exists(&direct, "one").await);
    fault.remove();
    write.await.expect("no panic").expect("it is valid");
    assert!(exists(&direct, "one").await);
}

#[tokio::test]
#[should_panic(expected = "in vain until pigs fly; seen last: \"no pig\"")]
async fn waiting_in_vain_says_for_what_and_what_was_seen() {
    eventually("pigs fly", Duration::from_millis(50), || async { Err::<(), _>("no pig") }).await;
}
