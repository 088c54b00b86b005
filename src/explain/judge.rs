//! From a question to its answer.

use super::{
    answer::{Answer, Explanation},
    case::{Case, Group, OUTSIDE, callers, groups_behind, groups_of, look},
    entrance,
    find::{Found, Who, find, neither},
    fix::fix,
    hop::follow,
    notes::notes,
    outside_name::{closed, is_outside_name},
    port::Wanted,
    setting::Setting,
    spelling::{Spelling, kind_meant, kind_of, spelling},
    untranslated,
};

/// The version of what programs read.
pub const API_VERSION: &str = "cli.appnet.dev/v1";

/// A question, as it was typed.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Who calls.
    pub from: &'q str,
    /// Who is called.
    pub to: &'q str,
    /// At which port; nothing for all that matter.
    pub port: Option<&'q str>,
    /// The namespace of ends that name none.
    pub namespace: &'q str,
}

/// Answers a question.
///
/// # Errors
/// When an end or the port is not there or cannot be read; with what there is.
pub fn explain(setting: &Setting<'_>, question: Question<'_>) -> Result<Explanation, String> {
    let wanted = question.port.map_or(Ok(Wanted::Every), Wanted::read)?;
    let from = end("--from", question.from, question.namespace, setting)?;
    let to = end("--to", question.to, question.namespace, setting)?;
    if let Who::Service(_) = from.who {
        return Err(format!("--from: a Service calls nobody; write the workload in place of {}", from.text));
    }
    let mut answer = Explanation {
        api_version: API_VERSION,
        kind: "Explanation",
        partial: false,
        verdict: Answer::Unknown,
        from: from.text.clone(),
        to: to.text.clone(),
        port: wanted.text(),
        reason: nobody(&from, &to),
        service: None,
        ways_in: Vec::new(),
        connections: Vec::new(),
        notes: from.notes.iter().chain(&to.notes).cloned().collect(),
        fix: None,
    };
    if answer.reason.is_some() {
        let outside = is_outside_name(&to.text, setting.picture);
        if let Some(why) = closed(setting, &callers(setting, &from.who), &wanted).filter(|_| outside) {
            answer.verdict = Answer::Denied;
            answer.reason = Some(why);
        }
        answer.notes.extend(super::notes::not_evaluated(&setting.picture.not_evaluated));
        return Ok(answer);
    }
    let called = match &to.who {
        Who::Service(service) => {
            let hop = follow(setting.picture, setting.reach, service, &wanted)?;
            let addresses: Vec<_> =
                hop.addresses.iter().map(|(address, _)| neither(*address, setting.picture)).collect();
            let called = groups_behind(setting, &hop, &addresses);
            answer.service = Some(hop.shown);
            answer.reason = hop.unknown;
            // Nobody knows what policies say of the controller's own calls.
            if from.who == Who::IngressController && !called.is_empty() && hop.pods.is_empty() {
                answer.reason = Some(entrance::UNKNOWN.to_owned());
            }
            answer.notes.extend(addresses.into_iter().flat_map(|found| found.notes));
            called
        }
        who => groups_of(setting, who, &wanted),
    };
    if from.who == Who::IngressController {
        answer.connections = entrance::look(setting, &called);
        answer.ways_in = entrance::ways_in(setting, &called);
        Ok(finish(setting, answer, (&[], &called), &[], &wanted))
    } else {
        let callers = callers(setting, &from.who);
        let (cases, connections) = look(setting, (&callers, &called), &wanted);
        answer.connections = connections;
        Ok(finish(setting, answer, (&callers, &called), &cases, &wanted))
    }
}

fn finish(
    setting: &Setting<'_>,
    mut answer: Explanation,
    groups: (&[Group], &[Group]),
    cases: &[Case],
    wanted: &Wanted,
) -> Explanation {
    answer.verdict = Answer::of_all(answer.connections.iter().map(|one| one.verdict));
    answer.notes.extend(notes(setting, groups, &answer.connections));
    let stopped = cases.iter().any(|case| case.answer == Answer::Denied);
    let arrives_wrong = untranslated::note(&answer);
    if stopped && arrives_wrong.is_none() {
        if *wanted == Wanted::Every {
            answer.notes.push("name a port with --port to see what would allow it".to_owned());
        } else {
            answer.fix = fix(setting, cases);
        }
    }
    answer.notes.extend(arrives_wrong);
    answer
}

fn end(flag: &str, text: &str, namespace: &str, setting: &Setting<'_>) -> Result<Found, String> {
    let said = |error| format!("{flag}: {error}");
    let spelled = spelling(text, namespace).map_err(said)?;
    let found = find(&spelled, setting.picture);
    // A namespace may be called like a kind, as 'jobs'.
    if let (Err(_), Some((namespace, name))) = (&found, text.split_once('/'))
        && !name.contains('/')
        && setting.picture.pods.iter().any(|pod| pod.namespace == namespace)
    {
        let pod = Spelling::Pod { namespace: namespace.to_owned(), name: name.to_owned(), bare: false };
        return find(&pod, setting.picture).map_err(said);
    }
    found.map_err(|error| {
        let meant = text.split_once('/').filter(|(_, name)| !name.contains('/')).and_then(|(first, name)| {
            let runs = setting.picture.pods.iter().any(|pod| pod.namespace == first);
            kind_meant(first).filter(|_| !runs && kind_of(first).is_none()).map(|kind| (kind, name))
        });
        said(meant.map_or(error.clone(), |(kind, name)| format!("{error}; or did you mean '{kind}/{name}'?")))
    })
}

/// Why nothing can be said of these two.
fn nobody(from: &Found, to: &Found) -> Option<String> {
    match (&from.who, &to.who) {
        (Who::Nobody(reason), _) | (_, Who::Nobody(reason)) => Some(reason.clone()),
        (_, Who::IngressController) => {
            Some("nothing is known of the Pods of the ingress controller; write them as --to".to_owned())
        }
        (Who::Address(_), Who::Address(_)) => Some(OUTSIDE.to_owned()),
        (Who::IngressController, Who::Address(_)) => Some(entrance::UNKNOWN.to_owned()),
        _ => None,
    }
}
