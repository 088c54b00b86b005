//! What runs Pods: the workload of a Pod, and what a workload says about Pods that are not there yet.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    kind::Kind,
    metadata::Metadata,
    network_signs::of_daemon_set,
    object::{Content, Identity},
    pod::PodSpec,
};
use crate::{
    model::Labels,
    observe::{NetworkSigns, PodDetails, Workload},
    reach::PodPort,
};

/// The label whose value a Deployment adds to the names of its `ReplicaSets`.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// What runs a Pod; a Pod without a controller runs itself. A `ReplicaSet` of a Deployment has the Deployment's name and a
/// hash that the Pod repeats.
pub(crate) fn workload_of(controller: Option<(&str, &str)>, pod: &str, labels: &Labels) -> Workload {
    let Some((kind, name)) = controller else { return Workload { kind: "Pod".into(), name: pod.into() } };
    let deployment = labels
        .get(TEMPLATE_HASH)
        .filter(|_| kind == "ReplicaSet")
        .and_then(|hash| name.strip_suffix(hash.as_str())?.strip_suffix('-'));
    match deployment {
        Some(name) => Workload { kind: "Deployment".into(), name: name.into() },
        None => Workload { kind: kind.into(), name: name.into() },
    }
}

/// What is needed of the spec of a workload.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WorkloadSpec {
    replicas: Option<i64>,
    manual_selector: Option<bool>,
    template: Option<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Option<Metadata>,
    spec: Option<PodSpec>,
}

/// What is needed of the status of a workload: a Job says when it is done.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WorkloadStatus {
    completion_time: Option<IgnoredAny>,
    conditions: Option<Vec<Condition>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
}

/// What is needed of the spec of a `CronJob`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CronJobSpec {
    job_template: Option<JobTemplate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    spec: Option<WorkloadSpec>,
}

/// The Pods that a workload runs, as its template tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pods {
    pub labels: Labels,
    pub ports: Vec<PodPort>,
    pub host_network: bool,
    pub details: PodDetails,
    /// What it says about the network, when it brings the network.
    pub signs: NetworkSigns,
    /// What runs the workload itself, as a Deployment runs `ReplicaSets`.
    pub controller: Option<Workload>,
    /// It runs none now. With a controller, or when it is a Job, it never will.
    pub none_left: bool,
}

impl Pods {
    /// Does another one say the same about who may reach whom?
    pub(super) fn reaches_the_same(&self, other: &Self) -> bool {
        let said = |pods: &Self| (pods.host_network, pods.none_left);
        (&self.labels, &self.ports, &self.controller) == (&other.labels, &other.ports, &other.controller)
            && said(self) == said(other)
    }
}

pub(super) fn workload(
    identity: &Identity,
    metadata: &Metadata,
    spec: WorkloadSpec,
    status: &WorkloadStatus,
) -> Content {
    let done = status.completion_time.is_some() || status.conditions.iter().flatten().any(Condition::is_the_end);
    let owner = metadata.controller();
    let controller = owner.map(|owner| Workload { kind: owner.kind.clone(), name: owner.name.clone() });
    let none_left = match identity.kind.name() {
        "Job" => done,
        _ => controller.is_some() && spec.replicas == Some(0),
    };
    let pod_spec = || spec.template.as_ref().and_then(|template| template.spec.as_ref());
    let signs = match (identity.kind.name(), pod_spec()) {
        ("DaemonSet", Some(pod_spec)) => of_daemon_set(identity, pod_spec),
        _ => NetworkSigns::default(),
    };
    Content::Workload(Pods { signs, controller, none_left, ..pods(identity.kind, &identity.name, spec) })
}

/// A workload of a kind that somebody brought along; nothing when its template is for something else than Pods.
pub(super) fn may_run_pods(identity: &Identity, metadata: &Metadata, spec: WorkloadSpec) -> Content {
    let pods = spec.template.as_ref().and_then(|template| template.spec.as_ref());
    match pods.filter(|pods| pods.container_names().next().is_some()) {
        Some(_) => workload(identity, metadata, spec, &WorkloadStatus::default()),
        None => Content::Nothing,
    }
}

pub(super) fn cron_job(spec: CronJobSpec) -> Content {
    let spec = spec.job_template.and_then(|template| template.spec).unwrap_or_default();
    let template = spec.template.unwrap_or_default();
    Content::Workload(from_template(template))
}

fn pods(kind: Kind, name: &str, spec: WorkloadSpec) -> Pods {
    let mut pods = from_template(spec.template.unwrap_or_default());
    // Labels that the control plane adds to the Pods, and whose values are known beforehand.
    let added: &[&str] = match kind.name() {
        "Job" if spec.manual_selector != Some(true) => &["batch.kubernetes.io/job-name", "job-name"],
        "DeploymentConfig" => &["deploymentconfig"],
        _ => &[],
    };
    pods.labels.extend(added.iter().map(|key| ((*key).to_owned(), name.to_owned())));
    pods
}

fn from_template(template: Template) -> Pods {
    let spec = template.spec.unwrap_or_default();
    Pods {
        labels: template.metadata.unwrap_or_default().labels,
        ports: spec.ports(),
        host_network: spec.on_host_network(),
        details: spec.details(None),
        signs: NetworkSigns::default(),
        controller: None,
        none_left: false,
    }
}

impl Condition {
    fn is_the_end(&self) -> bool {
        matches!(self.kind.as_deref(), Some("Complete" | "Failed")) && self.status.as_deref() == Some("True")
    }
}
