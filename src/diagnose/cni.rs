//! Is there anything in the cluster that enforces NetworkPolicy?
//!
//! The API server stores policies whether or not anybody reads them. Running Pods of a known CNI are a sign, no proof:
//! enforcement can be switched off.

use crate::{
    api::{Cni, Reason},
    observe::World,
};

/// What was found out about enforcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// `CNIDetected`, `CNIDoesNotEnforce` or `CNIUnknown`.
    pub reason: Reason,
    /// What was found.
    pub found: String,
    /// What one can do.
    pub advice: &'static str,
}

impl Enforcement {
    /// What was found and what one can do, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}; {}", self.found, self.advice)
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

/// The AWS VPC CNI is left out: it enforces only when it is told to, which its Pods do not show.
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

/// The CNIs of which Pods run and that enforce policies in their usual installation, by name.
#[must_use]
pub fn enforcing(world: &World) -> Vec<&'static str> {
    KNOWN.iter().filter(|cni| cni.enforces && runs(cni, world)).map(|cni| cni.name).collect()
}

fn runs(cni: &Known, world: &World) -> bool {
    PLACES.iter().any(|place| {
        world.pods.classes(place).any(|class| class.labels.get(cni.key).is_some_and(|value| value == cni.value))
    })
}

/// What is known of enforcement.
#[must_use]
pub fn enforcement(setting: Cni, world: &World) -> Enforcement {
    match setting {
        Cni::Cilium => return detected("Cilium, as the platform says"),
        Cni::Standard => return detected("a CNI that enforces NetworkPolicy, as the platform says"),
        Cni::Auto => {}
    }
    let runs = |cni: &&Known| runs(cni, world);
    match (KNOWN.iter().filter(|cni| cni.enforces).find(runs), KNOWN.iter().find(runs)) {
        (Some(cni), _) => detected(cni.name),
        (None, Some(cni)) => Enforcement {
            reason: Reason::CniDoesNotEnforce,
            found: format!(
                "{} does not enforce NetworkPolicy: policies are applied but traffic is still allowed",
                cni.name
            ),
            advice: "install a CNI that enforces them",
        },
        (None, None) => Enforcement {
            reason: Reason::CniUnknown,
            found: "no known CNI was found: if policies are applied but traffic is still allowed, look whether the CNI enforces \
                    NetworkPolicy"
                .into(),
            advice: "the platform's configuration can name it (`cni`)",
        },
    }
}

fn detected(name: &str) -> Enforcement {
    Enforcement {
        reason: Reason::CniDetected,
        found: format!("found {name}"),
        advice: "only a real connection shows that it enforces",
    }
}
