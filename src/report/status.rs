//! The status, from what happened and what was found.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    Applied, Conditions, Outcome,
    conditions::cut,
    in_sync::in_sync,
    ready::{audited, done, no_dns, refused, suspended},
};
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
    /// Which callers were found without being named, and why it is they.
    pub found: &'a [String],
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
            findings(&mut conditions, report);
            match report.outcome {
                Outcome::NoDns => no_dns(&mut conditions, report.findings),
                Outcome::Audited { changes, wanted, flows } => {
                    status.flows = Some((**flows).clone());
                    let missing = changes.iter().filter(|change| change.action != "Delete").count();
                    status.summary = Some(summary(report, wanted.saturating_sub(missing), *wanted));
                    status.plan = changes
                        .iter()
                        .map(|change| PlannedChange {
                            action: change.action.into(),
                            policy: change.policy.clone(),
                            kind: change.kind,
                            fields: change.fields.iter().take(16).cloned().collect(),
                        })
                        .collect();
                    audited(&mut conditions, changes.len());
                }
                Outcome::Applied(applied) => {
                    status.plan.clear();
                    status.flows = None;
                    record(&mut status, applied, report);
                    in_sync(&mut conditions, applied, report);
                    done(&mut conditions, applied);
                }
                Outcome::Suspended | Outcome::Invalid(_) | Outcome::TooLarge(_) => {}
            }
        }
    }
    status.conditions = conditions.finish();
    status
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
                warnings: of().map(|finding| cut(&finding.message())).take(16).collect(),
            }
        })
        .collect();
    status.foreign_policies.clone_from(&report.foreign);
    status.unassigned.clone_from(&report.unassigned);
}

/// `LabelsMatched`, `ReferencesResolved` and `EnforcementDetected`.
fn findings(conditions: &mut Conditions<'_>, report: &Report<'_>) {
    let mut one = |kind: ConditionType, good: Reason, fine: &str, told: &str| {
        let of: Vec<_> = report.findings.iter().filter(|finding| finding.condition == kind).collect();
        let Some(first) = of.first() else {
            conditions.set(kind, Some(true), good, fine);
            return;
        };
        let messages: Vec<_> = of.iter().map(|finding| finding.told()).collect();
        conditions.set(kind, Some(false), first.reason, &format!("{}{told}", messages.join("; ")));
    };
    // Also beside what was not found: whoever is let in has to be told.
    let told = report.found.iter().fold(String::new(), |told, one| told + "; " + one);
    let resolved = format!("everything that the profile refers to was found{told}");
    one(ConditionType::LabelsMatched, Reason::AllMatched, "every selector matches something", "");
    one(ConditionType::ReferencesResolved, Reason::Resolved, &resolved, &told);
    let reason = report.enforcement.reason;
    let detected = match reason {
        Reason::CniDetected => Some(true),
        Reason::CniDoesNotEnforce => Some(false),
        _ => None,
    };
    conditions.set(ConditionType::EnforcementDetected, detected, reason, &report.enforcement.message());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PolicyKind;
    use crate::plan::Drift;
    use crate::report::Failure;

    #[test]
    fn drift_that_could_not_be_put_back_is_not_blamed_on_the_policy_for_drift() {
        let drift = Drift {
            policy: "shop-default-deny".into(),
            kind: PolicyKind::default(),
            manager: String::new(),
            fields: vec!["deleted".into()],
        };
        let failure =
            Failure { reason: Reason::Forbidden, policy: "shop-default-deny".into(), message: "no right".into() };
        let applied = Applied { wanted: 3, drift: vec![drift], failures: vec![failure], ..Applied::default() };
        let report = Report {
            before: &AppNetworkProfileStatus::default(),
            generation: 1,
            tiers: Vec::new(),
            outcome: &Outcome::Applied(applied),
            findings: &[],
            found: &[],
            enforcement: &Enforcement {
                reason: Reason::CniUnknown,
                found: String::new(),
                fix: crate::diagnose::Fix::Do(String::new()),
            },
            foreign: Vec::new(),
            unassigned: None,
            now: Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
        };
        let status = status(&report);
        let in_sync = status.conditions.iter().find(|condition| condition.type_ == "InSync").expect("InSync");
        assert!(in_sync.message.contains("`PoliciesApplied` says why"), "{}", in_sync.message);
    }
}
