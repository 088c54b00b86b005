//! Makes the cluster as it is wanted, one stage at a time.
//!
//! A stage begins with a live read of the profile and of its namespace's policies, and every write names the version that
//! this read showed. Whatever changed in between ends the stage, and the next one begins with a new look.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, PartialObjectMeta, PostParams, Preconditions},
};

use super::{
    RequestError, Requests, SharedWorld, Trouble,
    object::{explain, with},
};
use crate::{
    api::{AppNetworkProfile, PolicyStatus, Reason},
    model::Identity,
    observe::PolicyRow,
    plan::{Ownership, Situation, Stage, Write, drift, observed_hash, ownership, stage},
    policy::{Desired, FIELD_MANAGER, Role},
    report::{Applied, Failure},
};

/// More stages than any change needs; who still differs then is changed by someone else all the time.
const MOST_STAGES: usize = 12;

/// What is to be made true, and of which profile.
pub struct Task<'a> {
    /// The wanted policies.
    pub desired: &'a Desired,
    /// The generation that asks for them.
    pub generation: i64,
    /// The policies that the status lists.
    pub recorded: &'a [PolicyStatus],
    /// Which of the policies that are there are to be left as someone else made them.
    pub hold: &'a (dyn Fn(&[&PolicyRow]) -> BTreeSet<String> + Send + Sync),
}

/// Does what is wanted, if anything is to be done; says what is there then. Nothing when the profile changed or went
/// meanwhile, its namespace goes, or another operator leads by now: another run sees to that.
///
/// # Errors
/// When the cluster could not be read; writes that failed are part of what is returned.
pub async fn enforce(
    requests: &Requests,
    world: &SharedWorld,
    task: Task<'_>,
) -> Result<Option<Applied>, RequestError> {
    let namespace = &task.desired.identity.namespace;
    let known: BTreeSet<_> = task.recorded.iter().map(|policy| policy.uid.clone()).collect();
    let cached: Vec<PolicyRow> = world.read(|world| world.policies.of(namespace).cloned().collect());
    let mut run = Run {
        requests,
        world,
        policies: Api::namespaced(requests.client.clone(), namespace),
        profiles: Api::namespaced(requests.client.clone(), namespace),
        known,
        held: BTreeSet::new(),
        failed: BTreeSet::new(),
        rows: cached,
        live: BTreeMap::new(),
        applied: Applied { wanted: task.desired.len(), disabled: task.desired.is_empty(), ..Applied::default() },
        task,
    };
    // What the watches show is enough to see that nothing is to be done: no request then.
    run.weigh();
    let first = run.stage();
    if first.writes.is_empty() {
        return Ok(Some(run.finish(first.taken)));
    }
    run.applied.drift.clear();
    for _ in 0..MOST_STAGES {
        if !run.look().await? {
            return Ok(None);
        }
        run.weigh();
        let Stage { writes, taken, more } = run.stage();
        if writes.is_empty() {
            return Ok(Some(run.finish(taken)));
        }
        match run.write_all(writes).await {
            Next::Look => {}
            Next::Stop => return Ok(None),
            Next::GoOn if more => {}
            Next::GoOn | Next::GiveUp => return Ok(Some(run.finish(taken))),
        }
    }
    let message = "the policies change again and again while they are written; it is tried again".to_owned();
    let policy = task_name(&run);
    run.applied.failures.push(Failure { reason: Reason::ApplyFailed, policy, message });
    Ok(Some(run.finish(Vec::new())))
}

/// The policy that a failure of no policy in particular is told of: the one that is written last.
fn task_name(run: &Run<'_>) -> String {
    run.task.desired.policies().last().map(|policy| policy.name.clone()).unwrap_or_default()
}

/// How a stage ended.
enum Next {
    /// All was written.
    GoOn,
    /// Something changed meanwhile: look again.
    Look,
    /// Nothing is to be done any more.
    Stop,
    /// The API server is in trouble: later.
    GiveUp,
}

struct Run<'a> {
    requests: &'a Requests,
    world: &'a SharedWorld,
    policies: Api<NetworkPolicy>,
    profiles: Api<AppNetworkProfile>,
    known: BTreeSet<String>,
    held: BTreeSet<String>,
    failed: BTreeSet<String>,
    rows: Vec<PolicyRow>,
    live: BTreeMap<String, NetworkPolicy>,
    applied: Applied,
    task: Task<'a>,
}

impl Run<'_> {
    fn stage(&self) -> Stage {
        let observed: Vec<_> = self.rows.iter().collect();
        stage(&Situation {
            desired: self.task.desired,
            observed: &observed,
            known: &self.known,
            held: &self.held,
            failed: &self.failed,
        })
    }

    /// What someone else did, and what of it is to be left: seen anew with every look, because it can happen meanwhile.
    /// What this run wrote itself is no drift, though the record does not know it yet.
    fn weigh(&mut self) {
        let rows: Vec<_> = self.rows.iter().collect();
        self.held = (self.task.hold)(&rows);
        for found in drift(self.task.desired, self.task.recorded, &rows) {
            if !self.applied.drift.contains(&found) && !self.applied.wrote(&found.policy) {
                self.applied.drift.push(found);
            }
        }
    }

    /// Reads profile and policies live. False when the profile is not the one any more that this run is about.
    async fn look(&mut self) -> Result<bool, RequestError> {
        let Identity { name, uid, .. } = &self.task.desired.identity;
        let all = ListParams::default();
        let (profile, policies) = futures::try_join!(
            self.requests.within(self.profiles.get_metadata_opt(name)),
            self.requests.within(self.policies.list(&all)),
        )?;
        let same = |profile: &PartialObjectMeta<AppNetworkProfile>| {
            profile.uid().as_ref() == Some(uid)
                && profile.metadata.generation == Some(self.task.generation)
                && profile.metadata.deletion_timestamp.is_none()
        };
        if !profile.as_ref().is_some_and(same) {
            return Ok(false);
        }
        self.rows = policies.items.iter().map(PolicyRow::from).collect();
        self.live = policies.items.into_iter().map(|policy| (policy.name_any(), policy)).collect();
        // The picture is left to the watches: what they have not told yet, others have not been woken for.
        Ok(true)
    }

    async fn write_all(&mut self, writes: Vec<Write>) -> Next {
        let mut new_deny = None;
        for write in writes {
            let name = write.name().to_owned();
            let done = self.write(write, &mut new_deny).await;
            let Err(error) = done else { continue };
            tracing::debug!(policy = name, %error, "a write failed");
            match error.trouble() {
                Trouble::Outdated => return Next::Look,
                Trouble::NamespaceGoing | Trouble::NotLeading => return Next::Stop,
                Trouble::Permanent(reason) => {
                    let message = explain(reason, &error);
                    self.applied.failures.push(Failure { reason, policy: name.clone(), message });
                    self.failed.insert(name);
                    // What comes after may rely on it.
                    return Next::Look;
                }
                Trouble::Passing => {
                    let failure = Failure { reason: Reason::ApplyFailed, policy: name, message: error.to_string() };
                    self.applied.failures.push(failure);
                    return Next::GiveUp;
                }
            }
        }
        Next::GoOn
    }

    async fn write(&mut self, write: Write, new_deny: &mut Option<(String, String)>) -> Result<(), RequestError> {
        let params = PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() };
        match write {
            Write::Create { name, role, body } => {
                let fresh = NetworkPolicy {
                    metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
                    ..NetworkPolicy::default()
                };
                let policy = with(fresh, *body, new_deny.as_ref());
                let stored = self.requests.within(self.policies.create(&params, &policy)).await?;
                if role == Role::DefaultDeny {
                    *new_deny = Some((name.clone(), stored.uid().unwrap_or_default()));
                }
                self.applied.created.push(name);
                self.stored(stored);
            }
            Write::Update { name, body, .. } => {
                let Some(live) = self.live.get(&name) else { return Ok(()) };
                let policy = with(live.clone(), *body, new_deny.as_ref());
                let stored = self.requests.within(self.policies.replace(&name, &params, &policy)).await?;
                // Arming what was just created is part of creating it.
                if !self.applied.created.contains(&name) && !self.applied.updated.contains(&name) {
                    self.applied.updated.push(name);
                }
                self.stored(stored);
            }
            Write::Delete { name } => {
                let Some(live) = self.live.get(&name) else { return Ok(()) };
                let preconditions = Preconditions { uid: live.uid(), resource_version: live.resource_version() };
                let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
                self.requests.within(self.policies.delete(&name, &params)).await?;
                let (namespace, uid) = (&self.task.desired.identity.namespace, live.uid().unwrap_or_default());
                self.world.change(|world| world.policies.remove(namespace, &name, &uid));
                self.rows.retain(|row| row.name != name);
                self.live.remove(&name);
                self.applied.deleted.push(name);
            }
        }
        Ok(())
    }

    /// What the API server answered comes before what the watch will tell.
    fn stored(&mut self, policy: NetworkPolicy) {
        let row = PolicyRow::from(&policy);
        self.known.insert(row.uid.clone());
        self.rows.retain(|known| known.name != row.name);
        self.rows.push(row.clone());
        self.world.change(|world| world.policies.insert(&self.task.desired.identity.namespace, row));
        self.live.insert(policy.name_any(), policy);
    }

    /// The hash of what we wrote. Of a policy that is left alone it stays as recorded: what someone else made of it must
    /// not be taken for ours at the next look.
    fn hash(&self, row: &PolicyRow) -> String {
        let record = self.task.recorded.iter().find(|record| record.uid == row.uid && self.held.contains(&record.name));
        record.map_or_else(|| observed_hash(row), |record| record.hash.clone())
    }

    /// What is there now.
    fn finish(mut self, taken: Vec<String>) -> Applied {
        let left = self.stage();
        let desired = self.task.desired;
        let differs = |name: &str| {
            left.writes.iter().any(|write| write.name() == name)
                || self.held.contains(name)
                || self.failed.contains(name)
        };
        // What was offered and is wanted is ours from now on, even where nothing had to be written.
        let wanted = |row: &PolicyRow| desired.policies().any(|policy| policy.name == row.name);
        let ours = |row: &&PolicyRow| match ownership(row, &desired.identity, &self.known) {
            Ownership::Ours => true,
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
                uid: row.uid.clone(),
                role: row.labels.get(crate::policy::ROLE_LABEL).cloned().unwrap_or_default(),
                hash: self.hash(row),
            })
            .collect();
        self.applied.failures.extend(taken.into_iter().map(|policy| Failure {
            reason: Reason::PolicyNameTaken,
            message: format!(
                "a NetworkPolicy of this name is there and is not ours, so it was left alone; rename the profile or tier, remove the \
                 policy, or hand it over with the annotation '{}: {}'",
                crate::policy::ADOPT_ANNOTATION,
                desired.identity.name
            ),
            policy,
        }));
        // What is missing and left alone stays on record: else it would be forgotten that it was ever there.
        let missing =
            |record: &&PolicyStatus| self.held.contains(&record.name) && !rows.contains_key(record.name.as_str());
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
