//! What settings and programs of the network say about enforcement.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{object::Content, object::Identity, pod::PodSpec};
use crate::observe::{CiliumConfig, NetworkSigns};

/// What is needed of a `ConfigMap`, which has no spec.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub metadata: Option<super::metadata::Metadata>,
    data: Option<BTreeMap<String, String>>,
}

/// The settings of a network plugin; nothing when the map is something else's.
pub(super) fn settings(identity: &Identity, settings: Settings) -> Content {
    let data = settings.data.unwrap_or_default();
    let get = |key: &str| data.get(key).cloned();
    let signs = match (identity.namespace.as_str(), identity.name.as_str()) {
        (_, "cilium-config") => NetworkSigns {
            cilium: Some(CiliumConfig {
                namespace: identity.namespace.clone(),
                // Without the setting Cilium enforces policies where there are some.
                enable_policy: get("enable-policy").unwrap_or_else(|| "default".to_owned()),
            }),
            ..NetworkSigns::default()
        },
        ("kube-system", "amazon-vpc-cni") => NetworkSigns {
            aws_enforces: get("enable-network-policy-controller").map(|value| value == "true"),
            ..NetworkSigns::default()
        },
        _ => return Content::Nothing,
    };
    Content::Network(signs)
}

/// What a `DaemonSet` that brings the network says by its containers.
pub(super) fn of_daemon_set(identity: &Identity, spec: &PodSpec) -> NetworkSigns {
    match identity.name.as_str() {
        "aws-node" => NetworkSigns { aws_enforces: Some(agent_enforces(spec)), ..NetworkSigns::default() },
        "kindnet" => NetworkSigns {
            kindnet: spec.images().find_map(|image| Some(image.rsplit_once(':')?.1.to_owned())),
            ..NetworkSigns::default()
        },
        _ => NetworkSigns::default(),
    }
}

/// The agent of the AWS VPC CNI enforces only when it is told to.
fn agent_enforces(spec: &PodSpec) -> bool {
    spec.arguments().any(|argument| argument.trim_start_matches('-') == "enable-network-policy=true")
}
