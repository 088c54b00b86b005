//! Policies are applied, and traffic is still allowed: does anything enforce them?

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{api::Reason, diagnose};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let of = |severity, code, said, fix| vec![found((Symptom::StillAllowed, severity, code), "the cluster", said, fix)];
    let enforcement = diagnose::enforcement(scene.cni, scene.world);
    match enforcement.reason {
        Reason::CniDoesNotEnforce => of(Severity::Error, enforcement.reason, enforcement.found, enforcement.fix),
        // Files of an app hold nothing of the network.
        Reason::CniUnknown if scene.whole => of(
            Severity::Warning,
            enforcement.reason,
            "no known CNI was found, so nobody knows whether anything enforces policies".to_owned(),
            Fix::Ask("kubectl get pods -n kube-system -o wide | grep -E 'calico|cilium|antrea|weave|canal'".to_owned()),
        ),
        _ => Vec::new(),
    }
}
