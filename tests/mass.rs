//! Many at once, on a control plane of their own: deletions in order, and Pods that come and go without a single write.

#[path = "operator/scene.rs"]
#[allow(dead_code, reason = "the scene serves other tests too")]
mod scene;
mod support;

use std::{collections::BTreeMap, time::Duration};

use appnet::{
    api::AppNetworkProfile,
    operator::{Args, Operator},
};
use clap::Parser;
use futures::{StreamExt, stream};
use k8s_openapi::api::{
    core::v1::{Namespace, Pod},
    networking::v1::NetworkPolicy,
};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use scene::provide_dns;
use serde_json::{Value, json};
use support::{ControlPlane, deletions, eventually, too_early};
use tokio_util::sync::CancellationToken;

const LONG: Duration = Duration::from_secs(400);
/// Requests under way at the same time.
const AT_ONCE: usize = 16;

async fn operator(control_plane: &ControlPlane) -> (CancellationToken, Operator) {
    let stop = CancellationToken::new();
    let args = Args::try_parse_from(["appnet-operator", "--listen", "127.0.0.1:0"]).expect("these flags exist");
    let client = control_plane.client_named("appnet-operator").await;
    let operator = Operator::start(client, &args, &stop).await.expect("the operator starts");
    (stop, operator)
}

async fn namespaces(client: &Client, prefix: &str, count: usize) -> Vec<String> {
    let names: Vec<_> = (0..count).map(|number| format!("{prefix}-{number}")).collect();
    for name in &names {
        let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).expect("a namespace");
        Api::all(client.clone()).create(&PostParams::default(), &namespace).await.expect("taken");
    }
    names
}

/// What a kubelet writes of a Pod that starts, becomes ready, fails a probe and recovers.
fn life(number: usize) -> [Value; 4] {
    let address = format!("10.1.{}.{}", number / 250, number % 250 + 1);
    [false, true, false, true].map(|ready| {
        let ready = if ready { "True" } else { "False" };
        json!({"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [
            {"type": "Ready", "status": ready}, {"type": "ContainersReady", "status": ready}]}})
    })
}

/// The must of the whole design: the garbage collector takes the deny, then the policy for DNS, then those of the tiers.
#[tokio::test]
async fn of_two_hundred_profiles_deleted_at_once_no_policy_goes_before_one_that_has_to_go_first() {
    const PROFILES: usize = 200;
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    provide_dns(&client).await;
    let _operator = operator(&control_plane).await;
    let namespaces = namespaces(&client, "mass", 25).await;
    let spec = "tiers: [{name: only, podSelector: {matchLabels: {app: only}}, ports: [{name: http, port: 80}]}]";
    let spec: appnet::api::AppNetworkProfileSpec = serde_saphyr::from_str(spec).expect("a spec");
    let profiles: Vec<_> =
        (0..PROFILES).map(|number| (namespaces[number % namespaces.len()].clone(), format!("p{number}"))).collect();
    stream::iter(&profiles)
        .for_each_concurrent(AT_ONCE, async |(namespace, name)| {
            let profile = AppNetworkProfile::new(name, spec.clone());
            Api::namespaced(client.clone(), namespace).create(&PostParams::default(), &profile).await.expect("taken");
        })
        .await;
    let policies: Api<NetworkPolicy> = Api::all(client.clone());
    let armed = |policy: &&NetworkPolicy| {
        policy.spec.iter().flat_map(|spec| &spec.pod_selector).all(|selector| selector.match_expressions.is_none())
    };
    let from = eventually("all policies are there, and armed", LONG, async || {
        let list = policies.list(&ListParams::default()).await.expect("a list");
        let ready = list.items.iter().filter(armed).count();
        if ready == PROFILES * 3 { Ok(list.metadata.resource_version.expect("a version")) } else { Err(ready) }
    })
    .await;

    let delete = stream::iter(&profiles).for_each_concurrent(AT_ONCE, async |(namespace, name)| {
        let api: Api<AppNetworkProfile> = Api::namespaced(client.clone(), namespace);
        api.delete(name, &DeleteParams::background()).await.expect("taken");
    });
    let all = deletions(&policies, &from, PROFILES * 3);
    let both = async { futures::join!(all, delete) };
    let (order, ()) = tokio::time::timeout(LONG, both).await.expect("the deletions end in time");

    let mut roles: BTreeMap<_, usize> = BTreeMap::new();
    for deleted in &order {
        *roles.entry(deleted.role.as_str()).or_default() += 1;
    }
    assert_eq!(roles, BTreeMap::from([("default-deny", PROFILES), ("dns", PROFILES), ("tier", PROFILES)]));
    assert_eq!(too_early(&order), Vec::<&support::Deleted>::new());
    let late: Vec<_> = control_plane
        .all_writes()
        .into_iter()
        .filter(|write| {
            write.user_agent.starts_with("appnet-operator")
                && write.verb == "create"
                && write.resource == "networkpolicies"
        })
        .collect();
    assert_eq!(late.len(), PROFILES * 3, "nothing is created anew while all goes");
}

#[tokio::test]
async fn a_thousand_pods_come_and_go_without_a_single_write() {
    const PODS: usize = 1000;
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    provide_dns(&client).await;
    let namespace = &namespaces(&client, "churn", 1).await[0];
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let create = async |name: String, app: &str| {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": name, "labels": {"app": app, "pod-template-hash": format!("{:x}", name.len())}},
            "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}
        }))
        .expect("a Pod");
        pods.create(&PostParams::default(), &pod).await.expect("taken");
    };
    create("api".into(), "api").await;
    create("web".into(), "web").await;
    let _operator = operator(&control_plane).await;
    let spec = serde_saphyr::from_str(scene::TWO_TIERS).expect("a spec");
    let profiles: Api<AppNetworkProfile> = Api::namespaced(client.clone(), namespace);
    profiles.create(&PostParams::default(), &AppNetworkProfile::new("shop", spec)).await.expect("taken");
    eventually("the profile is ready", LONG, async || {
        let profile = profiles.get("shop").await.expect("there");
        if scene::because(&profile, "Ready", "Reconciled") { Ok(()) } else { Err(profile.status) }
    })
    .await;
    let writes = || control_plane.writes("appnet-operator", namespace);
    // Four policies, two of them once more, a status, and two Events after it.
    eventually("the events are written", LONG, async || if writes().len() >= 9 { Ok(()) } else { Err(writes()) }).await;
    let before = writes();

    stream::iter(0..PODS)
        .for_each_concurrent(AT_ONCE, async |number| {
            let app = if number % 2 == 0 { "api" } else { "web" };
            let name = format!("{app}-{number}");
            create(name.clone(), app).await;
            for status in life(number) {
                let patch = Patch::Merge(status);
                let pod = pods.patch_status(&name, &PatchParams::default(), &patch).await.expect("taken");
                assert_eq!(pod.status.and_then(|status| status.phase).as_deref(), Some("Running"));
            }
        })
        .await;
    stream::iter(0..PODS)
        .for_each_concurrent(AT_ONCE, async |number| {
            let app = if number % 2 == 0 { "api" } else { "web" };
            pods.delete(&format!("{app}-{number}"), &DeleteParams::default().grace_period(0)).await.expect("taken");
        })
        .await;
    // What the operator makes of the last of them, it makes well within this time.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(writes(), before);
}
