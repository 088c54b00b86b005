//! What is to be done about a profile, from what the watches show. No request, no waiting.

use std::{collections::BTreeSet, time::Duration};

use kube::ResourceExt;

use crate::{
    api::{AppNetworkProfile, AppNetworkProfileSpec, DriftPolicy, ForeignPolicy, Mode, PolicyStatus, UnassignedPods},
    diagnose::{self, Enforcement, Finding},
    model::{self, Identity, Platform, Profile},
    observe::{PolicyRow, World},
    plan::{Content, FightVerdict, Fighting, Situation, changes, content_hash, drift, flows},
    policy::{self, Desired, Resolved},
    report::Outcome,
};

/// A rendered policy that is larger is refused: etcd takes 1.5 MB, and data planes give up long before.
const LARGEST: usize = 256 * 1024;

/// What is to be done about a profile.
#[derive(Debug)]
pub struct Decision {
    /// What to enforce; or how it ends without writing anything.
    pub next: Next,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// Which callers were found without being named, and why it is they.
    pub found: Vec<String>,
    /// What is known of enforcement.
    pub enforcement: Enforcement,
    /// Policies of others.
    pub foreign: Vec<ForeignPolicy>,
    /// Workloads in no tier.
    pub unassigned: Option<UnassignedPods>,
}

/// What is to be done.
#[derive(Debug)]
pub enum Next {
    /// Nothing can or may be written.
    Report(Outcome),
    /// These policies are to be there, but for those that [`held`] leaves alone.
    Enforce {
        /// The wanted policies.
        desired: Box<Desired>,
        /// What to do about drift.
        drift_policy: DriftPolicy,
    },
}

/// Decides.
#[must_use]
pub fn decide(profile: &AppNetworkProfile, platform: &Platform, world: &World) -> Decision {
    let enforcement = diagnose::enforcement(platform.cni, world);
    let ends = |outcome| Decision {
        next: Next::Report(outcome),
        findings: Vec::new(),
        found: Vec::new(),
        enforcement: enforcement.clone(),
        foreign: Vec::new(),
        unassigned: None,
    };
    if profile.spec.suspend {
        return ends(Outcome::Suspended);
    }
    let model = match model::parse(profile, platform) {
        Ok(model) => model,
        Err(_) if profile.spec.mode == Mode::Disabled => return off(profile, enforcement),
        Err(problems) => return ends(Outcome::Invalid(problems)),
    };
    let status = profile.status.clone().unwrap_or_default();
    let known = status.policies.iter().map(|policy| policy.uid.clone()).collect();
    let resolved = policy::resolve(&model, platform, world);
    let input = diagnose::Input { profile: &model, resolved: &resolved, world, discreet: true };
    let found = |next| Decision {
        next,
        findings: diagnose::run(&input),
        found: resolved.found.clone(),
        enforcement: enforcement.clone(),
        foreign: diagnose::foreign_policies(&input, &known),
        unassigned: diagnose::unassigned(&input),
    };
    match next((&model, &profile.spec), &resolved, &known, world) {
        Next::Report(Outcome::TooLarge(message)) => ends(Outcome::TooLarge(message)),
        next => found(next),
    }
}

/// The way out works for every profile, also for one that is refused: nothing but its identity is needed.
fn off(profile: &AppNetworkProfile, enforcement: Enforcement) -> Decision {
    let identity = Identity {
        namespace: profile.namespace().unwrap_or_default(),
        name: profile.name_any(),
        uid: profile.uid().unwrap_or_default(),
    };
    let desired = Box::new(Desired::nothing(identity, false));
    Decision {
        next: Next::Enforce { desired, drift_policy: DriftPolicy::Repair },
        findings: Vec::new(),
        found: Vec::new(),
        enforcement,
        foreign: Vec::new(),
        unassigned: None,
    }
}

fn next(
    (model, spec): (&Profile, &AppNetworkProfileSpec),
    resolved: &Resolved,
    known: &BTreeSet<String>,
    world: &World,
) -> Next {
    let desired = match model.mode {
        Mode::Disabled => Desired::nothing(model.identity.clone(), false),
        Mode::Enforce | Mode::Audit if resolved.dns.is_none() => return Next::Report(Outcome::NoDns),
        Mode::Enforce | Mode::Audit => policy::build(model, resolved),
    };
    if let Some(large) = too_large(&desired) {
        return Next::Report(Outcome::TooLarge(large));
    }
    let observed: Vec<_> = world.policies.of(&model.identity.namespace).collect();
    if model.mode == Mode::Audit {
        let nobody = BTreeSet::new();
        let situation = Situation { desired: &desired, observed: &observed, known, held: &nobody, failed: &nobody };
        let changes = changes(&situation);
        let flows = Box::new(flows::audit(&situation, &changes, spec, world));
        return Next::Report(Outcome::Audited { changes, wanted: desired.len(), flows });
    }
    Next::Enforce { desired: Box::new(desired), drift_policy: model.drift_policy }
}

fn too_large(desired: &Desired) -> Option<String> {
    desired.policies().find_map(|policy| {
        let size = serde_json::to_string(&policy.spec).map_or(0, |text| text.len());
        (size > LARGEST).then(|| {
            format!(
                "policy '{}' would have {size} bytes, and {LARGEST} are the most; use larger blocks, or fewer peers",
                policy.name
            )
        })
    })
}

/// The drifted policies that are left alone, and until when. `now` is measured from the same moment as what `fighting`
/// remembers: `driftPolicy` is `Report`, or someone fights for them.
#[must_use]
pub fn held(
    drift_policy: DriftPolicy,
    desired: &Desired,
    recorded: &[PolicyStatus],
    observed: &[&PolicyRow],
    fighting: &Fighting,
    now: Duration,
) -> (BTreeSet<String>, Option<Duration>) {
    let drifted: BTreeSet<_> = drift(desired, recorded, observed).into_iter().map(|drift| drift.policy).collect();
    if drifted.is_empty() {
        return (BTreeSet::new(), None);
    }
    if drift_policy == DriftPolicy::Report {
        // Only what someone else did is left alone. What the profile itself asks for anew is written.
        let unchanged = |name: &String| {
            let wanted = desired.policies().find(|policy| policy.name == *name);
            let record = recorded.iter().find(|record| record.name == *name);
            wanted.zip(record).is_some_and(|(wanted, record)| {
                content_hash(&Content::of(wanted, &desired.identity, desired.orphan)) == record.hash
            })
        };
        return (drifted.into_iter().filter(unchanged).collect(), None);
    }
    let mut again: Option<Duration> = None;
    let mut waits = |name: &String| match fighting.verdict(name, now) {
        FightVerdict::Repair => false,
        FightVerdict::Wait(rest) => {
            again = Some(again.map_or(rest, |soonest| soonest.min(rest)));
            true
        }
    };
    let held = drifted.into_iter().filter(|name| waits(name)).collect();
    (held, again)
}
