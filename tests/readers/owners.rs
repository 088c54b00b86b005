//! Workloads and the Pods that they run.

use crate::reading::{good, pods, ports};

const TEMPLATE: &str =
    "{metadata: {labels: {app: api}}, spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}}";

fn workload(version: &str, kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}}}, spec: {{{spec}template: {TEMPLATE}}}}}\n"
    )
}

fn owned(version: &str, kind: &str, name: &str, owner: (&str, &str), more: &str) -> String {
    let owners = format!("[{{kind: Other, name: x}}, {{kind: {}, name: {}, controller: true}}]", owner.0, owner.1);
    format!(
        "---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, ownerReferences: {owners}{more}}}}}\n"
    )
}

#[test]
fn a_workload_without_pods_is_a_pod_made_from_its_template() {
    for (version, kind) in [
        ("apps/v1", "Deployment"),
        ("extensions/v1beta1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ReplicaSet"),
        ("v1", "ReplicationController"),
        ("batch/v1", "Job"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
    ] {
        let reading = good(&workload(version, kind, "api", ""));
        assert_eq!(pods(&reading), [format!("here/api {kind}/api")]);
        assert_eq!(ports(&reading), ["8080/TCP http"]);
        assert_eq!(reading.picture.pods[0].labels["app"], "api");
    }
    let cron = format!(
        "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: tidy}}, spec: {{jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}}}"
    );
    assert_eq!(pods(&good(&cron)), ["here/tidy CronJob/tidy"]);
}

#[test]
fn labels_that_the_control_plane_is_known_to_add_are_there() {
    let labels = |text: &str| good(text).picture.pods[0].labels.keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(labels(&workload("batch/v1", "Job", "tidy", "")), "app batch.kubernetes.io/job-name job-name");
    assert_eq!(labels(&workload("batch/v1", "Job", "tidy", "manualSelector: true, ")), "app");
    assert_eq!(labels(&workload("apps.openshift.io/v1", "DeploymentConfig", "api", "")), "app deploymentconfig");
}

#[test]
fn where_pods_are_there_the_workload_adds_nothing() {
    let pod = owned("v1", "Pod", "api-5d9c-x", ("ReplicaSet", "api-5d9c"), ", labels: {pod-template-hash: 5d9c}");
    let text =
        [workload("apps/v1", "Deployment", "api", ""), pod, workload("apps/v1", "Deployment", "web", "")].concat();
    assert_eq!(pods(&good(&text)), ["here/api-5d9c-x Deployment/api", "here/web Deployment/web"]);
    // A Pod of another namespace is no Pod of this workload.
    let text = text.replacen("name: api}", "name: api, namespace: far}", 1);
    assert_eq!(
        pods(&good(&text)),
        ["far/api Deployment/api", "here/api-5d9c-x Deployment/api", "here/web Deployment/web"]
    );
}

#[test]
fn what_runs_for_another_workload_adds_nothing_beside_it_and_its_pods_are_of_that() {
    let text = [
        workload("batch/v1", "CronJob", "tidy", ""),
        owned("batch/v1", "Job", "tidy-28", ("CronJob", "tidy"), ""),
        owned("v1", "Pod", "tidy-28-x", ("Job", "tidy-28"), ""),
        workload("apps/v1", "Deployment", "api", ""),
        owned("apps/v1", "ReplicaSet", "api-old", ("Deployment", "api"), ""),
        owned("v1", "ReplicationController", "web-1", ("DeploymentConfig", "web"), ""),
        owned("v1", "Pod", "web-1-x", ("ReplicationController", "web-1"), ""),
    ]
    .concat();
    assert_eq!(
        pods(&good(&text)),
        ["here/api Deployment/api", "here/tidy-28-x CronJob/tidy", "here/web-1-x DeploymentConfig/web"]
    );
}

#[test]
fn what_will_never_run_a_pod_again_stands_for_none() {
    let done = "{apiVersion: batch/v1, kind: Job, metadata: {name: done}, status: {conditions: [{type: Complete, status: 'True'}]}}\n---\n";
    let suspended = "{apiVersion: batch/v1, kind: Job, metadata: {name: later}, status: {conditions: [{type: Suspended, status: 'True'}]}}\n";
    assert_eq!(pods(&good(&format!("{done}{suspended}"))), ["here/later Job/later"]);
    // What is left of the rollouts of a controller that is not read.
    let old =
        owned("apps/v1", "ReplicaSet", "api-1", ("Rollout", "api"), "").replace("}}\n", "}, spec: {replicas: 0}}\n");
    let now = owned("apps/v1", "ReplicaSet", "api-2", ("Rollout", "api"), "");
    assert_eq!(pods(&good(&format!("{old}{now}"))), ["here/api-2 ReplicaSet/api-2"]);
    assert_eq!(
        pods(&good(&workload("apps/v1", "Deployment", "asleep", "replicas: 0, "))),
        ["here/asleep Deployment/asleep"]
    );
}

// Pitfall 56.
#[test]
fn a_pod_that_only_looks_like_one_of_a_deployment_is_of_its_replica_set() {
    let pod = owned("v1", "Pod", "api-x", ("ReplicaSet", "api-5d9c"), ", labels: {pod-template-hash: 77aa}");
    assert_eq!(pods(&good(&pod)), ["here/api-x ReplicaSet/api-5d9c"]);
}
