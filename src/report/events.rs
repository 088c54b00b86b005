//! What is worth an Event on the profile.

use super::{Applied, Outcome, conditions::cut};
use crate::api::{AppNetworkProfileStatus, ConditionType, FlowsStatus, PolicyKind, Reason};

/// How loud an Event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// For the record.
    Normal,
    /// Needs attention.
    Warning,
}

/// An Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How loud.
    pub severity: Severity,
    /// Its kind.
    pub reason: Reason,
    /// What was done or found.
    pub text: String,
    /// The policy that it is about. Events that differ in it are not taken for repetitions of one another.
    pub policy: Option<(PolicyKind, String)>,
}

/// The Events that a reconcile deserves.
#[must_use]
pub fn notes(before: &AppNetworkProfileStatus, after: &AppNetworkProfileStatus, outcome: &Outcome) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Outcome::Applied(applied) = outcome {
        drift(applied, before, &mut notes);
        written(applied, &mut notes);
    }
    if let (Outcome::Audited { .. }, Some(flows)) = (outcome, &after.flows)
        && before.flows.as_ref() != Some(flows)
    {
        notes.extend(would_cut(flows));
    }
    let mut kinds = vec![ConditionType::Ready, ConditionType::LabelsMatched, ConditionType::ReferencesResolved];
    // Whoever has no policies does not miss who enforces them; and whoever gets some has to hear of it.
    if !after.policies.is_empty() {
        kinds.push(ConditionType::EnforcementDetected);
    }
    for kind in kinds {
        let of = |status: &AppNetworkProfileStatus| {
            status.conditions.iter().find(|condition| condition.type_ == kind.as_str()).cloned()
        };
        let (Some(now), was) = (of(after), of(before)) else { continue };
        let is_first = kind == ConditionType::EnforcementDetected && before.policies.is_empty();
        let changed = is_first || was.as_ref().is_none_or(|was| was.status != now.status || was.reason != now.reason);
        let bad = now.status == "False" && !matches!(now.reason.as_str(), "AuditOnly" | "Disabled");
        let Some(reason) = Reason::ALL.iter().find(|reason| reason.as_str() == now.reason) else { continue };
        if changed && bad {
            notes.push(Note { severity: Severity::Warning, reason: *reason, text: now.message, policy: None });
        } else if changed && kind == ConditionType::Ready && now.status == "True" {
            notes.push(Note { severity: Severity::Normal, reason: *reason, text: now.message, policy: None });
        }
    }
    notes
}

/// How many flows an Event names.
const FLOWS: usize = 3;

/// One Event for all flows that enforcing would cut; `status.flows` names more of them.
fn would_cut(flows: &FlowsStatus) -> Option<Note> {
    if flows.cut_count <= 0 {
        return None;
    }
    let named = flows.cut.iter().take(FLOWS).map(|flow| format!("{} → {}: {}", flow.from, flow.to, flow.ports));
    let named: Vec<_> = named.collect();
    let more = usize::try_from(flows.cut_count).unwrap_or_default().saturating_sub(named.len());
    let more = match (named.is_empty(), more) {
        (_, 0) => String::new(),
        (true, _) => " with namespaces that the profile does not name".to_owned(),
        (false, more) => format!("; and {more} more"),
    };
    let colon = if named.is_empty() { "" } else { ": " };
    let text = format!("mode 'Enforce' would cut {} flows{colon}{}{more}", flows.cut_count, named.join("; "));
    Some(Note { severity: Severity::Warning, reason: Reason::FlowsWouldBeCut, text: cut(&text), policy: None })
}

fn drift(applied: &Applied, before: &AppNetworkProfileStatus, notes: &mut Vec<Note>) {
    let reason = match (applied.fighting, applied.repaired) {
        (true, _) => Reason::DriftFighting,
        (false, true) => Reason::DriftRepaired,
        (false, false) => Reason::DriftDetected,
    };
    for drift in &applied.drift {
        let known =
            before.drift.as_ref().is_some_and(|told| told.policy == drift.policy && told.fields == drift.fields);
        if known && !applied.repaired {
            continue;
        }
        let text = if applied.repaired { format!("{drift}; it was put back") } else { drift.to_string() };
        notes.push(Note {
            severity: Severity::Warning,
            reason,
            text,
            policy: Some((drift.kind, drift.policy.clone())),
        });
    }
}

/// One Event for each kind of write, naming the policies: hundreds of them would hide what matters.
fn written(applied: &Applied, notes: &mut Vec<Note>) {
    let drifted = |name: &&String| applied.drift.iter().any(|drift| drift.policy == **name);
    let mut one = |reason: Reason, verb: &str, names: &[String]| {
        let names: Vec<_> = names.iter().filter(|name| !drifted(name)).map(String::as_str).collect();
        if !names.is_empty() {
            notes.push(Note {
                severity: Severity::Normal,
                reason,
                text: format!("{verb} {}", names.join(", ")),
                policy: None,
            });
        }
    };
    one(Reason::PolicyCreated, "created", &applied.created);
    one(Reason::PolicyUpdated, "updated", &applied.updated);
    one(Reason::PolicyDeleted, "deleted", &applied.deleted);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PolicyStatus;

    fn status(enforced: &str, policies: usize) -> AppNetworkProfileStatus {
        let condition = serde_json::json!({
            "type": "EnforcementDetected", "status": enforced, "reason": "CNIDoesNotEnforce", "message": "it does not",
            "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 1,
        });
        AppNetworkProfileStatus {
            conditions: vec![serde_json::from_value(condition).expect("a condition")],
            policies: vec![PolicyStatus::default(); policies],
            ..AppNetworkProfileStatus::default()
        }
    }

    #[test]
    fn that_nothing_enforces_them_is_told_once_there_are_policies_and_not_again() {
        let told = |before: &AppNetworkProfileStatus, after: &AppNetworkProfileStatus| {
            notes(before, after, &Outcome::Applied(Applied::default())).len()
        };
        let (audit, enforce) = (status("False", 0), status("False", 4));
        assert_eq!(told(&AppNetworkProfileStatus::default(), &audit), 0, "nothing is to be enforced");
        assert_eq!(told(&audit, &enforce), 1);
        assert_eq!(told(&enforce, &enforce), 0);
        assert_eq!(told(&status("True", 4), &enforce), 1);
        assert_eq!(told(&enforce, &audit), 0, "they are gone");
    }
}
