//! Is there anything in the cluster that enforces NetworkPolicy?
//!
//! The API server stores policies whether or not anybody reads them. Running Pods of a known CNI are a sign, and where its
//! settings were read, so are these. Only a connection is a proof.

use super::Fix;
use crate::{
    api::{Cni, Reason},
    observe::{CiliumConfig, NetworkSigns, PodClass, World},
};

/// What was found out about enforcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// `CNIDetected`, `CNIDoesNotEnforce` or `CNIUnknown`.
    pub reason: Reason,
    /// What was found.
    pub found: String,
    /// What one can do.
    pub fix: Fix,
}

impl Enforcement {
    /// What was found and what one can do, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let (Fix::Command(what) | Fix::Ask(what) | Fix::Do(what)) = &self.fix;
        format!("{}; {what}", self.found)
    }
}

/// A CNI by the label that its Pods carry in its usual installation.
struct Known {
    name: &'static str,
    key: &'static str,
    value: &'static str,
    enforces: bool,
}

const fn known(name: &'static str, key: &'static str, value: &'static str, enforces: bool) -> Known {
    Known { name, key, value, enforces }
}

/// The AWS VPC CNI is left out: it enforces only when it is told to, which the labels of its Pods do not show.
const KNOWN: &[Known] = &[
    known("Cilium", "k8s-app", "cilium", true),
    known("Calico", "k8s-app", "calico-node", true),
    known("Canal", "k8s-app", "canal", true),
    known("Antrea", "component", "antrea-agent", true),
    known("Weave Net", "name", "weave-net", true),
    known("kube-router", "k8s-app", "kube-router", true),
    known("OVN-Kubernetes", "app", "ovnkube-node", true),
    known("kindnet", "app", "kindnet", true),
    known("flannel", "app", "flannel", false),
];

/// The namespaces in which CNIs are installed.
const PLACES: &[&str] = &[
    "kube-system",
    "calico-system",
    "kube-flannel",
    "cilium",
    "cilium-system",
    "openshift-ovn-kubernetes",
    "ovn-kubernetes",
];

/// The first release of kindnet that enforces policies: that of kind 0.24 (kubernetes-sigs/kind#3612).
const KINDNET: u32 = 20_240_813;

/// Where those are that come with the cluster and are installed nowhere else.
const SYSTEM: &[&str] = &["kube-system"];

const AWS_NAME: &str = "the AWS VPC CNI";

/// Pods of the AWS VPC CNI.
const AWS: (&str, &str) = ("k8s-app", "aws-node");

/// An object that tells whether a CNI enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Telling {
    /// Its kind.
    pub kind: TellingKind,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// The kinds of such objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TellingKind {
    /// Settings.
    ConfigMap,
    /// The program itself, with its flags and version.
    DaemonSet,
}

/// The objects that tell it of the CNIs of which Pods run. They are looked for where CNIs are installed, which is not where apps
/// are.
#[must_use]
pub fn telling(world: &World) -> Vec<Telling> {
    let known = [
        (("k8s-app", "cilium"), PLACES, TellingKind::ConfigMap, "cilium-config"),
        (AWS, SYSTEM, TellingKind::ConfigMap, "amazon-vpc-cni"),
        (AWS, SYSTEM, TellingKind::DaemonSet, "aws-node"),
        (("app", "kindnet"), SYSTEM, TellingKind::DaemonSet, "kindnet"),
    ];
    let of_one = |(label, places, kind, name): (_, &'static [&'static str], _, _)| {
        let places = places.iter().filter(move |place| runs_in(place, label, world));
        places.map(move |namespace| Telling { kind, namespace, name })
    };
    known.into_iter().flat_map(of_one).collect()
}

/// Their agents are on the host network, which Pods of tenants may not be where anybody looks after that: labels alone can be
/// anybody's who may make a namespace.
fn runs_in(place: &str, (key, value): (&str, &str), world: &World) -> bool {
    let is = |class: &PodClass| class.host_network && class.labels.get(key).is_some_and(|known| known == value);
    world.pods.classes(place).any(is)
}

/// What is known of enforcement.
#[must_use]
pub fn enforcement(setting: Cni, world: &World) -> Enforcement {
    match setting {
        Cni::Cilium => return detected("Cilium, as the platform says"),
        Cni::Standard => return detected("a CNI that enforces NetworkPolicy, as the platform says"),
        Cni::Auto => {}
    }
    let runs = |places: &[&str], label| places.iter().any(|place| runs_in(place, label, world));
    let running: Vec<_> = KNOWN.iter().filter(|cni| runs(PLACES, (cni.key, cni.value))).collect();
    let aws = runs(SYSTEM, AWS);
    // What is left of one that is gone says nothing.
    let mut off = switched_off(&world.network);
    off.retain(|off| (off.name == AWS_NAME && aws) || running.iter().any(|cni| cni.name == off.name));
    let enforces = |cni: &&&Known| cni.enforces && off.iter().all(|off| off.name != cni.name);
    // Another one beside it may enforce in its place, as Calico does beside the AWS VPC CNI.
    if let Some(cni) = running.iter().find(enforces) {
        return detected(cni.name);
    }
    if aws && world.network.aws_enforces() == Some(true) {
        return detected("the AWS VPC CNI with `--enable-network-policy=true`");
    }
    if !off.is_empty() {
        let found: Vec<_> = off.iter().map(|off| off.found.as_str()).collect();
        let found = format!("{}: policies are applied but traffic is still allowed", found.join("; "));
        return Enforcement { reason: Reason::CniDoesNotEnforce, found, fix: off.swap_remove(0).fix };
    }
    match running.first() {
        Some(cni) => Enforcement {
            reason: Reason::CniDoesNotEnforce,
            found: format!(
                "{} does not enforce NetworkPolicy: policies are applied but traffic is still allowed",
                cni.name
            ),
            fix: Fix::Do("install a CNI that enforces NetworkPolicy, such as Cilium or Calico".to_owned()),
        },
        None => Enforcement {
            reason: Reason::CniUnknown,
            found: "no known CNI was found: if policies are applied but traffic is still allowed, look whether the CNI enforces \
                    NetworkPolicy"
                .into(),
            fix: Fix::Do("the platform's configuration can name it (`cni`)".to_owned()),
        },
    }
}

fn detected(name: &str) -> Enforcement {
    Enforcement {
        reason: Reason::CniDetected,
        found: format!("found {name}"),
        fix: Fix::Do("only a real connection shows that it enforces".to_owned()),
    }
}

/// A CNI that could enforce policies and is told not to.
struct Off {
    name: &'static str,
    found: String,
    fix: Fix,
}

fn switched_off(signs: &NetworkSigns) -> Vec<Off> {
    let mut all = Vec::new();
    if let Some(CiliumConfig { namespace, enable_policy, takes_network_policies }) = &signs.cilium {
        let off = match (enable_policy.as_str(), takes_network_policies) {
            ("never", _) => Some(("enable-policy", "never", "default")),
            (_, false) => Some(("enable-k8s-networkpolicy", "false", "true")),
            (_, true) => None,
        };
        all.extend(off.map(|(setting, value, good)| Off {
            name: "Cilium",
            found: format!("Cilium's setting `{setting}` is '{value}': it runs and enforces no NetworkPolicy"),
            fix: Fix::Command(format!(
                "kubectl -n {namespace} patch configmap cilium-config --type merge -p '{{\"data\":{{\"{setting}\":\"{good}\"}}}}' && \
                 kubectl -n {namespace} rollout restart daemonset/cilium"
            )),
        }));
    }
    if signs.aws_enforces() == Some(false) {
        let found = if signs.aws_agent == Some(false) {
            "the AWS VPC CNI runs without `--enable-network-policy=true`: it enforces no policy"
        } else {
            "the ConfigMap `amazon-vpc-cni` switches the policy controller of the AWS VPC CNI off: it enforces no policy"
        };
        all.push(Off {
            name: AWS_NAME,
            found: found.to_owned(),
            fix: Fix::Do("switch on `enableNetworkPolicy` in the settings of the add-on vpc-cni".to_owned()),
        });
    }
    if let Some(day) = signs.kindnet.filter(|day| *day < KINDNET) {
        all.push(Off {
            name: "kindnet",
            found: format!("kindnet v{day} is of before v{KINDNET}, the first that enforces policies"),
            fix: Fix::Do("create the cluster with kind 0.24 or newer, or install another CNI".to_owned()),
        });
    }
    all
}
