//! The status, from what happened and what was found.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Applied, Conditions, Failure, Outcome};
use crate::{
    api::{
        AppNetworkProfileStatus, ConditionType, DriftStatus, ForeignPolicy, PlannedChange, Reason, Summary, TierStatus,
        UnassignedPods,
    },
    diagnose::{Enforcement, Finding},
};

/// What a status is made of.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The status before.
    pub before: &'a AppNetworkProfileStatus,
    /// The profile's generation.
    pub generation: i64,
    /// The names of the profile's tiers.
    pub tiers: Vec<&'a str>,
    /// How the reconcile ended.
    pub outcome: &'a Outcome,
    /// What the checks found.
    pub findings: &'a [Finding],
    /// What is known of enforcement.
    pub enforcement: &'a Enforcement,
    /// Policies of others.
    pub foreign: Vec<ForeignPolicy>,
    /// Workloads in no tier.
    pub unassigned: Option<UnassignedPods>,
    /// The time.
    pub now: Time,
}

/// The status.
#[must_use]
pub fn status(report: &Report<'_>) -> AppNetworkProfileStatus {
    let before = report.before;
    let mut status = before.clone();
    status.observed_generation = Some(report.generation);
    let mut conditions = Conditions::new(&before.conditions, report.now.clone(), report.generation);
    match report.outcome {
        Outcome::Suspended => suspended(&mut conditions),
        Outcome::Invalid(problems) => refused(&mut conditions, problems.reason(), &problems.to_string()),
        Outcome::TooLarge(message) => refused(&mut conditions, Reason::TooLarge, message),
        Outcome::NoDns | Outcome::Audited { .. } | Outcome::Applied(_) => {
            found(&mut status, report);
            conditions.set(ConditionType::Accepted, Some(true), Reason::Accepted, "the profile is valid");
            let warnings = findings(&mut conditions, report);
            match report.outcome {
                Outcome::NoDns => no_dns(&mut conditions, report.findings),
                Outcome::Audited { changes, wanted } => {
                    let missing = changes.iter().filter(|change| change.action != "Delete").count();
                    status.summary = Some(summary(report, wanted.saturating_sub(missing), *wanted));
                    status.plan = changes
                        .iter()
                        .map(|change| PlannedChange {
                            action: change.action.into(),
                            policy: change.policy.clone(),
                            fields: change.fields.iter().take(16).cloned().collect(),
                        })
                        .collect();
                    audited(&mut conditions, changes.len());
                }
                Outcome::Applied(applied) => {
                    status.plan.clear();
                    record(&mut status, applied, report);
                    in_sync(&mut conditions, applied, before, report);
                    done(&mut conditions, applied, warnings);
                }
                Outcome::Suspended | Outcome::Invalid(_) | Outcome::TooLarge(_) => {}
            }
        }
    }
    status.conditions = conditions.finish();
    status
}

/// Nothing was looked at, so nothing new can be said: what was true stays, and `Suspended` says that it may be old.
fn suspended(conditions: &mut Conditions<'_>) {
    for kind in ConditionType::ALL.into_iter().take(7) {
        conditions.keep(kind);
    }
    let message = "`spec.suspend` is true: nothing is written or repaired; set it to false to go on";
    conditions.set(ConditionType::Suspended, Some(true), Reason::Suspended, message);
}

/// Only the author can help. What was true of the policies stays: the last good ones are still there.
fn refused(conditions: &mut Conditions<'_>, reason: Reason, message: &str) {
    let rest = [
        ConditionType::PoliciesApplied,
        ConditionType::InSync,
        ConditionType::LabelsMatched,
        ConditionType::ReferencesResolved,
        ConditionType::EnforcementDetected,
    ];
    for kind in rest {
        conditions.keep(kind);
    }
    conditions.set(ConditionType::Accepted, Some(false), reason, message);
    conditions.set(ConditionType::Ready, Some(false), reason, message);
    conditions.set(ConditionType::Stalled, Some(true), reason, message);
}

/// What was found of tiers, of others and of Pods.
fn found(status: &mut AppNetworkProfileStatus, report: &Report<'_>) {
    status.tiers = report
        .tiers
        .iter()
        .map(|tier| {
            let of = || report.findings.iter().filter(|finding| finding.tier.as_deref() == Some(tier));
            TierStatus {
                name: (*tier).to_owned(),
                matched: !of().any(|finding| finding.reason == Reason::NoMatchingPods),
                warnings: of().map(|finding| finding.message.clone()).take(16).collect(),
            }
        })
        .collect();
    status.foreign_policies.clone_from(&report.foreign);
    status.unassigned.clone_from(&report.unassigned);
}

/// `LabelsMatched`, `ReferencesResolved` and `EnforcementDetected`; true when one of them needs attention.
fn findings(conditions: &mut Conditions<'_>, report: &Report<'_>) -> bool {
    let mut warnings = false;
    let mut one = |kind: ConditionType, good: Reason, fine: &str| {
        let of: Vec<_> = report.findings.iter().filter(|finding| finding.condition == kind).collect();
        let Some(first) = of.first() else {
            conditions.set(kind, Some(true), good, fine);
            return;
        };
        warnings = true;
        let messages: Vec<_> = of.iter().map(|finding| finding.message.as_str()).collect();
        conditions.set(kind, Some(false), first.reason, &messages.join("; "));
    };
    one(ConditionType::LabelsMatched, Reason::AllMatched, "every selector matches something");
    one(ConditionType::ReferencesResolved, Reason::Resolved, "everything that the profile refers to was found");
    let Enforcement { reason, message } = report.enforcement;
    let detected = match reason {
        Reason::CniDetected => Some(true),
        Reason::CniDoesNotEnforce => Some(false),
        _ => None,
    };
    conditions.set(ConditionType::EnforcementDetected, detected, *reason, message);
    warnings || detected == Some(false)
}

fn no_dns(conditions: &mut Conditions<'_>, findings: &[Finding]) {
    let message = findings
        .iter()
        .find(|finding| finding.reason == Reason::DnsNotFound)
        .map_or("DNS was not found", |finding| &finding.message);
    conditions.keep(ConditionType::InSync);
    conditions.set(ConditionType::PoliciesApplied, Some(false), Reason::DnsNotFound, message);
    conditions.set(ConditionType::Ready, Some(false), Reason::DnsNotFound, message);
    conditions.set(ConditionType::Reconciling, Some(true), Reason::Progressing, "waits for DNS to be found");
}

fn audited(conditions: &mut Conditions<'_>, changes: usize) {
    let message = match changes {
        0 => "mode is 'Audit': nothing is written, and nothing would be".to_owned(),
        some => format!(
            "mode is 'Audit': nothing is written; `status.plan` holds {some} changes that mode 'Enforce' would make"
        ),
    };
    conditions.keep(ConditionType::InSync);
    conditions.set(ConditionType::PoliciesApplied, Some(false), Reason::AuditOnly, &message);
    conditions.set(ConditionType::Ready, Some(false), Reason::AuditOnly, &message);
}

fn summary(report: &Report<'_>, in_place: usize, wanted: usize) -> Summary {
    Summary { tiers: i32::try_from(report.tiers.len()).unwrap_or(i32::MAX), policies: format!("{in_place}/{wanted}") }
}

fn record(status: &mut AppNetworkProfileStatus, applied: &Applied, report: &Report<'_>) {
    status.policies.clone_from(&applied.policies);
    status.summary = Some(summary(report, applied.in_place, applied.wanted));
    if applied.is_complete() {
        status.enforced_generation = (!applied.disabled).then_some(report.generation);
    }
    let count = i64::try_from(applied.drift.len()).unwrap_or(i64::MAX);
    let counted = status.drift.take().unwrap_or_default();
    status.drift = Some(match applied.drift.last() {
        // Drift that is only reported stays there at every look: it is counted when it is seen for the first time.
        Some(last) if applied.repaired || counted.policy != last.policy || counted.fields != last.fields => {
            DriftStatus {
                count: counted.count.saturating_add(count),
                last_time: Some(report.now.clone()),
                policy: last.policy.clone(),
                manager: last.manager.clone(),
                fields: last.fields.iter().take(16).cloned().collect(),
            }
        }
        _ => counted,
    });
}

fn in_sync(conditions: &mut Conditions<'_>, applied: &Applied, before: &AppNetworkProfileStatus, report: &Report<'_>) {
    let said: Vec<_> = applied
        .drift
        .iter()
        .map(|drift| {
            let who = if drift.manager.is_empty() { "someone" } else { &drift.manager };
            match drift.fields.as_slice() {
                [only] if only == "deleted" => format!("{who} deleted '{}'", drift.policy),
                fields => format!("{who} changed {} of '{}'", fields.join(", "), drift.policy),
            }
        })
        .collect();
    let said = said.join("; ");
    if applied.fighting && !applied.drift.is_empty() {
        let message = format!(
            "{said}, again and again; it is repaired more and more slowly: find out what writes there, or set `spec.suspend`"
        );
        conditions.set(ConditionType::InSync, Some(false), Reason::DriftFighting, &message);
    } else if said.is_empty() {
        // A repair stays visible until the profile changes: who looks later should still learn of it.
        let last = before.conditions.iter().find(|condition| condition.type_ == ConditionType::InSync.as_str());
        let told = last.is_some_and(|condition| {
            condition.reason == Reason::DriftRepaired.as_str()
                && condition.observed_generation == Some(report.generation)
        });
        if told {
            conditions.keep(ConditionType::InSync);
        } else {
            conditions.set(ConditionType::InSync, Some(true), Reason::NoDrift, "nobody else changed the policies");
        }
    } else if applied.repaired {
        conditions.set(ConditionType::InSync, Some(true), Reason::DriftRepaired, &format!("{said}; it was put back"));
    } else {
        let why = if applied.failures.is_empty() {
            "`spec.driftPolicy` is 'Report', so it was left as it is"
        } else {
            "it was not put back: `spec.driftPolicy` is 'Report', or `PoliciesApplied` says why"
        };
        let message = format!("{said}; {why}");
        conditions.set(ConditionType::InSync, Some(false), Reason::DriftDetected, &message);
    }
}

/// `PoliciesApplied`, `Ready`, and what kstatus asks for.
fn done(conditions: &mut Conditions<'_>, applied: &Applied, warnings: bool) {
    if let Some(first) = worst(&applied.failures) {
        let messages: Vec<_> =
            applied.failures.iter().map(|failure| format!("'{}': {}", failure.policy, failure.message)).collect();
        let message = messages.join("; ");
        conditions.set(ConditionType::PoliciesApplied, Some(false), first.reason, &message);
        conditions.set(ConditionType::Ready, Some(false), first.reason, &message);
        if first.needs_someone() {
            conditions.set(ConditionType::Stalled, Some(true), first.reason, &message);
        } else {
            conditions.set(ConditionType::Reconciling, Some(true), Reason::Progressing, "tries again");
        }
        return;
    }
    if applied.disabled {
        let message = "mode is 'Disabled': the policies of this profile were removed";
        conditions.set(ConditionType::PoliciesApplied, Some(false), Reason::Disabled, message);
        conditions.set(ConditionType::Ready, Some(false), Reason::Disabled, message);
        return;
    }
    let drifted = !applied.drift.is_empty() && (!applied.repaired || applied.fighting);
    if !applied.is_complete() && !drifted {
        let message = format!("{} of {} policies are in place", applied.in_place, applied.wanted);
        conditions.set(ConditionType::PoliciesApplied, None, Reason::Progressing, &message);
        conditions.set(ConditionType::Ready, None, Reason::Progressing, &message);
        conditions.set(ConditionType::Reconciling, Some(true), Reason::Progressing, &message);
        return;
    }
    let message = format!("the API server holds all {} policies", applied.wanted);
    conditions.set(ConditionType::PoliciesApplied, Some(true), Reason::Applied, &message);
    if warnings || drifted {
        conditions.set(
            ConditionType::Ready,
            Some(true),
            Reason::ReadyWithWarnings,
            &format!("{message}; another condition names something to look at"),
        );
    } else {
        conditions.set(ConditionType::Ready, Some(true), Reason::Reconciled, &message);
    }
}

/// The failure that decides: one that needs someone before one that is tried again.
fn worst(failures: &[Failure]) -> Option<&Failure> {
    failures.iter().find(|failure| failure.needs_someone()).or_else(|| failures.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Drift;

    #[test]
    fn drift_that_could_not_be_put_back_is_not_blamed_on_the_policy_for_drift() {
        let drift =
            Drift { policy: "shop-default-deny".into(), manager: String::new(), fields: vec!["deleted".into()] };
        let failure =
            Failure { reason: Reason::Forbidden, policy: "shop-default-deny".into(), message: "no right".into() };
        let applied = Applied { wanted: 3, drift: vec![drift], failures: vec![failure], ..Applied::default() };
        let report = Report {
            before: &AppNetworkProfileStatus::default(),
            generation: 1,
            tiers: Vec::new(),
            outcome: &Outcome::Applied(applied),
            findings: &[],
            enforcement: &Enforcement { reason: Reason::CniUnknown, message: String::new() },
            foreign: Vec::new(),
            unassigned: None,
            now: Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
        };
        let status = status(&report);
        let in_sync = status.conditions.iter().find(|condition| condition.type_ == "InSync").expect("InSync");
        assert!(in_sync.message.contains("`PoliciesApplied` says why"), "{}", in_sync.message);
    }
}
