//! A namespace with Pods, the profile of the app in it, and connections between them.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};

use crate::cluster::{Cluster, eventually};

/// A namespace. It is removed by the end of the node.
pub struct Place {
    pub cluster: &'static Cluster,
    pub name: String,
}

/// A Pod that serves the probe's answer on its ports.
pub struct Server {
    manifest: Value,
}

impl Server {
    /// A Pod with the label `app: NAME` that listens on these TCP ports, of which there must be one: without, the probe says how
    /// it is called and ends, so that the Pod is ready for a moment now and then.
    pub fn new(name: &str, ports: &[u16]) -> Self {
        assert!(!ports.is_empty(), "{name} has no port to listen on");
        let args: Vec<_> = std::iter::once("serve".to_owned()).chain(ports.iter().map(u16::to_string)).collect();
        let named: Vec<_> = ports.iter().map(|port| json!({"containerPort": port})).collect();
        Self {
            manifest: json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "labels": {"app": name}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "probe", "image": "docker.io/appnet-lab/probe:1", "imagePullPolicy": "Never",
                        "args": args, "ports": named}],
                },
            }),
        }
    }

    /// As an object, to be changed further.
    pub fn object(self) -> Value {
        self.manifest
    }

    /// With these labels in place of `app: NAME`.
    pub fn labelled(mut self, labels: Value) -> Self {
        self.manifest["metadata"]["labels"] = labels;
        self
    }

    /// With a name for one of its ports.
    pub fn port_named(mut self, name: &str, port: u16) -> Self {
        let ports = self.manifest["spec"]["containers"][0]["ports"].as_array_mut().expect("ports");
        for entry in ports.iter_mut().filter(|entry| entry["containerPort"] == port) {
            entry["name"] = json!(name);
        }
        self
    }

    /// In the node's own network namespace.
    pub fn on_the_host_network(mut self) -> Self {
        self.manifest["spec"]["hostNetwork"] = json!(true);
        self
    }
}

impl Place {
    /// A namespace on the shared node, without Pods.
    pub fn new(prefix: &str) -> Self {
        Self::on(Cluster::shared(), prefix)
    }

    pub fn on(cluster: &'static Cluster, prefix: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{prefix}-{}", MADE.fetch_add(1, Ordering::Relaxed));
        cluster.kubectl(&["create", "namespace", &name]);
        // A bare Pod is refused before its namespace has one.
        eventually("there is a default service account", || {
            cluster.try_kubectl(&["-n", &name, "get", "serviceaccount", "default"], "")
        });
        Self { cluster, name }
    }

    /// Starts these Pods and waits until they run.
    pub fn start(&self, servers: &[Server]) {
        self.start_all(&servers.iter().map(|server| server.manifest.clone()).collect::<Vec<_>>());
    }

    /// Applies these objects here, and waits until all Pods of the namespace run.
    pub fn start_all(&self, objects: &[Value]) {
        self.apply(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
        self.wait_for_pods();
    }

    pub fn wait_for_pods(&self) {
        eventually("every Pod is ready", || {
            self.try_kubectl(&["wait", "pod", "--all", "--for=condition=Ready", "--timeout=20s"]).map_err(|error| {
                format!("{error}\n{}", self.try_kubectl(&["describe", "pods"]).unwrap_or_else(|error| error))
            })
        });
    }

    pub fn apply(&self, yaml: &str) {
        self.cluster
            .try_kubectl(&["-n", &self.name, "apply", "-f", "-"], yaml)
            .unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    }

    pub fn kubectl(&self, args: &[&str]) -> String {
        self.try_kubectl(args).unwrap_or_else(|error| panic!("kubectl {args:?}: {error}"))
    }

    pub fn try_kubectl(&self, args: &[&str]) -> Result<String, String> {
        self.cluster.try_kubectl(&[&["-n", self.name.as_str()], args].concat(), "")
    }

    pub fn get(&self, what: &[&str]) -> Value {
        let text = self.kubectl(&[&["get", "-o", "json"], what].concat());
        serde_json::from_str(&text).expect("kubectl prints JSON")
    }

    /// A Pod's address.
    pub fn address(&self, pod: &str) -> String {
        self.get(&["pod", pod])["status"]["podIP"].as_str().expect("a Pod that runs has an address").to_owned()
    }

    /// A port of a Pod, as a target of the probe.
    pub fn tcp(&self, pod: &str, port: u16) -> String {
        format!("tcp:{}:{port}", self.address(pod))
    }

    /// Writes the profile `shop` with this spec and waits until it is ready.
    pub fn profile(&self, spec: &str) -> Value {
        self.write_profile(spec);
        self.until_profile("it is ready", |profile| condition(profile, "Ready").0 == "True")
    }

    pub fn write_profile(&self, spec: &str) {
        let spec: Value = serde_saphyr::from_str(&flush_left(spec)).expect("the test's spec is YAML");
        let profile = json!({
            "apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile", "metadata": {"name": "shop"}, "spec": spec,
        });
        let file = profile.to_string();
        // Not `apply`, which would keep what a former spec of this test said and this one leaves out.
        eventually("the profile is written", || {
            let write = |verb| self.cluster.try_kubectl(&["-n", &self.name, verb, "-f", "-"], &file);
            match write("replace") {
                Ok(_) => Ok(()),
                Err(said) if said.contains("(NotFound)") => match write("create") {
                    Ok(_) => Ok(()),
                    Err(said) => panic!("{said}\n{file}"),
                },
                // The operator wrote between kubectl's read and its write.
                Err(said) if said.contains("(Conflict)") => Err(said),
                Err(said) => panic!("{said}\n{file}"),
            }
        });
    }

    /// Waits until the profile's status speaks of its present generation and `holds`.
    pub fn until_profile(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || {
            let profile = self.get(&["appnet", "shop"]);
            let current = profile["status"]["observedGeneration"] == profile["metadata"]["generation"];
            if current && holds(&profile) { Ok(profile) } else { Err(profile["status"].clone()) }
        })
    }

    /// Does one new connection from the Pod succeed?
    pub fn open(&self, pod: &str, target: &str) -> bool {
        eventually(&format!("{pod} has the time to try {target}"), || {
            match self.try_kubectl(&["exec", pod, "--", "/probe", "once", target]) {
                Ok(_) => Ok(true),
                // The probe's own answers. Anything else, such as a Pod that is gone, is no answer at all.
                Err(said) if said.trim_end().ends_with("command terminated with exit code 1") => Ok(false),
                Err(said) if said.trim_end().ends_with("command terminated with exit code 3") => Err(said),
                Err(said) => panic!("{pod} cannot try {target}: {said}"),
            }
        })
    }

    /// Each line: from this Pod, to this target, open or shut. A policy takes a moment to reach the data plane, so a
    /// wrong answer is asked for again; a right one twice. What is open stays so also where a packet is late for once; what is
    /// shut may not open at all.
    pub fn expect(&self, what: &str, connections: &[(&str, &str, Verdict)]) {
        for (pod, target, verdict) in connections {
            let wanted = *verdict == Open;
            eventually(&format!("{what}: {pod} -> {target} is {verdict:?}"), || {
                if self.open(pod, target) == wanted { Ok(()) } else { Err(self.evidence()) }
            });
        }
        sleep(Duration::from_millis(300));
        for (pod, target, verdict) in connections {
            let tries = if *verdict == Open { 3 } else { 1 };
            let open = (0..tries).any(|_| self.open(pod, target));
            assert_eq!(open, *verdict == Open, "{what}: {pod} -> {target} a second time\n{}", self.evidence());
        }
    }

    fn evidence(&self) -> String {
        self.try_kubectl(&["get", "appnet,networkpolicy,pods", "-o", "wide", "--show-labels"])
            .unwrap_or_else(|error| error)
    }
}

/// The text without the indentation that its second and further lines have in the source.
pub fn flush_left(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let common = text.lines().skip(1).map(indentation).min().unwrap_or_default();
    let lines = text.lines().enumerate().map(|(i, line)| if i == 0 { line } else { &line[common..] });
    lines.collect::<Vec<_>>().join("\n")
}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Open,
    Shut,
}
pub use Verdict::{Open, Shut};

/// Status, reason and message of a condition.
pub fn condition(profile: &Value, kind: &str) -> (String, String, String) {
    let conditions: BTreeMap<_, _> = profile["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|condition| (condition["type"].as_str().unwrap_or_default(), condition))
        .collect();
    let text = |field: &str| conditions.get(kind).and_then(|c| c[field].as_str()).unwrap_or_default().to_owned();
    (text("status"), text("reason"), text("message"))
}
