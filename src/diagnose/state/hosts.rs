//! Names that a Pod answers itself, from its `/etc/hosts`: no resolver is asked for them, whatever policies say of DNS.

use std::collections::BTreeSet;

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{api::Reason, explain::name_of_workload, reach::Pod};

/// How many names are told.
const MOST: usize = 3;

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    scene.kinds_of_pods().into_iter().filter_map(|(_, pod)| of_pod(scene, pod)).collect()
}

/// Worth knowing while one searches for a name.
fn of_pod(scene: &Scene<'_>, pod: &Pod) -> Option<Diagnosis> {
    let names = names(scene, pod)?;
    Some(found(
        (Symptom::Dns, Severity::Note, Reason::HostAliases),
        name_of_workload(pod),
        format!(
            "the Pods answer {names} from their /etc/hosts (`hostAliases`): no resolver is asked for it, and calls go to the address \
             that stands there"
        ),
        Fix::Ask(format!("kubectl exec -n {} {} -- cat /etc/hosts", pod.namespace, super::scene::target(pod))),
    ))
}

/// What a finding about the DNS of a Pod has to add.
pub(super) fn beside(scene: &Scene<'_>, pod: &Pod) -> String {
    names(scene, pod)
        .map(|names| format!("; {names} needs no DNS, because `hostAliases` answers it"))
        .unwrap_or_default()
}

fn names(scene: &Scene<'_>, pod: &Pod) -> Option<String> {
    let aliases = &scene.details.pod(&pod.namespace, &pod.name)?.aliases;
    let all: BTreeSet<_> = aliases.iter().map(|(name, address)| format!("{name} ({address})")).collect();
    let more = all.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let told = all.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
    (!told.is_empty()).then(|| format!("{told}{more}"))
}
