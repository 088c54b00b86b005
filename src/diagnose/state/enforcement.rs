//! Policies are applied, and traffic is still allowed: does anything enforce them?

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::{Cni, Reason},
    diagnose,
    observe::NetworkSigns,
};

/// The first release of kindnet that enforces policies: that of kind 0.24 (kubernetes-sigs/kind#3612).
const KINDNET: &str = "v20240813";

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let signs = &scene.details.network;
    if scene.cni == Cni::Auto
        && let Some((found, fix)) = switched_off(signs, &diagnose::enforcing(scene.world))
    {
        return vec![error(found, fix)];
    }
    let enforcement = diagnose::enforcement(scene.cni, scene.world);
    match enforcement.reason {
        Reason::CniDoesNotEnforce => vec![error(
            enforcement.found,
            Fix::Do("install a CNI that enforces NetworkPolicy, such as Cilium or Calico".to_owned()),
        )],
        Reason::CniUnknown if signs.aws_enforces == Some(true) => Vec::new(),
        // Files of an app hold nothing of the network.
        Reason::CniUnknown if scene.whole => vec![found(
            (Symptom::StillAllowed, Severity::Warning, Reason::CniUnknown),
            "the cluster",
            "no known CNI was found, so nobody knows whether anything enforces policies".to_owned(),
            Fix::Ask("kubectl get pods -n kube-system -o wide | grep -E 'calico|cilium|antrea|weave|canal'".to_owned()),
        )],
        _ => Vec::new(),
    }
}

fn error(said: String, fix: Fix) -> Diagnosis {
    found((Symptom::StillAllowed, Severity::Error, Reason::CniDoesNotEnforce), "the cluster", said, fix)
}

/// A CNI that could enforce policies and is told not to.
///
/// `enforcing`: those of which Pods run. Another one beside it may enforce in its place, as Calico does beside the AWS VPC CNI.
fn switched_off(signs: &NetworkSigns, enforcing: &[&str]) -> Option<(String, Fix)> {
    let alone = |name: &str| enforcing.iter().all(|other| *other == name);
    if signs.cilium_enable_policy.as_deref() == Some("never") && alone("Cilium") {
        let fix = "kubectl -n kube-system patch configmap cilium-config --type merge -p '{\"data\":{\"enable-policy\":\"default\"}}' && \
                   kubectl -n kube-system rollout restart daemonset/cilium";
        return Some((
            "Cilium's setting `enable-policy` is 'never': it runs and enforces no policy".to_owned(),
            Fix::Command(fix.to_owned()),
        ));
    }
    if signs.aws_enforces == Some(false) && enforcing.is_empty() {
        return Some((
            "the AWS VPC CNI runs without `--enable-network-policy=true`: it enforces no policy".to_owned(),
            Fix::Do("switch on `enableNetworkPolicy` in the settings of the add-on vpc-cni".to_owned()),
        ));
    }
    let kindnet = signs.kindnet.as_deref()?;
    // Versions are dates, and sort as texts.
    (kindnet < KINDNET && kindnet.starts_with('v') && alone("kindnet")).then(|| {
        (
            format!("kindnet {kindnet} is of before {KINDNET}, the first that enforces policies"),
            Fix::Do("create the cluster with kind 0.24 or newer, or install another CNI".to_owned()),
        )
    })
}
