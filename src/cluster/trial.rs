//! Makes connections from inside the cluster: a Job for each source, whose Pod has the labels, the namespace and the service
//! account of the Pods that are asked about.
//!
//! A Job, because it cleans up by itself when whoever started it is gone: its Pod ends by a deadline, and the controller removes
//! both a while later. Its Pod is never ready, so that no Service leads to it although it has their labels, unless it publishes
//! addresses that are not ready; it has an owner, so that no `ReplicaSet` takes it for one of its own; and it goes to the node of
//! the Pod that it is like, past the scheduler, so that rules about where Pods of the app may run neither hold it up nor are held
//! up by it. A `PodDisruptionBudget` of the app counts it while it runs.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, PodSpec},
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, LogParams, PostParams},
};
use serde_json::json;

use crate::model::Labels;

/// The longest that one source may take, in seconds.
const DEADLINE: i64 = 90;
/// How long after its end a Job stays, when nobody removes it.
const STAYS: i32 = 60;
/// What a Job says of itself.
const MADE_BY: &str = "kubectl-appnet-verify";
/// Labels that are left out: those that the control plane gives to the Pods of a Job, and those that put a proxy into a Pod, which
/// would answer in the place of whoever is called.
const LEFT_OUT: [&str; 7] = [
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "sidecar.istio.io/inject",
    "istio.io/rev",
    "linkerd.io/inject",
];
/// As many targets as fit into the deadline when nobody answers: 32 at a time, 3 seconds each.
const AT_MOST: usize = 480;
/// How long a Pod waits before its first connection, in seconds.
const SETTLES: &str = "3";

/// What is tried from one source.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The namespace.
    pub namespace: String,
    /// The labels of the Pods that it stands for.
    pub labels: Labels,
    /// A Pod whose service account it takes.
    pub like: String,
    /// The connections.
    pub targets: Vec<String>,
}

/// Runs the trials, some at a time; what each printed, a line a target, or why it could not run. `told` hears how many are done.
pub async fn try_all(
    client: &Client,
    image: &str,
    trials: Vec<Trial>,
    at_once: usize,
    mut told: impl FnMut(usize),
) -> Vec<Result<Vec<String>, String>> {
    let numbered = trials.into_iter().enumerate();
    let running = numbered.map(|(place, trial)| async move { (place, run(client, image, &trial).await) });
    let mut done: BTreeMap<usize, Result<Vec<String>, String>> = BTreeMap::new();
    let mut results = stream::iter(running).buffer_unordered(at_once.max(1));
    while let Some((place, result)) = results.next().await {
        done.insert(place, result);
        told(done.len());
    }
    done.into_values().collect()
}

async fn run(client: &Client, image: &str, trial: &Trial) -> Result<Vec<String>, String> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &trial.namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), &trial.namespace);
    let like = pods.get_opt(&trial.like).await;
    let like = like.map_err(|error| format!("cannot look at Pod {}: {error}", trial.like))?;
    let Some(like) = like.and_then(|pod| pod.spec) else {
        return Err(format!("the Pod {} is gone; try again", trial.like));
    };
    let mut lines = Vec::new();
    for targets in trial.targets.chunks(AT_MOST) {
        let job = job(image, trial, &like, targets)?;
        let job = jobs.create(&PostParams::default(), &job).await;
        let name = job.map_err(|error| format!("cannot start a Job: {error}"))?.name_any();
        let result = wait(&jobs, &pods, &name).await;
        // What stays behind goes by itself; saying so would hide the answer.
        let _ = jobs.delete(&name, &DeleteParams::background()).await;
        lines.extend(result?);
    }
    Ok(lines)
}

fn job(image: &str, trial: &Trial, like: &PodSpec, targets: &[String]) -> Result<Job, String> {
    let labels: Labels = trial
        .labels
        .iter()
        .filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let arguments: Vec<&str> =
        ["connect", "--settle", SETTLES].into_iter().chain(targets.iter().map(String::as_str)).collect();
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "generateName": "appnet-verify-",
            "namespace": trial.namespace,
            "labels": {"app.kubernetes.io/managed-by": MADE_BY},
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE,
            "ttlSecondsAfterFinished": STAYS,
            "template": {
                "metadata": {"labels": labels, "annotations": {"sidecar.istio.io/inject": "false", "linkerd.io/inject": "disabled"}},
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": 0,
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "serviceAccountName": like.service_account_name.as_deref().unwrap_or("default"),
                    "nodeName": like.node_name,
                    "imagePullSecrets": like.image_pull_secrets,
                    "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [{
                        "name": "verify",
                        "image": image,
                        "args": arguments,
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "readOnlyRootFilesystem": true,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                        // Never ready: no Service leads here.
                        "readinessProbe": {"tcpSocket": {"port": 1}, "initialDelaySeconds": 3600},
                    }],
                },
            },
        },
    });
    serde_json::from_value(job).map_err(|error| format!("cannot write a Job: {error}"))
}

async fn wait(jobs: &Api<Job>, pods: &Api<Pod>, name: &str) -> Result<Vec<String>, String> {
    let end = tokio::time::Instant::now() + Duration::from_secs(DEADLINE.unsigned_abs() + 30);
    // The Pod of a Job that failed is removed at once: why it did not run is asked while it waits.
    let mut last = "it has no Pod yet".to_owned();
    loop {
        let job = jobs.get(name).await.map_err(|error| format!("cannot look at Job {name}: {error}"))?;
        let status = job.status.unwrap_or_default();
        if status.succeeded.unwrap_or(0) > 0 {
            return said(pods, name).await;
        }
        let failed = status.conditions.into_iter().flatten().find(|one| one.type_ == "Failed" && one.status == "True");
        if let Some(failed) = failed {
            let why = failed.message.or(failed.reason).unwrap_or_default();
            return Err(format!("the Job {name} did not come to its end: {why}; {last}"));
        }
        if tokio::time::Instant::now() > end {
            return Err(format!("the Job {name} did not come to its end in time: {last}"));
        }
        if let Some(why) = why(pods, name).await {
            last = why;
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

async fn pod_of(pods: &Api<Pod>, job: &str) -> Result<Pod, String> {
    let found = pods.list(&ListParams::default().labels(&format!("job-name={job}"))).await;
    let found = found.map_err(|error| format!("cannot list the Pods of Job {job}: {error}"))?;
    found.items.into_iter().next().ok_or_else(|| format!("the Job {job} has no Pod"))
}

async fn said(pods: &Api<Pod>, job: &str) -> Result<Vec<String>, String> {
    let pod = pod_of(pods, job).await?;
    let text = pods.logs(&pod.name_any(), &LogParams::default()).await;
    let text = text.map_err(|error| format!("cannot read what Pod {} printed: {error}", pod.name_any()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Why a Pod does not run yet; nothing when it does, or when there is nothing to say.
async fn why(pods: &Api<Pod>, job: &str) -> Option<String> {
    let pod = match pod_of(pods, job).await {
        Ok(pod) => pod,
        Err(error) => return Some(format!("{error}: a quota or an admission policy may refuse it")),
    };
    let status = pod.status.unwrap_or_default();
    let waiting = status.container_statuses.into_iter().flatten().find_map(|one| {
        let waiting = one.state?.waiting?;
        Some(format!("{}: {}", waiting.reason.unwrap_or_default(), waiting.message.unwrap_or_default()))
    });
    waiting.or(status.message)
}
