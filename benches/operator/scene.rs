//! Namespaces with profiles and Pods, created fast.

use std::{fmt::Debug, time::Duration};

use appnet::api::AppNetworkProfile;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Namespace, Pod, Service};
use kube::{Api, Client, Resource, ResourceExt, api::PostParams, runtime::watcher};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

/// Requests at the same time while something is prepared.
const AT_ONCE: usize = 32;
/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// Tiers of each profile.
pub const TIERS: [&str; 3] = ["web", "api", "db"];

/// How profiles are spread.
#[derive(Clone, Copy)]
pub struct Setting {
    pub namespaces: usize,
    pub profiles_each: usize,
}

impl Setting {
    pub const fn profiles(self) -> usize {
        self.namespaces * self.profiles_each
    }
}

pub async fn create_all<K>(client: &Client, objects: Vec<K>)
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize,
{
    stream::iter(objects.into_iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |object: K| {
            let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
            api.create(&PostParams::default(), &object).await.map(drop)
        })
        .await
        .expect("everything is created");
}

pub async fn create_namespaces(client: &Client, names: Vec<String>) {
    let api: Api<Namespace> = Api::all(client.clone());
    stream::iter(names.into_iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |name: String| {
            let namespace = Namespace { metadata: name_only(name), ..Namespace::default() };
            api.create(&PostParams::default(), &namespace).await.map(drop)
        })
        .await
        .expect("every namespace is created");
}

fn name_only(name: String) -> kube::api::ObjectMeta {
    kube::api::ObjectMeta { name: Some(name), ..kube::api::ObjectMeta::default() }
}

/// The cluster's DNS Service, which a control plane without nodes does not have.
pub async fn provide_dns(client: &Client) {
    let service: Service = serde_json::from_value(json!({
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
        "spec": {"selector": {"k8s-app": "kube-dns"}, "ports": [
            {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]},
    }))
    .expect("a Service");
    create_all(client, vec![service]).await;
}

/// Namespaces, profiles, and a Pod for each tier, so that every selector matches something.
pub async fn provide(client: &Client, prefix: &str, setting: Setting) {
    let namespaces: Vec<_> = (0..setting.namespaces).map(|at| format!("{prefix}-{at:04}")).collect();
    let apps: Vec<_> = (0..setting.profiles_each).map(|at| format!("app-{at:02}")).collect();
    create_namespaces(client, namespaces.clone()).await;
    let each = || namespaces.iter().flat_map(|namespace| apps.iter().map(move |app| (namespace, app)));
    let pods = each().flat_map(|(namespace, app)| TIERS.map(|tier| pod(namespace, app, tier))).collect();
    create_all::<Pod>(client, pods).await;
    create_all::<AppNetworkProfile>(client, each().map(|(namespace, app)| profile(namespace, app)).collect()).await;
}

fn pod(namespace: &str, app: &str, tier: &str) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": format!("{app}-{tier}"), "namespace": namespace, "labels": {"app": app, "tier": tier}},
        "spec": {"containers": [{"name": "main", "image": "example.com/none"}], "automountServiceAccountToken": false},
    }))
    .expect("a Pod")
}

fn profile(namespace: &str, app: &str) -> AppNetworkProfile {
    let selector = |tier: &str| json!({"matchLabels": {"app": app, "tier": tier}});
    serde_json::from_value(json!({
        "apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile",
        "metadata": {"name": app, "namespace": namespace},
        "spec": {"tiers": [
            {"name": "web", "podSelector": selector("web"), "ports": [{"name": "http", "port": 8080}],
             "from": [{"cidr": "203.0.113.0/24"}]},
            {"name": "api", "podSelector": selector("api"), "ports": [{"name": "grpc", "port": 9000}],
             "from": [{"tier": "web"}],
             "to": [{"name": "payments", "cidr": "198.51.100.0/24", "ports": [{"port": 443}]}]},
            {"name": "db", "podSelector": selector("db"), "ports": [{"name": "sql", "port": 5432}],
             "from": [{"tier": "api"}]},
        ]},
    }))
    .expect("a profile")
}

/// Is the profile ready?
pub fn is_ready(profile: &AppNetworkProfile) -> bool {
    let conditions = profile.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Waits until this many profiles are ready.
pub async fn all_ready(client: &Client, wanted: usize) {
    let mut ready = std::collections::HashSet::new();
    let mut events = std::pin::pin!(watcher(Api::<AppNetworkProfile>::all(client.clone()), watcher::Config::default()));
    let all = async {
        while ready.len() < wanted {
            match events.next().await.expect("a watch has no end").expect("profiles can be watched") {
                watcher::Event::Apply(profile) | watcher::Event::InitApply(profile) if is_ready(&profile) => {
                    ready.insert((profile.namespace(), profile.name_any()));
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("every profile gets ready");
}
