//! A namespace, and an operator that manages it.

use std::{collections::BTreeMap, future::Future, time::Duration};

use appnet::{
    api::{AppNetworkProfile, AppNetworkProfileSpec},
    operator::{Args, Operator},
};
use clap::Parser;
use k8s_openapi::{
    api::{
        core::v1::{Event, Pod, Service},
        networking::v1::NetworkPolicy,
        rbac::v1::{ClusterRole, ClusterRoleBinding},
    },
    apimachinery::pkg::apis::meta::v1::Condition,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{ControlPlane, Namespace, Write, eventually};

/// Long enough for a busy machine; a test that passes never waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the Leases of all scenes are.
pub const LEASES: &str = "default";

/// The Lease of the operator that manages this namespace.
pub fn lease_of(ns: &str) -> String {
    format!("operator-of-{ns}")
}

pub struct Scene {
    pub control_plane: &'static ControlPlane,
    pub client: Client,
    pub ns: Namespace,
    agent: String,
    running: Option<(CancellationToken, Operator)>,
}

impl Scene {
    /// A namespace without an operator.
    pub async fn prepared(prefix: &str) -> Self {
        Self::prepared_on(ControlPlane::shared().await, prefix).await
    }

    /// The same, on a control plane that is not the shared one.
    pub async fn prepared_on(control_plane: &'static ControlPlane, prefix: &str) -> Self {
        let client = control_plane.client().await;
        provide_dns(&client).await;
        let ns = Namespace::create(control_plane, prefix).await;
        let agent = format!("operator-of-{ns}");
        Self { control_plane, client, ns, agent, running: None }
    }

    /// A namespace with an operator.
    pub async fn new(prefix: &str) -> Self {
        let mut scene = Self::prepared(prefix).await;
        scene.start_operator().await;
        scene
    }

    pub async fn start_operator(&mut self) {
        let client = self.control_plane.client_named(&self.agent).await;
        self.start_operator_with(client, &[]).await;
    }

    pub async fn start_operator_with(&mut self, client: Client, flags: &[&str]) {
        assert!(self.running.is_none(), "one operator at a time");
        let stop = CancellationToken::new();
        let ns = self.ns.to_string();
        // A Lease of its own, and not where the test writes: the operators of the other tests stand for election too.
        let lease = lease_of(&ns);
        let own = ["--namespace", &ns, "--lease-namespace", LEASES, "--lease-name", &lease];
        let all = ["appnet-operator", "--listen", "127.0.0.1:0"].into_iter().chain(own).chain(flags.iter().copied());
        let args = Args::try_parse_from(all).expect("these flags exist");
        let operator = Operator::start(client, &args, &stop).await.expect("the operator starts");
        self.running = Some((stop, operator));
    }

    /// Gives a user what the operator needs besides policies and its Lease, and these rules for them.
    pub async fn grant(&self, user: &str, rules: Value) {
        let mut all = json!([
            {"apiGroups": ["appnet.dev"], "resources": ["appnetworkprofiles"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["appnet.dev"], "resources": ["appnetworkprofiles/status"], "verbs": ["update"]},
            {"apiGroups": [""], "resources": ["pods", "namespaces", "services"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
            {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        ]);
        all.as_array_mut().expect("a list").extend(rules.as_array().expect("a list").iter().cloned());
        let role: ClusterRole =
            serde_json::from_value(json!({"metadata": {"name": user}, "rules": all})).expect("a role");
        Api::all(self.client.clone()).create(&PostParams::default(), &role).await.expect("taken");
        let binding: ClusterRoleBinding = serde_json::from_value(json!({"metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}))
        .expect("a binding");
        Api::all(self.client.clone()).create(&PostParams::default(), &binding).await.expect("taken");
    }

    pub async fn stop_operator(&mut self) {
        let (stop, operator) = self.running.take().expect("an operator runs");
        stop.cancel();
        tokio::time::timeout(PATIENCE, operator.stopped()).await.expect("the operator stops in time");
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.ns)
    }

    /// Creates a profile, or replaces its spec.
    pub async fn apply(&self, name: &str, spec: &str) -> AppNetworkProfile {
        self.try_apply(name, spec).await.unwrap_or_else(|error| panic!("profile {name}: {error}"))
    }

    pub async fn try_apply(&self, name: &str, spec: &str) -> kube::Result<AppNetworkProfile> {
        let spec: Value = serde_saphyr::from_str(spec).expect("the test's spec is YAML");
        let profiles: Api<AppNetworkProfile> = self.api();
        match profiles.get_opt(name).await? {
            None => {
                let spec: AppNetworkProfileSpec = serde_json::from_value(spec).expect("the test's spec is a spec");
                profiles.create(&PostParams::default(), &AppNetworkProfile::new(name, spec)).await
            }
            Some(mut profile) => loop {
                profile.spec = serde_json::from_value(spec.clone()).expect("the test's spec is a spec");
                match profiles.replace(name, &PostParams::default(), &profile).await {
                    // The operator wrote its status in between.
                    Err(kube::Error::Api(status)) if status.is_conflict() => profile = profiles.get(name).await?,
                    answer => break answer,
                }
            },
        }
    }

    pub async fn profile(&self, name: &str) -> AppNetworkProfile {
        self.api::<AppNetworkProfile>().get(name).await.expect("the profile is there")
    }

    pub async fn policies(&self) -> BTreeMap<String, NetworkPolicy> {
        let list = self.api::<NetworkPolicy>().list(&ListParams::default()).await.expect("policies can be listed");
        list.items.into_iter().map(|policy| (policy.name_any(), policy)).collect()
    }

    pub async fn policy_names(&self) -> Vec<String> {
        self.policies().await.into_keys().collect()
    }

    pub async fn policy(&self, name: &str) -> NetworkPolicy {
        self.api::<NetworkPolicy>().get(name).await.expect("the policy is there")
    }

    /// Waits until the profile's status speaks of its present generation and `holds`.
    pub async fn until(&self, name: &str, what: &str, holds: impl Fn(&AppNetworkProfile) -> bool) -> AppNetworkProfile {
        eventually(what, PATIENCE, async || {
            let profile = self.profile(name).await;
            let seen = profile.status.as_ref().and_then(|status| status.observed_generation);
            if seen == profile.metadata.generation && holds(&profile) { Ok(profile) } else { Err(profile.status) }
        })
        .await
    }

    pub async fn ready(&self, name: &str) -> AppNetworkProfile {
        self.until(name, &format!("{name} is ready"), |profile| is(profile, "Ready", "True")).await
    }

    /// Waits until the policies are as `holds` says.
    pub async fn until_policies(
        &self,
        what: &str,
        holds: impl Fn(&BTreeMap<String, NetworkPolicy>) -> bool,
    ) -> BTreeMap<String, NetworkPolicy> {
        eventually(what, PATIENCE, async || {
            let policies = self.policies().await;
            if holds(&policies) { Ok(policies) } else { Err(policies) }
        })
        .await
    }

    /// What the operator wrote so far, by the API server's own record; Events are told apart by [`Scene::events`].
    pub fn writes(&self) -> Vec<Write> {
        let mut writes = self.control_plane.writes(&self.agent, &self.ns);
        writes.retain(|write| write.resource != "events");
        writes
    }

    /// Waits until nothing was written for a while: how tests see that nothing more is coming.
    pub async fn quiet(&self) -> Vec<Write> {
        let end = tokio::time::Instant::now() + PATIENCE;
        let (mut writes, mut calm) = (self.writes(), 0);
        while calm < 6 {
            assert!(tokio::time::Instant::now() < end, "the operator writes without end: {writes:#?}");
            tokio::time::sleep(Duration::from_millis(150)).await;
            let now = self.writes();
            calm = if now.len() == writes.len() { calm + 1 } else { 0 };
            writes = now;
        }
        writes
    }

    /// The notes of the Events with this reason; waits for the first, which is published after the status is written.
    pub async fn events(&self, reason: &str) -> Vec<String> {
        eventually(&format!("there is an Event {reason}"), PATIENCE, async || {
            let events = self.api::<Event>().list(&ListParams::default()).await.expect("events can be listed").items;
            let of_reason = events.iter().filter(|event| event.reason.as_deref() == Some(reason));
            let notes: Vec<_> = of_reason.filter_map(|event| event.message.clone()).collect();
            if notes.is_empty() { Err(events) } else { Ok(notes) }
        })
        .await
    }

    /// Changes an object as the field manager `who` would.
    pub async fn edit<K>(&self, who: &str, name: &str, patch: Value)
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + std::fmt::Debug,
    {
        let params = PatchParams { field_manager: Some(who.into()), ..PatchParams::default() };
        self.api::<K>().patch(name, &params, &Patch::Merge(patch)).await.expect("the edit is taken");
    }

    pub async fn delete<K>(&self, name: &str)
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + std::fmt::Debug,
    {
        self.api::<K>().delete(name, &DeleteParams::default()).await.expect("the deletion is taken");
    }

    /// A Pod with these labels. There is no node, so it stays Pending; labels are all that matters here.
    pub async fn pod(&self, name: &str, labels: &[(&str, &str)]) {
        let labels: BTreeMap<_, _> = labels.iter().copied().collect();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "example.com/none", "ports": [{"name": "http", "containerPort": 8080}]}],
                     "automountServiceAccountToken": false},
        }))
        .expect("a Pod");
        self.api().create(&PostParams::default(), &pod).await.expect("the Pod is taken");
    }
}

/// Tiers `web` and `api`; `web` calls `api`.
pub const TWO_TIERS: &str = "
tiers:
- name: web
  podSelector: {matchLabels: {app: web}}
- name: api
  podSelector: {matchLabels: {app: api}}
  ports: [{name: http, port: 8080}]
  from: [{tier: web}]
";

/// The policies of [`TWO_TIERS`] for a profile called `shop`.
pub const TWO_TIERS_POLICIES: [&str; 4] = ["shop-allow-api", "shop-allow-dns", "shop-allow-web", "shop-default-deny"];

/// A condition of the profile's status.
pub fn condition(profile: &AppNetworkProfile, kind: &str) -> Option<Condition> {
    profile.status.iter().flat_map(|status| &status.conditions).find(|condition| condition.type_ == kind).cloned()
}

/// Has this condition this status?
pub fn is(profile: &AppNetworkProfile, kind: &str, status: &str) -> bool {
    condition(profile, kind).is_some_and(|condition| condition.status == status)
}

/// Has this condition this reason?
pub fn because(profile: &AppNetworkProfile, kind: &str, reason: &str) -> bool {
    condition(profile, kind).is_some_and(|condition| condition.reason == reason)
}

/// The cluster's DNS Service, which a control plane without nodes does not have.
pub async fn provide_dns(client: &Client) {
    let service: Service = serde_json::from_value(json!({
        "metadata": {"name": "kube-dns", "labels": {"k8s-app": "kube-dns"}},
        "spec": {"selector": {"k8s-app": "kube-dns"}, "ports": [
            {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]},
    }))
    .expect("a Service");
    match Api::namespaced(client.clone(), "kube-system").create(&PostParams::default(), &service).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.is_already_exists() => {}
        Err(error) => panic!("DNS cannot be provided: {error}"),
    }
}

/// Runs `work`, and panics when it takes longer than a test may.
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} took longer than {PATIENCE:?}"))
}
