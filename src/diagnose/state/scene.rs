//! What the checks look at.

use std::{
    cell::{Cell, OnceCell},
    collections::BTreeSet,
};

use super::{Diagnosis, Fix, Severity, Symptom};
use crate::{
    api::{Cni, Protocol, Reason},
    explain::{Answer, Explanation, Question, Setting, explain},
    model::Labels,
    observe::{Details, World},
    reach::{Connection, Direction, End, Gate, Outcome, Pod, PodId, Policy},
};

/// A state of a cluster, and which part of it is asked about.
pub struct Scene<'a> {
    /// The state, evaluated, with its profiles and where everything stands.
    pub setting: &'a Setting<'a>,
    /// What is known beside.
    pub details: &'a Details,
    /// The same state as profiles see it.
    pub world: &'a World,
    /// What the platform says about the CNI.
    pub cni: Cni,
    /// Which part is asked about.
    pub scope: &'a Scope,
    /// The whole cluster was read: what is not there is nowhere. Files hold a part of one.
    pub whole: bool,
    /// How many fixes are still worked out. Each is tried, which takes as long as evaluating the whole state; nobody types hundreds.
    pub fixes: Cell<usize>,
    /// One Pod of each kind, once they were looked for.
    pub kinds: OnceCell<Vec<PodId>>,
}

/// As many fixes as are worked out for one question.
pub const FIXES: usize = 16;

/// Which part of a state is asked about.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// These namespaces; all of them when there is none.
    pub namespaces: BTreeSet<String>,
    /// This profile, by namespace and name.
    pub profile: Option<(String, String)>,
}

impl Scope {
    /// Is it about this namespace?
    #[must_use]
    pub fn has(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || self.namespaces.contains(namespace)
    }
}

impl<'a> Scene<'a> {
    /// Every Pod of the state, with its number.
    pub(super) fn all_pods(&self) -> impl Iterator<Item = (PodId, &'a Pod)> + use<'a> {
        (0..).zip(&self.setting.picture.pods)
    }

    /// One Pod of each class and workload that is asked about: the others are like it. On the host network no policy is about them.
    pub(super) fn kinds_of_pods(&self) -> Vec<(PodId, &'a Pod)> {
        let kinds = self.kinds_of_all_pods().into_iter();
        kinds.filter(|(_, pod)| !pod.host_network && self.scope.has(&pod.namespace)).collect()
    }

    /// The same of all that there are.
    pub(super) fn kinds_of_all_pods(&self) -> Vec<(PodId, &'a Pod)> {
        let kinds = self.kinds.get_or_init(|| {
            let kinds = self.setting.reach.kinds(self.setting.picture, |_| true).into_iter();
            kinds.map(|(id, _)| id).collect()
        });
        kinds.iter().map(|id| (*id, &self.setting.picture.pods[*id as usize])).collect()
    }

    /// Do policies isolate this Pod in this direction?
    pub(super) fn is_isolated(&self, pod: PodId, direction: Direction) -> bool {
        !self.setting.reach.isolating(pod, direction).is_empty()
    }

    /// The policies that isolate a Pod.
    pub(super) fn policies(&self, pod: PodId, direction: Direction) -> impl Iterator<Item = &'a Policy> {
        let reach = self.setting.reach;
        let names = reach.isolating(pod, direction).iter().filter_map(|policy| reach.policy_name(*policy));
        names.filter_map(|(namespace, name)| self.setting.policy(namespace, name))
    }

    /// Their names.
    pub(super) fn isolating(&self, pod: PodId, direction: Direction) -> Vec<String> {
        self.policies(pod, direction).map(|policy| format!("{}/{}", policy.namespace, policy.name)).collect()
    }

    /// Labels by which a rule finds these Pods after the next rollout too.
    pub(super) fn lasting_labels(pod: &Pod) -> Labels {
        let lasts = |key: &&String| !crate::explain::passes(key);
        pod.labels.keys().filter(lasts).map(|key| (key.clone(), pod.labels[key].clone())).collect()
    }

    /// Is the proxy of a mesh in the Pod?
    pub(super) fn has_a_mesh(&self, pod: &Pod) -> bool {
        self.details.pod(&pod.namespace, &pod.name).is_some_and(|details| details.mesh.is_some())
    }

    /// Does a profile look after this namespace?
    pub(super) fn in_profile(&self, namespace: &str) -> bool {
        self.setting.profiles.known().iter().any(|known| known.profile.identity.namespace == namespace)
    }

    /// Does no policy of the caller stop the call? What the other end says is another matter.
    pub(super) fn may_leave(&self, from: PodId, to: End, (protocol, port): (Protocol, u16)) -> bool {
        self.setting.reach.query(&Connection { from: End::Pod(from), to, protocol, port }).egress != Gate::Denied
    }

    /// May one call the other, for certain?
    pub(super) fn outcome(&self, from: PodId, to: End, (protocol, port): (Protocol, u16)) -> Outcome {
        self.setting.reach.query(&Connection { from: End::Pod(from), to, protocol, port }).outcome()
    }

    /// Why one may call the other or not, and what would change it.
    pub(super) fn explain(&self, from: &str, to: &str, port: (Protocol, u16)) -> Option<Explanation> {
        let port = format!("{}/{}", port.1, port.0.as_str());
        explain(self.setting, Question { from, to, port: Some(&port), namespace: "default" }).ok()
    }

    /// The command that would let one call the other, as it was tried; else what somebody has to look at.
    pub(super) fn fix(&self, from: &str, to: &str, port: (Protocol, u16)) -> Fix {
        let left = self.fixes.get();
        self.fixes.set(left.saturating_sub(1));
        let answer = (left > 0)
            .then(|| self.explain(from, to, port))
            .flatten()
            .filter(|answer| answer.verdict != Answer::Allowed);
        answer.and_then(|answer| fix_of(&answer)).unwrap_or_else(|| {
            Fix::Ask(format!("kubectl appnet explain --from {from} --to {to} --port {}/{}", port.1, port.0.as_str()))
        })
    }
}

/// The commands of a fix; nothing when there is none to recommend.
pub(super) fn fix_of(answer: &Explanation) -> Option<Fix> {
    // What opens more than was asked for is shown by `explain`, with what it opens.
    let fix = answer.fix.as_ref().filter(|fix| fix.opens_too.is_empty())?;
    let changes = &fix.changes;
    let commands: Vec<_> = changes.iter().map(|change| change.command.as_str()).collect();
    Some(Fix::Command(commands.join("\n")))
}

/// Something that was found.
pub(super) fn found(
    (symptom, severity, code): (Symptom, Severity, Reason),
    about: impl Into<String>,
    found: impl Into<String>,
    fix: Fix,
) -> Diagnosis {
    Diagnosis { symptom, severity, code, about: about.into(), found: found.into(), fix }
}

/// A Pod, as kubectl takes it after `-n NAMESPACE`.
pub(super) fn target(pod: &Pod) -> String {
    match pod.workload.kind.as_str() {
        "Pod" => pod.name.clone(),
        kind => format!("{}/{}", crate::explain::short(kind), pod.workload.name),
    }
}

/// Applying this object is what to do.
pub(super) fn manifest(object: &serde_json::Value) -> Fix {
    // What was made here can be written.
    let yaml = serde_saphyr::to_string(object).unwrap_or_default();
    Fix::Command(format!("kubectl apply -f - <<'EOF'\n{}\nEOF", yaml.trim_end()))
}
