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
                takes_network_policies: get("enable-k8s-networkpolicy").is_none_or(|value| value != "false"),
            }),
            ..NetworkSigns::default()
        },
        ("kube-system", "amazon-vpc-cni") => NetworkSigns {
            aws_controller: get("enable-network-policy-controller").map(|value| value == "true"),
            ..NetworkSigns::default()
        },
        _ => return Content::Nothing,
    };
    Content::Network(signs)
}

/// What a `DaemonSet` that brings the network says by its containers.
pub(super) fn of_daemon_set(identity: &Identity, spec: &PodSpec) -> NetworkSigns {
    // Elsewhere it is anybody's.
    match (identity.namespace.as_str(), identity.name.as_str()) {
        ("kube-system", "aws-node") => {
            NetworkSigns { aws_agent: Some(agent_enforces(spec)), ..NetworkSigns::default() }
        }
        ("kube-system", "kindnet") => {
            NetworkSigns { kindnet: spec.images().find_map(release), ..NetworkSigns::default() }
        }
        _ => NetworkSigns::default(),
    }
}

/// The agent of the AWS VPC CNI enforces only when it is told to.
fn agent_enforces(spec: &PodSpec) -> bool {
    spec.arguments().any(|argument| argument.trim_start_matches('-') == "enable-network-policy=true")
}

/// The day in the tag of an image of kind's own kindnet, as in `kindnetd:v20230511-dc714da8`. Others of this name count their
/// releases, and say nothing by it.
fn release(image: &str) -> Option<u32> {
    let (image, _) = image.split_once('@').unwrap_or((image, ""));
    let (_, tag) = image.rsplit_once(':')?;
    let day = tag.strip_prefix('v')?.split('-').next()?;
    (day.len() == 8).then(|| day.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn only_a_tag_that_is_a_day_tells_how_old_kindnet_is() {
        assert_eq!(release("docker.io/kindest/kindnetd:v20230511-dc714da8"), Some(20_230_511));
        assert_eq!(release("kindest/kindnetd:v20240813@sha256:aa11bb22"), Some(20_240_813));
        for other in [
            "registry.k8s.io/networking/kindnet:v1.0.2",
            "ghcr.io/aojea/kindnetd:v1.8.5",
            "kindnetd:latest",
            "kindnetd@sha256:20230511",
            "registry:5000/kindnetd",
        ] {
            assert_eq!(release(other), None, "{other}");
        }
    }
}
