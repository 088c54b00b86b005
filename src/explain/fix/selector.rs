//! How a rule names a workload or an address: by everything that stays the same as long as it is the same workload.

use std::collections::BTreeMap;

use super::super::{case::Group, find::hands_out_credentials, setting::Setting};
use crate::reach::End;

/// Labels that the control plane or a release changes: a rule that asks for them stops to match some day.
const PASSING: [&str; 11] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
    "helm.sh/chart",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "deployment",
];

/// Is it one of them?
#[must_use]
pub fn passes(key: &str) -> bool {
    PASSING.contains(&key)
}

/// An end as rules name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Pods of a namespace with these labels.
    Pods { namespace: String, labels: BTreeMap<String, String> },
    /// One address, as a block.
    Block(String),
}

/// The end that these groups make up; nothing when no rule can name it.
pub(super) fn named(setting: &Setting<'_>, groups: &[&Group]) -> Option<Named> {
    if let End::Address(address) = groups.first()?.end {
        if hands_out_credentials(address) {
            return None;
        }
        return Some(Named::Block(format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })));
    }
    let mut pods = groups.iter().flat_map(|group| &group.pods).map(|id| &setting.picture.pods[*id as usize]);
    let first = pods.next()?;
    let mut labels = first.labels.clone();
    labels.retain(|key, _| !PASSING.contains(&key.as_str()));
    if first.host_network {
        return None;
    }
    for pod in pods {
        if pod.host_network || pod.namespace != first.namespace {
            return None;
        }
        labels.retain(|key, value| pod.labels.get(key) == Some(value));
    }
    (!labels.is_empty()).then(|| Named::Pods { namespace: first.namespace.clone(), labels })
}

impl Named {
    /// A word for it in names of policies and destinations.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Pods { labels, .. } => {
                let keys = ["app.kubernetes.io/name", "app", "k8s-app", "name"];
                let value = keys.iter().find_map(|key| labels.get(*key)).or_else(|| labels.values().next());
                value.cloned().unwrap_or_default()
            }
            Self::Block(block) => block.split('/').next().unwrap_or_default().to_owned(),
        }
        .to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
        .trim_matches('-')
        .to_owned()
    }
}
