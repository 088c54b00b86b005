//! Questions about the ingress controller: asked of its Pods, where it is known which they are.

use std::collections::BTreeSet;

use super::{Scene, ingress};
use crate::{
    explain::{Answer, Explanation, Question, explain, name_of, name_of_workload},
    model::Peer,
    reach::{Pod, PodId},
};

/// Whoever serves the ways in, as answers write it.
const CONTROLLER: &str = "{ingress-controller}";

/// Answers a question. When the ingress controller calls, its Pods are those that the profile or the platform names; else those
/// that serve the ways in which lead there. Where neither tells, nothing is known of them.
///
/// # Errors
/// As [`explain`].
pub fn explain_from_ingress(scene: &Scene<'_>, question: Question<'_>) -> Result<Explanation, String> {
    let general = explain(scene.setting, question)?;
    if general.from != CONTROLLER {
        return Ok(general);
    }
    let called = called(scene, &general);
    let controllers = named(scene, &called).unwrap_or_else(|| serving(scene, &called));
    let each = controllers.into_iter().filter_map(|(name, why)| {
        let answer = explain(scene.setting, Question { from: &name, ..question }).ok()?;
        Some((answer, why))
    });
    // Of several controllers one that passes is enough: which of them serves a way in is not always to be seen.
    let best = each.min_by_key(|(answer, _)| answer.verdict != Answer::Allowed);
    let Some((mut answer, why)) = best else { return Ok(general) };
    answer.notes.push(format!("the ingress controller is taken to be {}, {why}", answer.from));
    answer.ways_in = general.ways_in;
    Ok(answer)
}

/// The Pods that are called.
fn called(scene: &Scene<'_>, answer: &Explanation) -> Vec<PodId> {
    let names: BTreeSet<_> = answer.connections.iter().flat_map(|one| &one.to_pods).cloned().collect();
    scene.all_pods().filter(|(_, pod)| names.contains(&name_of(pod))).map(|(id, _)| id).collect()
}

/// A controller by name, and how it is known.
type Known = (String, String);

/// The controllers that the profile of the called, or the platform, names; nothing when neither does.
fn named(scene: &Scene<'_>, called: &[PodId]) -> Option<Vec<Known>> {
    let own = &scene.setting.picture.pods.get(*called.first()? as usize)?.namespace;
    let mut profiles = scene.setting.profiles.known().iter().map(|known| &known.profile);
    let of_profile = profiles.find(|profile| profile.identity.namespace == *own);
    let peers = of_profile
        .map_or(&scene.setting.profiles.platform().ingress_controllers, |profile| &profile.ingress_controllers);
    if peers.is_empty() {
        return None;
    }
    let is_named = |pod: &Pod| {
        peers.iter().any(|peer| match peer {
            Peer::Pods(peer) => {
                let mut there = scene.world.namespaces.matching(&peer.namespace, own);
                there.any(|name| name == pod.namespace) && peer.pods.matches(&pod.labels)
            }
            Peer::Block { .. } => false,
        })
    };
    let kinds = scene.kinds_of_all_pods().into_iter().filter(|(_, pod)| is_named(pod));
    Some(kinds.map(|(_, pod)| (name_of_workload(pod), "as the profile or the platform names it".to_owned())).collect())
}

/// The controllers that serve the ways in which lead to these.
fn serving(scene: &Scene<'_>, called: &[PodId]) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    for entry in &scene.setting.picture.entries {
        let entrances = scene.setting.reach.entrances(scene.setting.picture, entry);
        if !entrances.iter().any(|entrance| entrance.pods.iter().any(|pod| called.contains(pod))) {
            continue;
        }
        for (_, pod) in ingress::servers(scene, entry) {
            let name = name_of_workload(pod);
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, format!("by its labels, for {} {}/{}", entry.kind, entry.namespace, entry.name)));
            }
        }
    }
    found
}
