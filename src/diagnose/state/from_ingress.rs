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
    let ways = named(scene, &called).unwrap_or_else(|| serving(scene, &called));
    let mut answered: Vec<Way> = ways.into_iter().filter_map(|way| ask(scene, question, way)).collect();
    // Each way in matters to whoever uses it: the one that fails is what is asked about.
    answered.sort_by_key(Way::rank);
    let others = answered.len().saturating_sub(1);
    let Some(first) = answered.into_iter().next() else { return Ok(general) };
    let mut answer = match first.answers {
        Answers::Agree(answer) => {
            let mut answer = *answer;
            answer.notes.push(format!("the ingress controller is taken to be {}, {}", answer.from, first.why));
            answer.ways_in = general.ways_in;
            answer
        }
        Answers::Differ(names) => {
            let mut answer = Explanation { verdict: Answer::Unknown, ..general };
            let said = format!(
                "which of {} serves, {}, is not known, and policies treat them differently; write one of them as --from",
                names.join(" and "),
                first.why
            );
            answer.reason = Some(said);
            answer
        }
    };
    if others > 0 {
        answer.notes.push(format!(
            "of {} that lead there this is the one that fares worst; write another controller as --from to ask about it",
            if others == 1 { "2 ways in".to_owned() } else { format!("{} ways in", others + 1) }
        ));
    }
    Ok(answer)
}

/// A way in: its controllers by name, and how they are known.
struct Known {
    controllers: Vec<String>,
    why: String,
}

/// What is said of a way in.
struct Way {
    answers: Answers,
    why: String,
}

enum Answers {
    /// Of every controller that may serve it the same.
    Agree(Box<Explanation>),
    /// Not of all of these.
    Differ(Vec<String>),
}

impl Way {
    /// The worst first.
    const fn rank(&self) -> u8 {
        match &self.answers {
            Answers::Agree(answer) => match answer.verdict {
                Answer::Denied => 0,
                Answer::Mixed => 1,
                Answer::Unknown => 3,
                Answer::Allowed => 4,
            },
            Answers::Differ(_) => 2,
        }
    }
}

/// Asks about every controller of a way in; nothing when none of them is known to `explain`.
fn ask(scene: &Scene<'_>, question: Question<'_>, Known { controllers, why }: Known) -> Option<Way> {
    let answer = |name: &String| explain(scene.setting, Question { from: name, ..question }).ok();
    let mut answers = controllers.iter().filter_map(answer);
    let first = answers.next()?;
    let agree = answers.all(|other| other.verdict == first.verdict);
    let answers = if agree { Answers::Agree(Box::new(first)) } else { Answers::Differ(controllers) };
    Some(Way { answers, why })
}

/// The Pods that are called.
fn called(scene: &Scene<'_>, answer: &Explanation) -> Vec<PodId> {
    let names: BTreeSet<_> = answer.connections.iter().flat_map(|one| &one.to_pods).cloned().collect();
    scene.all_pods().filter(|(_, pod)| names.contains(&name_of(pod))).map(|(id, _)| id).collect()
}

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
    // Each that is named is meant to come in.
    let why = "as the profile or the platform names it";
    Some(kinds.map(|(_, pod)| Known { controllers: vec![name_of_workload(pod)], why: why.to_owned() }).collect())
}

/// The controllers that serve the ways in which lead to these.
fn serving(scene: &Scene<'_>, called: &[PodId]) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    for entry in &scene.setting.picture.entries {
        let entrances = scene.setting.reach.entrances(scene.setting.picture, entry);
        if !entrances.iter().any(|entrance| entrance.pods.iter().any(|pod| called.contains(pod))) {
            continue;
        }
        let mut controllers: Vec<_> =
            ingress::servers(scene, entry).into_iter().map(|(_, pod)| name_of_workload(pod)).collect();
        controllers.sort();
        controllers.dedup();
        let why = format!("by its labels, for {} {}/{}", entry.kind, entry.namespace, entry.name);
        found.push(Known { controllers, why });
    }
    found
}
