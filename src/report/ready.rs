//! `Ready`, `PoliciesApplied`, and what kstatus asks for, by how a reconcile ended.

use super::{Applied, Conditions, Failure};
use crate::{
    api::{ConditionType, Reason},
    diagnose::Finding,
};

/// Nothing was looked at, so nothing new can be said: what was true stays, and `Suspended` says that it may be old.
pub(super) fn suspended(conditions: &mut Conditions<'_>) {
    for kind in ConditionType::ALL.into_iter().take(7) {
        conditions.keep(kind);
    }
    let message = "`spec.suspend` is true: nothing is written or repaired; set it to false to go on";
    conditions.set(ConditionType::Suspended, Some(true), Reason::Suspended, message);
}

/// Only the author can help. What was true of the policies stays: the last good ones are still there.
pub(super) fn refused(conditions: &mut Conditions<'_>, reason: Reason, message: &str) {
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

pub(super) fn no_dns(conditions: &mut Conditions<'_>, findings: &[Finding]) {
    let message = findings
        .iter()
        .find(|finding| finding.reason == Reason::DnsNotFound)
        .map_or_else(|| "DNS was not found".to_owned(), Finding::told);
    let message = message.as_str();
    conditions.keep(ConditionType::InSync);
    conditions.set(ConditionType::PoliciesApplied, Some(false), Reason::DnsNotFound, message);
    conditions.set(ConditionType::Ready, Some(false), Reason::DnsNotFound, message);
    conditions.set(ConditionType::Reconciling, Some(true), Reason::Progressing, "waits for DNS to be found");
}

pub(super) fn audited(conditions: &mut Conditions<'_>, changes: usize) {
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

/// `PoliciesApplied`, `Ready`, and what kstatus asks for.
pub(super) fn done(conditions: &mut Conditions<'_>, applied: &Applied) {
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
        let left: Vec<_> = applied.policies.iter().map(|policy| format!("'{}'", policy.name)).collect();
        let message = if left.is_empty() {
            "mode is 'Disabled': the policies of this profile were removed".to_owned()
        } else {
            format!(
                "mode is 'Disabled': the policies of this profile are removed; {} goes last, in a moment",
                left.join(", ")
            )
        };
        conditions.set(ConditionType::PoliciesApplied, Some(false), Reason::Disabled, &message);
        conditions.set(ConditionType::Ready, Some(false), Reason::Disabled, &message);
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
    let all = applied.in_place == applied.wanted;
    let message = if all {
        format!("the API server holds all {} policies", applied.wanted)
    } else {
        let Applied { in_place, wanted, .. } = applied;
        format!("{in_place} of {wanted} policies are as wanted; `InSync` says who changed the others")
    };
    let (holds, reason) = if all { (Some(true), Reason::Applied) } else { (None, Reason::Progressing) };
    conditions.set(ConditionType::PoliciesApplied, holds, reason, &message);
    let attention = conditions.untrue();
    if !attention.is_empty() || drifted {
        let message = format!("{message}; look at {}", attention.join(", "));
        conditions.set(ConditionType::Ready, Some(true), Reason::ReadyWithWarnings, &message);
    } else {
        conditions.set(ConditionType::Ready, Some(true), Reason::Reconciled, &message);
    }
}

/// The failure that decides: one that needs someone before one that is tried again.
fn worst(failures: &[Failure]) -> Option<&Failure> {
    failures.iter().find(|failure| failure.needs_someone()).or_else(|| failures.first())
}
