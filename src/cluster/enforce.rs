//! Makes the cluster as it is wanted, one stage at a time.
//!
//! A stage begins with a live read of the profile and of its namespace's policies, and every write names the version that
//! this read showed. Whatever changed in between ends the stage, and the next one begins with a new look.

use std::collections::{BTreeMap, BTreeSet};

use kube::{
    Api, ResourceExt,
    api::{ObjectMeta, PartialObjectMeta},
};

use super::{
    RequestError, Requests, SharedWorld, Trouble,
    object::{explain, with},
    policy_api::PolicyApi,
};
use crate::{
    api::{AppNetworkProfile, PolicyKind, PolicyStatus, Reason},
    model::Identity,
    observe::{Availability, PolicyRow},
    plan::{Situation, Stage, Write, drift, stage},
    policy::{Desired, PolicyObject, Role},
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
    /// Which of the policies that are there are to be left as someone else made them, given what of `recorded` can be seen.
    pub hold: &'a Hold<'a>,
}

/// See [`Task::hold`].
pub type Hold<'a> = dyn Fn(&[PolicyStatus], &[&PolicyRow]) -> BTreeSet<String> + Send + Sync + 'a;

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
    let (cached, cilium) =
        world.read(|world| (world.policies.of(namespace).cloned().collect::<Vec<_>>(), world.cilium));
    let mut run = Run {
        requests,
        world,
        policies: PolicyApi::new(requests, namespace),
        profiles: Api::namespaced(requests.client.clone(), namespace),
        known,
        held: BTreeSet::new(),
        failed: BTreeSet::new(),
        rows: cached,
        live: BTreeMap::new(),
        cilium,
        applied: Applied { wanted: task.desired.len(), disabled: task.desired.is_empty(), ..Applied::default() },
        task,
    };
    // What the watches show is enough to see that nothing is to be done: no request then.
    run.weigh();
    let first = run.situation(stage);
    if first.writes.is_empty() && !run.is_blind_to_a_record() {
        return Ok(Some(run.finish(first.taken)));
    }
    run.applied.drift.clear();
    for _ in 0..MOST_STAGES {
        if !run.look().await? {
            return Ok(None);
        }
        run.weigh();
        let Stage { writes, taken, more } = run.situation(stage);
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

pub(super) struct Run<'a> {
    requests: &'a Requests,
    world: &'a SharedWorld,
    policies: PolicyApi<'a>,
    profiles: Api<AppNetworkProfile>,
    pub(super) known: BTreeSet<String>,
    pub(super) held: BTreeSet<String>,
    pub(super) failed: BTreeSet<String>,
    pub(super) rows: Vec<PolicyRow>,
    live: BTreeMap<(PolicyKind, String), PolicyObject>,
    /// Can policies of Cilium's own be seen?
    pub(super) cilium: Availability,
    pub(super) applied: Applied,
    pub(super) task: Task<'a>,
}

impl Run<'_> {
    pub(super) fn situation<T>(&self, look: impl FnOnce(&Situation<'_>) -> T) -> T {
        let observed: Vec<_> = self.rows.iter().collect();
        look(&Situation {
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
        // What cannot be seen is not taken for deleted.
        let seen = |record: &&PolicyStatus| self.sees(record.kind);
        let recorded: Vec<_> = self.task.recorded.iter().filter(seen).cloned().collect();
        self.held = (self.task.hold)(&recorded, &rows);
        for found in drift(self.task.desired, &recorded, &rows) {
            if !self.applied.drift.contains(&found) && !self.applied.wrote(&found.policy) {
                self.applied.drift.push(found);
            }
        }
    }

    pub(super) fn sees(&self, kind: PolicyKind) -> bool {
        kind == PolicyKind::NetworkPolicy || self.cilium != Availability::Hidden
    }

    fn is_blind_to_a_record(&self) -> bool {
        self.task.recorded.iter().any(|record| !self.sees(record.kind))
    }

    /// Is there any policy of Cilium's own, wanted or not, that this run could be about?
    fn concerns_cilium(&self) -> bool {
        let of_cilium = |kind| kind == PolicyKind::CiliumNetworkPolicy;
        self.cilium != Availability::NotServed
            && (!self.task.desired.companions.is_empty()
                || self.task.recorded.iter().any(|record| of_cilium(record.kind))
                || self.rows.iter().any(|row| of_cilium(row.kind())))
    }

    /// Reads profile and policies live. False when the profile is not the one any more that this run is about.
    async fn look(&mut self) -> Result<bool, RequestError> {
        let Identity { name, uid, .. } = &self.task.desired.identity;
        let of_cilium = async {
            if self.concerns_cilium() {
                self.policies.list(PolicyKind::CiliumNetworkPolicy).await
            } else {
                Ok(Vec::new())
            }
        };
        let (profile, policies, of_cilium) = futures::join!(
            self.requests.within(self.profiles.get_metadata_opt(name)),
            self.policies.list(PolicyKind::NetworkPolicy),
            of_cilium,
        );
        let same = |profile: &PartialObjectMeta<AppNetworkProfile>| {
            profile.uid().as_ref() == Some(uid)
                && profile.metadata.generation == Some(self.task.generation)
                && profile.metadata.deletion_timestamp.is_none()
        };
        if !profile?.as_ref().is_some_and(same) {
            return Ok(false);
        }
        let mut policies = policies?;
        policies.extend(self.seen(of_cilium));
        self.rows = policies.iter().map(PolicyObject::row).collect();
        let key = |policy: &PolicyObject| (policy.kind(), policy.metadata().name.clone().unwrap_or_default());
        self.live = policies.into_iter().map(|policy| (key(&policy), policy)).collect();
        // The picture is left to the watches: what they have not told yet, others have not been woken for.
        Ok(true)
    }

    /// Policies of Cilium's own that may not be listed, or are no more, hold up nothing but themselves.
    fn seen(&mut self, listed: Result<Vec<PolicyObject>, RequestError>) -> Vec<PolicyObject> {
        let error = match listed {
            Ok(policies) => {
                self.cilium = if self.cilium == Availability::Hidden { Availability::Served } else { self.cilium };
                return policies;
            }
            Err(error) => error,
        };
        let reason = match error.trouble() {
            Trouble::Permanent(reason) => reason,
            Trouble::Outdated | Trouble::Passing | Trouble::NamespaceGoing | Trouble::NotLeading => Reason::ApplyFailed,
        };
        self.cilium = Availability::Hidden;
        let wanted = self.task.desired.companions.iter().map(|policy| policy.name.clone());
        let recorded = self.task.recorded.iter().filter(|record| record.kind == PolicyKind::CiliumNetworkPolicy);
        let hidden: Vec<_> = wanted.chain(recorded.map(|record| record.name.clone())).collect();
        if let Some(first) = hidden.first().filter(|first| !self.failed.contains(*first)) {
            let message = explain(PolicyKind::CiliumNetworkPolicy, reason, &error);
            self.applied.failures.push(Failure { reason, policy: first.clone(), message });
        }
        self.failed.extend(hidden);
        Vec::new()
    }

    async fn write_all(&mut self, writes: Vec<Write>) -> Next {
        let mut created = BTreeMap::new();
        let mut then = Next::GoOn;
        let mut copy_refused = false;
        for write in writes {
            let (kind, name) = (write.kind(), write.name().to_owned());
            let of_cilium = kind == PolicyKind::CiliumNetworkPolicy;
            if copy_refused && of_cilium && matches!(write, Write::Update { .. }) {
                continue;
            }
            let is_copy = matches!(write.role(), Some(Role::Bridge(_)));
            let done = self.write(write, &mut created).await;
            let Err(error) = done else { continue };
            tracing::debug!(policy = name, %error, "a write failed");
            let (reason, passing) = match error.trouble() {
                Trouble::Outdated => return Next::Look,
                Trouble::NamespaceGoing | Trouble::NotLeading => return Next::Stop,
                Trouble::Permanent(reason) => (reason, false),
                Trouble::Passing => (Reason::ApplyFailed, true),
            };
            let message = if passing { error.to_string() } else { explain(kind, reason, &error) };
            self.applied.failures.push(Failure { reason, policy: name.clone(), message });
            self.failed.insert(name);
            if of_cilium {
                // Nothing else relies on a companion, but its change on its copy. Each refusal would take a look of its own.
                copy_refused |= is_copy;
                then = Next::Look;
            } else if passing {
                return Next::GiveUp;
            } else {
                // What comes after may rely on it.
                return Next::Look;
            }
        }
        then
    }

    async fn write(&mut self, write: Write, created: &mut BTreeMap<String, String>) -> Result<(), RequestError> {
        match write {
            Write::Create { name, body, .. } => {
                let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
                let fresh = PolicyObject::new(metadata, body.content.spec.clone());
                let stored = self.policies.create(with(fresh, *body, created)).await?;
                created.insert(name.clone(), stored.metadata().uid.clone().unwrap_or_default());
                self.applied.created.push(name);
                self.stored(stored);
            }
            Write::Update { name, body, .. } => {
                let Some(live) = self.live.get(&(body.content.spec.kind(), name.clone())) else { return Ok(()) };
                let stored = self.policies.replace(with(live.clone(), *body, created)).await?;
                // Arming what was just created is part of creating it.
                if !self.applied.created.contains(&name) && !self.applied.updated.contains(&name) {
                    self.applied.updated.push(name);
                }
                self.stored(stored);
            }
            Write::Delete { kind, name } => {
                let Some(live) = self.live.get(&(kind, name.clone())) else { return Ok(()) };
                self.policies.delete(live).await?;
                let uid = live.metadata().uid.clone().unwrap_or_default();
                let namespace = &self.task.desired.identity.namespace;
                self.world.change(|world| world.policies.remove(namespace, kind, &name, &uid));
                self.rows.retain(|row| row.name != name || row.kind() != kind);
                self.live.remove(&(kind, name.clone()));
                self.applied.deleted.push(name);
            }
        }
        Ok(())
    }

    /// What the API server answered comes before what the watch will tell.
    fn stored(&mut self, policy: PolicyObject) {
        let row = policy.row();
        self.known.insert(row.uid.clone());
        self.rows.retain(|known| known.name != row.name || known.kind() != row.kind());
        self.rows.push(row.clone());
        self.live.insert((row.kind(), row.name.clone()), policy);
        self.world.change(|world| world.policies.insert(&self.task.desired.identity.namespace, row));
    }
}
