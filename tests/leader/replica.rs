//! One replica of the operator: a process with a user and a way to the API server of its own.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use k8s_openapi::api::{
    coordination::v1::Lease,
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};

use crate::{
    scene::PATIENCE,
    support::{ControlPlane, FaultProxy, eventually},
};

/// The namespace of the Leases.
pub const LEASES: &str = "default";

/// What an operator may do with the Lease.
pub const LEASE_VERBS: [&str; 3] = ["get", "create", "update"];

pub struct Replica {
    /// The host that the operator believes to be on, and the user that it is for the API server.
    pub name: String,
    pub proxy: FaultProxy,
    flags: Vec<String>,
    kubeconfig: PathBuf,
    log: PathBuf,
    child: Option<Child>,
    /// How many times it was started.
    pub starts: usize,
}

impl Replica {
    /// One that may do all it needs, and does not run yet.
    pub async fn new(control_plane: &ControlPlane, name: &str, lease: &str, flags: &[&str]) -> Self {
        let replica = Self::without_rights(control_plane, name, lease, flags).await;
        grant(&control_plane.client().await, name, &LEASE_VERBS).await;
        replica
    }

    pub async fn without_rights(control_plane: &ControlPlane, name: &str, lease: &str, flags: &[&str]) -> Self {
        let own = ["--listen", "127.0.0.1:0", "--lease-namespace", LEASES, "--lease-name", lease];
        let flags = own.iter().chain(flags).map(ToString::to_string).collect();
        Self::with_flags(control_plane, name, flags).await
    }

    /// One with these flags and no others.
    pub async fn with_flags(control_plane: &ControlPlane, name: &str, flags: Vec<String>) -> Self {
        let proxy = FaultProxy::start(control_plane).await;
        let file = |kind: &str| {
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("leader-{name}-{}.{kind}", std::process::id()))
        };
        let (kubeconfig, log) = (file("kubeconfig"), file("log"));
        let server = proxy.config().cluster_url.to_string();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "users": [{"name": "it", "user": {"as": name}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        fs::write(&kubeconfig, config.to_string()).expect("the tests' folder can be written");
        File::create(&log).expect("the tests' folder can be written");
        Self { name: name.into(), proxy, flags, kubeconfig, log, child: None, starts: 0 }
    }

    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = OpenOptions::new().append(true).open(&self.log).expect("the log is there");
        let child = Command::new(env!("CARGO_BIN_EXE_appnet-operator"))
            .env_clear()
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOSTNAME", &self.name)
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.expect("it starts"));
        self.starts += 1;
    }

    /// What all its processes said so far, line by line.
    pub fn said(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.log).expect("the log is there");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until a line holds each of these texts.
    pub async fn says(&self, texts: &[&str]) {
        eventually(&format!("{} says {texts:?}", self.name), PATIENCE, async || {
            let said: Vec<_> = self.said().iter().map(ToString::to_string).collect();
            if said.iter().any(|line| texts.iter().all(|text| line.contains(text))) { Ok(()) } else { Err(said) }
        })
        .await;
    }

    /// What the endpoint of its present process answers; nothing while it does not listen yet.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let started: Vec<_> = self.said().into_iter().filter(|line| line["message"] == "started").collect();
        let address = started.get(self.starts.checked_sub(1)?)?["address"].as_str()?.to_owned();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let code = answer.split(' ').nth(1)?.parse().ok()?;
        Some((code, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
    }

    /// The value of one of its metrics.
    pub fn metric(&self, name: &str) -> Option<String> {
        let (_, metrics) = self.get("/metrics")?;
        metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
    }

    pub async fn ready(&self) {
        eventually(&format!("{} is ready", self.name), PATIENCE, async || match self.get("/readyz") {
            Some((200, _)) => Ok(()),
            other => Err((other, self.said())),
        })
        .await;
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }

    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        eventually(&format!("{} ends", self.name), PATIENCE, || {
            std::future::ready(child.try_wait().expect("it is ours").ok_or_else(|| self.said()))
        })
        .await
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Ours, by its handle; also when it is stopped.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let said: Vec<_> = self.said().iter().map(ToString::to_string).collect();
            let last = said.len().saturating_sub(40);
            eprintln!("the last lines of {}:\n{}", self.name, said[last..].join("\n"));
        }
        let _ = fs::remove_file(&self.kubeconfig);
        let _ = fs::remove_file(&self.log);
    }
}

/// The Lease, once there is one.
pub async fn lease(client: &Client, name: &str) -> Option<Lease> {
    Api::namespaced(client.clone(), LEASES).get_opt(name).await.expect("an answer")
}

/// Who holds the Lease.
pub async fn holder(client: &Client, name: &str) -> Option<String> {
    lease(client, name).await.and_then(|lease| lease.spec?.holder_identity)
}

/// Waits until one of the replicas holds the Lease, and tells which by its name.
pub async fn leader(client: &Client, lease: &str, replicas: &[&str]) -> String {
    eventually(&format!("one of {replicas:?} leads"), PATIENCE, async || {
        let held = holder(client, lease).await;
        let name = held.as_deref().and_then(|identity| identity.rsplit_once('_')).map(|(name, _)| name.to_owned());
        name.filter(|name| replicas.contains(&name.as_str())).ok_or(held)
    })
    .await
}

/// All that the operator needs, with these verbs on Leases.
pub async fn grant(client: &Client, user: &str, lease_verbs: &[&str]) {
    let subjects = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]);
    let of = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": user});
    let role: ClusterRole = serde_json::from_value(json!({"metadata": {"name": user}, "rules": [
        {"apiGroups": ["appnet.dev"], "resources": ["appnetworkprofiles"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["appnet.dev"], "resources": ["appnetworkprofiles/status"], "verbs": ["update"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"],
         "verbs": ["list", "watch", "create", "update", "delete"]},
        {"apiGroups": [""], "resources": ["pods", "namespaces", "services"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
    ]}))
    .expect("a role");
    let binding: ClusterRoleBinding =
        serde_json::from_value(json!({"metadata": {"name": user}, "roleRef": of("ClusterRole"), "subjects": subjects}))
            .expect("a binding");
    let lease_role: Role = serde_json::from_value(json!({"metadata": {"name": user}, "rules": [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": lease_verbs}]}))
    .expect("a role");
    let lease_binding: RoleBinding =
        serde_json::from_value(json!({"metadata": {"name": user}, "roleRef": of("Role"), "subjects": subjects}))
            .expect("a binding");
    let params = PostParams::default();
    Api::all(client.clone()).create(&params, &role).await.expect("taken");
    Api::all(client.clone()).create(&params, &binding).await.expect("taken");
    Api::namespaced(client.clone(), LEASES).create(&params, &lease_role).await.expect("taken");
    Api::namespaced(client.clone(), LEASES).create(&params, &lease_binding).await.expect("taken");
}
