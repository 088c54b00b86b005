//! What is there after a profile's policies were enforced.

use std::collections::{BTreeMap, BTreeSet};

use super::enforce::Run;
use crate::{
    api::{PolicyKind, PolicyStatus, Reason},
    observe::PolicyRow,
    plan::{Ownership, changes, observed_hash, ownership},
    policy::{ADOPT_ANNOTATION, DesiredPolicy, ROLE_LABEL},
    report::{Applied, Failure},
};

impl Run<'_> {
    /// The hash of what we wrote. Of a policy that is left alone it stays as recorded: what someone else made of it must
    /// not be taken for ours at the next look.
    fn hash(&self, row: &PolicyRow) -> String {
        let record = self.task.recorded.iter().find(|record| record.uid == row.uid && self.held.contains(&record.name));
        record.map_or_else(|| observed_hash(row), |record| record.hash.clone())
    }

    /// What is there now.
    pub(super) fn finish(mut self, taken: Vec<String>) -> Applied {
        let desired = self.task.desired;
        // Whatever is not as wanted, and not only what could be written next: a change may wait for another one.
        let different: BTreeSet<_> = self.situation(changes).into_iter().map(|change| change.policy).collect();
        let differs = |name: &str| different.contains(name) || self.held.contains(name) || self.failed.contains(name);
        // What was offered and is wanted is ours from now on, even where nothing had to be written.
        let wanted = |row: &PolicyRow| desired.policy(row.kind(), &row.name).is_some();
        // A name stands for one policy; see `View::surplus`.
        let one = |row: &PolicyRow| wanted(row) || desired.policies().all(|policy| policy.name != row.name);
        let ours = |row: &&PolicyRow| match ownership(row, &desired.identity, &self.known) {
            Ownership::Ours => one(row),
            Ownership::Offered => wanted(row),
            Ownership::Foreign => false,
        };
        let rows: BTreeMap<_, _> = self.rows.iter().filter(ours).map(|row| (row.name.as_str(), row)).collect();
        let there = |name: &str| rows.contains_key(name) && !differs(name) && !taken.iter().any(|other| other == name);
        self.applied.in_place = desired.policies().filter(|policy| there(&policy.name)).count();
        self.applied.policies = rows
            .values()
            .map(|row| PolicyStatus {
                name: row.name.clone(),
                kind: row.kind(),
                uid: row.uid.clone(),
                role: row.labels.get(ROLE_LABEL).cloned().unwrap_or_default(),
                hash: self.hash(row),
            })
            .collect();
        let left_alone = |name: &str| self.held.contains(name) || taken.iter().any(|other| other == name);
        let waiting = desired.policies().filter(|policy| different.contains(&policy.name) && !left_alone(&policy.name));
        if self.applied.failures.is_empty() && taken.is_empty() {
            self.applied.failures.extend(waiting.map(|policy| Failure {
                reason: Reason::ApplyFailed,
                policy: policy.name.clone(),
                message: "it waits for a policy that was changed by someone else and is left alone; `InSync` names it. To change \
                          this one before would cut or open flows"
                    .into(),
            }));
        }
        let kind = |name: &str| {
            let policy = desired.policies().find(|policy| policy.name == name);
            policy.map_or(PolicyKind::NetworkPolicy, DesiredPolicy::kind).as_str()
        };
        self.applied.failures.extend(taken.into_iter().map(|policy| Failure {
            reason: Reason::PolicyNameTaken,
            message: format!(
                "a {} of this name is there and is not ours, so it was left alone; rename the profile or tier, remove the \
                 policy, or hand it over with the annotation '{}: {}'",
                kind(&policy),
                ADOPT_ANNOTATION,
                desired.identity.name
            ),
            policy,
        }));
        // What is missing and left alone, or cannot be seen, stays on record: else it would be forgotten that it was ever there.
        let hidden: Vec<_> = self.task.recorded.iter().filter(|record| !self.sees(record.kind)).cloned().collect();
        let missing = |record: &&PolicyStatus| {
            (self.held.contains(&record.name) || hidden.contains(record)) && !rows.contains_key(record.name.as_str())
        };
        self.applied.policies.extend(self.task.recorded.iter().filter(missing).cloned());
        self.applied.policies.sort_by(|a, b| a.name.cmp(&b.name));
        // The status takes no more; bridges of a change that was interrupted again and again could be many.
        self.applied.policies.truncate(128);
        let applied = &self.applied;
        let repaired = !applied.drift.is_empty() && applied.drift.iter().all(|drift| applied.wrote(&drift.policy));
        self.applied.repaired = repaired;
        self.applied
    }
}
