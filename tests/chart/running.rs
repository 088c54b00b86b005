//! An operator with the rights, the flags and the configuration of the chart, as its Pod would have them.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use appnet::{
    api::AppNetworkProfile,
    operator::{Args, Operator},
};
use clap::Parser;
use k8s_openapi::api::{core::v1::Namespace, networking::v1::NetworkPolicy};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    objects::{NAMESPACE, find, objects, string},
    platform::flags,
    rights::rights,
    scene::{TWO_TIERS, because, is, provide_dns},
    support::{ControlPlane, FaultProxy, Seen, eventually},
};

const PATIENCE: Duration = Duration::from_secs(60);
const ACCOUNT: &str = "system:serviceaccount:appnet-system:appnet";

/// Rights that a short life does not use: of a repeated Event, and those for what is done elsewhere.
fn is_for_other_days(right: &str) -> bool {
    right == "events.k8s.io/events patch"
        || right.starts_with("cilium.io/")
        || right.starts_with("coordination.k8s.io/leases")
}

/// The right that a request needs; none for one that asks what there is.
fn right(request: &Seen) -> Option<String> {
    let mut parts: Vec<_> = request.path.trim_matches('/').split('/').collect();
    let group = match parts.remove(0) {
        "api" => String::new(),
        _ => parts.remove(0).to_owned(),
    };
    // The version, and the namespace of what is inside one.
    parts.drain(..1);
    if parts.len() > 2 && parts[0] == "namespaces" {
        parts.drain(..2);
    }
    let (resource, name, part) = (parts.first()?, parts.get(1), parts.get(2));
    let watches = request.query.split('&').any(|pair| pair == "watch=true");
    let verb = match (request.method.as_str(), name) {
        ("GET", None) if watches => "watch",
        ("GET", None) => "list",
        ("GET", Some(_)) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", _) => "delete",
        other => panic!("{other:?}"),
    };
    let part = part.map(|part| format!("/{part}")).unwrap_or_default();
    Some(format!("{group}/{resource}{part} {verb}"))
}

struct Installed {
    granted: BTreeSet<String>,
    flags: Vec<String>,
}

/// Applies the roles, bindings and the account of the chart, and gives what its Pod would be started with.
async fn install(control_plane: &ControlPlane, values: &str) -> Installed {
    let objects = objects(values);
    let kinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
    let items: Vec<_> = objects.iter().filter(|object| kinds.contains(&string(&object["kind"]))).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let answer = control_plane.kubectl_with_input(&["apply", "-f", "-"], &list).await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let of_people =
        |role: &&Value| ["-view", "-edit"].iter().any(|end| string(&role["metadata"]["name"]).ends_with(end));
    let roles = items.iter().filter(|object| string(&object["kind"]).ends_with("Role")).filter(|role| !of_people(role));
    let granted = roles.flat_map(|role| rights(role)).collect();
    let config: PathBuf = control_plane.folder().join("config.yaml");
    std::fs::write(&config, string(&find(&objects, "ConfigMap", "appnet")["data"]["config.yaml"])).expect("ours");
    let own = |flag: &String| ["--config", "--listen"].iter().any(|name| flag.starts_with(name));
    let mut flags: Vec<_> = flags(&objects).into_iter().filter(|flag| !own(flag)).collect();
    flags.extend([
        format!("--config={}", config.display()),
        "--listen=127.0.0.1:0".to_owned(),
        format!("--own-namespace={NAMESPACE}"),
    ]);
    Installed { granted, flags }
}

/// What happens to profiles: one comes, changes, is meddled with, and goes.
async fn live(client: &Client, namespace: &str) {
    let profiles: Api<AppNetworkProfile> = Api::namespaced(client.clone(), namespace);
    let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), namespace);
    let until = async |what: &str, holds: &dyn Fn(&AppNetworkProfile) -> bool| {
        eventually(what, PATIENCE, async || {
            let profile = profiles.get("shop").await.expect("there");
            let seen = profile.status.as_ref().and_then(|status| status.observed_generation);
            if seen == profile.metadata.generation && holds(&profile) { Ok(()) } else { Err(profile.status) }
        })
        .await;
    };
    let spec = |text: &str| serde_saphyr::from_str(text).expect("a spec");
    let profile = AppNetworkProfile::new("shop", spec(TWO_TIERS));
    profiles.create(&PostParams::default(), &profile).await.expect("taken");
    until("the profile is ready", &|profile| is(profile, "Ready", "True")).await;

    let renamed = TWO_TIERS.replace("name: web", "name: front").replace("tier: web", "tier: front");
    let mut profile = profiles.get("shop").await.expect("there");
    profile.spec = spec(&renamed);
    profiles.replace("shop", &PostParams::default(), &profile).await.expect("taken");
    until("the change is in place", &|profile| is(profile, "Ready", "True")).await;

    let edit = Patch::Merge(json!({"spec": {"ingress": [{}]}}));
    policies.patch("shop-allow-api", &PatchParams::default(), &edit).await.expect("taken");
    until("the edit is repaired", &|profile| because(profile, "InSync", "DriftRepaired")).await;

    profiles.delete("shop", &DeleteParams::default()).await.expect("taken");
    eventually("the policies are gone", PATIENCE, async || {
        let left = policies.list(&ListParams::default()).await.expect("listed").items;
        if left.is_empty() { Ok(()) } else { Err(left.len()) }
    })
    .await;
}

#[tokio::test]
async fn the_rights_of_the_chart_are_enough_and_all_of_them_are_used() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    provide_dns(&client).await;
    for namespace in [NAMESPACE, "app", "other"] {
        let namespace = serde_json::from_value(json!({"metadata": {"name": namespace}})).expect("a namespace");
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await.expect("taken");
    }
    for (values, managed) in [("", &["app", "other"][..]), ("watchNamespace: app", &["app"])] {
        let Installed { granted, flags } = install(&control_plane, values).await;
        let proxy = FaultProxy::start(&control_plane).await;
        let mut config = proxy.config();
        config.auth_info.impersonate = Some(ACCOUNT.to_owned());
        let args =
            Args::try_parse_from(["appnet-operator".to_owned()].into_iter().chain(flags)).expect("these flags exist");
        let stop = CancellationToken::new();
        let client_of_operator = Client::try_from(config).expect("complete");
        let operator = Operator::start(client_of_operator, &args, &stop).await.expect("the operator starts");
        for namespace in managed {
            live(&client, namespace).await;
        }
        // An Event is published after the status is written.
        let used = eventually("all rights are used", PATIENCE, async || {
            let used: BTreeSet<_> = proxy.requests().iter().filter_map(right).collect();
            let unused: Vec<_> = granted.difference(&used).filter(|right| !is_for_other_days(right)).cloned().collect();
            if unused.is_empty() { Ok(used) } else { Err(unused) }
        })
        .await;
        let missing: Vec<_> = used.difference(&granted).filter(|right| !right.contains("/leases")).collect();
        assert!(missing.is_empty(), "'{values}' gives no right to {missing:?}");
        stop.cancel();
        tokio::time::timeout(PATIENCE, operator.stopped()).await.expect("it stops in time");
        let answer = control_plane.kubectl(&["delete", "clusterrole", "appnet"]).await;
        assert!(answer.code == Some(0) || values.contains("watchNamespace"), "{}", answer.stderr);
    }
}
