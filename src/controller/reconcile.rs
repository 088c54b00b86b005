//! One look at one profile.

use std::{sync::Arc, time::Duration};

use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{ResourceExt, runtime::controller::Action};

use super::{
    Context, Decision, Error, Term, decide,
    decide::{Next, held},
};
use crate::{
    api::{AppNetworkProfile, PolicyStatus},
    cluster::{Task, enforce, write_status},
    observe::PolicyRow,
    plan::Leaving,
    report::{self, Applied, Outcome, Report},
};

/// Looks at a profile and makes the cluster as it asks: decide (no client) → enforce (client) → report (no client) →
/// write the status and Events (client).
///
/// # Errors
/// When the cluster cannot be read or the status not be written; everything else is told in the status.
pub async fn reconcile(profile: Arc<AppNetworkProfile>, context: Arc<Context>) -> Result<Action, Error> {
    // The garbage collector does the rest, in the order that the owner references give.
    if profile.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    // Whoever is elected looks at every profile.
    let Some(term) = context.term() else { return Ok(Action::await_change()) };
    let timer = context.metrics.reconcile_started();
    let profile = term.memory.newest(&profile);
    let uid = profile.uid().unwrap_or_default();
    let now = context.started.elapsed();

    let fighting = term.memory.fighting(&uid, |fighting| fighting.clone());
    let Decision { next, findings, found, enforcement, foreign, unassigned } =
        context.world.read(|world| decide(&profile, &context.platform, world));
    let (outcome, again) = match next {
        Next::Report(outcome) => (outcome, None),
        Next::Enforce { desired, drift_policy } => {
            let recorded = profile.status.as_ref().map_or(&[][..], |status| &status.policies);
            let look = |recorded: &[PolicyStatus], rows: &[&PolicyRow]| {
                held(drift_policy, &desired, recorded, rows, &fighting, now)
            };
            let again = context
                .world
                .read(|world| look(recorded, &world.policies.of(&desired.identity.namespace).collect::<Vec<_>>()).1);
            let hold = |recorded: &[PolicyStatus], rows: &[&PolicyRow]| {
                let mut held = look(recorded, rows).0;
                let (leaving, now) = (Leaving::of(&desired, recorded, rows), context.started.elapsed());
                held.extend(term.memory.parting(&uid, |parting| parting.waiting(leaving, now)));
                held
            };
            let task = Task {
                desired: &desired,
                generation: profile.metadata.generation.unwrap_or_default(),
                recorded,
                hold: &hold,
            };
            let Some(mut applied) = enforce(&term.requests, &context.world, task).await.map_err(Error::Enforce)? else {
                return Ok(Action::await_change());
            };
            applied.fighting = noted(&context, &term, &profile, &applied, now);
            let parting = term.memory.parting(&uid, |parting| {
                let now = context.started.elapsed();
                if !applied.deleted.is_empty() {
                    parting.removed(now);
                }
                parting.rest(now)
            });
            (Outcome::Applied(applied), again.into_iter().chain(parting).min())
        }
    };

    let before = profile.status.clone().unwrap_or_default();
    let status = report::status(&Report {
        before: &before,
        generation: profile.metadata.generation.unwrap_or_default(),
        tiers: profile.spec.tiers.iter().map(|tier| tier.name.as_str()).collect(),
        outcome: &outcome,
        findings: &findings,
        found: &found,
        enforcement: &enforcement,
        foreign,
        unassigned,
        now: Time(Timestamp::now()),
    });
    let notes = report::notes(&before, &status, &outcome);
    if !report::same_but_for_time(&before, &status) {
        let stored = write_status(&term.requests, &profile, status).await.map_err(Error::Status)?;
        context.metrics.status_written();
        term.memory.written(stored);
    }
    term.events.publish(&profile, &notes).await;
    context.metrics.reconciled(&outcome, timer);
    Ok(next_look(&context, &term, &uid, &outcome, again))
}

/// Counts and logs what was done; is someone fighting for the policies?
fn noted(context: &Context, term: &Term, profile: &AppNetworkProfile, applied: &Applied, now: Duration) -> bool {
    context.metrics.applied(applied);
    let (namespace, name) = (profile.namespace(), profile.name_any());
    let Applied { created, updated, deleted, .. } = applied;
    if created.len() + updated.len() + deleted.len() > 0 {
        tracing::info!(namespace, profile = name, ?created, ?updated, ?deleted, "policies written");
    }
    for drift in &applied.drift {
        tracing::warn!(namespace, profile = name, %drift, repaired = applied.wrote(&drift.policy), "policy changed by someone else");
    }
    for failure in &applied.failures {
        let (reason, policy, message) = (failure.reason.as_str(), &failure.policy, &failure.message);
        // The status says it too, of each profile.
        if term.told.is_known_right(message) {
            tracing::debug!(namespace, profile = name, reason, policy, message, "policy not written");
        } else {
            tracing::warn!(namespace, profile = name, reason, policy, message, "policy not written");
        }
    }
    let uid = &profile.uid().unwrap_or_default();
    term.memory.fighting(uid, |fighting| {
        for drift in applied.drift.iter().filter(|drift| applied.wrote(&drift.policy)) {
            fighting.repaired(&drift.policy, now);
        }
        applied.policies.iter().any(|policy| fighting.is_on(&policy.name, now))
    })
}

/// When to look again if nothing happens.
fn next_look(context: &Context, term: &Term, uid: &str, outcome: &Outcome, again: Option<Duration>) -> Action {
    if let Outcome::Applied(applied) = outcome
        && !applied.failures.is_empty()
    {
        return Action::requeue(term.memory.failed(uid));
    }
    term.memory.succeeded(uid);
    Action::requeue(again.unwrap_or(context.resync))
}
