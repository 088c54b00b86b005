//! Makes connections from inside the cluster: a Job for each source, whose Pod has the labels, the namespace and the service
//! account of the Pods that are asked about.
//!
//! A Job, because it cleans up by itself when whoever started it is gone: its Pod ends by a deadline, and the controller removes
//! both a while later. Its Pod is never ready, so that no Service leads to it although it has their labels; and it has an owner,
//! so that no `ReplicaSet` takes it for one of its own.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
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
/// Labels that the control plane gives to the Pods of a Job, and which would clash with those of ours.
const OF_JOBS: [&str; 4] =
    ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];

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
    let like =
        pods.get_opt(&trial.like).await.map_err(|error| format!("cannot look at Pod {}: {error}", trial.like))?;
    let account = like.and_then(|pod| pod.spec?.service_account_name);
    let job = job(image, trial, account.as_deref())?;
    let job =
        jobs.create(&PostParams::default(), &job).await.map_err(|error| format!("cannot start a Job: {error}"))?;
    let name = job.name_any();
    let result = wait(&jobs, &pods, &name).await;
    // What stays behind goes by itself; saying so would hide the answer.
    let _ = jobs.delete(&name, &DeleteParams::background()).await;
    result
}

fn job(image: &str, trial: &Trial, account: Option<&str>) -> Result<Job, String> {
    let labels: Labels = trial
        .labels
        .iter()
        .filter(|(key, _)| !OF_JOBS.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let arguments: Vec<&str> = ["connect"].into_iter().chain(trial.targets.iter().map(String::as_str)).collect();
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
                    "serviceAccountName": account.unwrap_or("default"),
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
    loop {
        let job = jobs.get(name).await.map_err(|error| format!("cannot look at Job {name}: {error}"))?;
        let status = job.status.unwrap_or_default();
        if status.succeeded.unwrap_or(0) > 0 {
            return said(pods, name).await;
        }
        if status.failed.unwrap_or(0) > 0 || tokio::time::Instant::now() > end {
            return Err(format!("the Job {name} did not come to its end: {}", why(pods, name).await));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
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

/// What is known of a Pod that did not run.
async fn why(pods: &Api<Pod>, job: &str) -> String {
    let Ok(pod) = pod_of(pods, job).await else { return "it has no Pod".to_owned() };
    let status = pod.status.unwrap_or_default();
    let waiting = status.container_statuses.into_iter().flatten().find_map(|one| {
        let waiting = one.state?.waiting?;
        Some(format!("{}: {}", waiting.reason.unwrap_or_default(), waiting.message.unwrap_or_default()))
    });
    let unscheduled =
        || status.conditions.into_iter().flatten().find(|one| one.status == "False").and_then(|one| one.message);
    waiting.or_else(unscheduled).unwrap_or_else(|| format!("its Pod is {}", status.phase.unwrap_or_default()))
}
