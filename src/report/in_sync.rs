//! `InSync`: did anyone else change the policies?

use super::{Applied, Conditions, Report};
use crate::api::{ConditionType, Reason};

pub(super) fn in_sync(conditions: &mut Conditions<'_>, applied: &Applied, report: &Report<'_>) {
    let said = applied.drift.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if applied.fighting && !applied.drift.is_empty() {
        let message = format!(
            "{said}, again and again; it is repaired more and more slowly: find out what writes there, or set `spec.suspend`"
        );
        conditions.set(ConditionType::InSync, Some(false), Reason::DriftFighting, &message);
    } else if applied.fighting {
        // The other one has not struck again yet: that is no peace.
        conditions.keep(ConditionType::InSync);
    } else if said.is_empty() {
        // A repair stays visible until the profile changes: who looks later should still learn of it.
        let last = report.before.conditions.iter().find(|condition| condition.type_ == ConditionType::InSync.as_str());
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
