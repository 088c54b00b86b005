//! A Pod as the watch decodes it: only the fields that policies are about.
//!
//! A whole Pod costs some 50 KB in memory, most of it managed fields, environment and status. What is not named here
//! is skipped while the answer is read and never allocated.

use std::borrow::Cow;

use k8s_openapi::{
    api::core::v1::Pod,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::Resource;
use serde::{Deserialize, Deserializer};

use crate::{
    model::Labels,
    objects::{PodSpec, workload_of},
    observe::{ContainerPort, PodClass},
    reach::PodPort,
};

/// A Pod, without what policies are not about.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SlimPod {
    #[serde(deserialize_with = "slim_meta")]
    metadata: ObjectMeta,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: SlimStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SlimStatus {
    phase: String,
}

/// Managed fields and annotations are the largest part of a Pod.
fn slim_meta<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Slim {
        name: Option<String>,
        namespace: Option<String>,
        resource_version: Option<String>,
        labels: Option<Labels>,
        deletion_timestamp: Option<Time>,
        #[serde(default)]
        owner_references: Vec<Owner>,
    }
    #[derive(Deserialize)]
    struct Owner {
        kind: String,
        name: String,
        controller: Option<bool>,
    }
    let slim = Slim::deserialize(deserializer)?;
    let owners = slim.owner_references.into_iter().filter(|owner| owner.controller == Some(true)).map(|owner| {
        k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference {
            kind: owner.kind,
            name: owner.name,
            ..Default::default()
        }
    });
    Ok(ObjectMeta {
        name: slim.name,
        namespace: slim.namespace,
        resource_version: slim.resource_version,
        labels: slim.labels,
        deletion_timestamp: slim.deletion_timestamp,
        owner_references: Some(owners.collect()),
        ..ObjectMeta::default()
    })
}

impl SlimPod {
    /// The Pod's class; nothing when no policy is about it any more: it is going, or has finished.
    pub(super) fn class(&self) -> Option<PodClass> {
        if self.metadata.deletion_timestamp.is_some() || matches!(self.status.phase.as_str(), "Succeeded" | "Failed") {
            return None;
        }
        let labels = self.metadata.labels.clone().unwrap_or_default();
        let owner = self.metadata.owner_references.as_ref().and_then(|owners| owners.first());
        let owner = owner.map(|owner| (owner.kind.as_str(), owner.name.as_str()));
        let workload = workload_of(owner, self.metadata.name.as_deref().unwrap_or_default(), &labels);
        let ports = self.spec.ports().into_iter().filter(|port| !port.name.is_empty());
        let ports = ports.map(|PodPort { name, number, protocol }| ContainerPort { name, number, protocol }).collect();
        Some(PodClass { workload, labels, ports, host_network: self.spec.on_host_network() })
    }
}

impl Resource for SlimPod {
    type DynamicType = ();
    type Scope = k8s_openapi::NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        <Pod as Resource>::kind(&())
    }
    fn group((): &()) -> Cow<'_, str> {
        <Pod as Resource>::group(&())
    }
    fn version((): &()) -> Cow<'_, str> {
        <Pod as Resource>::version(&())
    }
    fn plural((): &()) -> Cow<'_, str> {
        <Pod as Resource>::plural(&())
    }
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn class(more: Value, phase: &str) -> Option<PodClass> {
        let mut metadata = json!({"name": "api-7d9-x", "namespace": "app", "labels": {"app": "api", "pod-template-hash": "7d9"},
            "managedFields": [{"manager": "kubelet"}],
            "ownerReferences": [{"kind": "ReplicaSet", "name": "api-7d9", "uid": "1", "controller": true}]});
        metadata.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let pod = json!({"metadata": metadata, "status": {"phase": phase, "podIP": "10.1.0.7"}, "spec": {
            "containers": [{"name": "main", "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9090}]}]}});
        serde_json::from_value::<SlimPod>(pod).expect("a Pod").class()
    }

    #[test]
    fn a_pod_counts_from_before_it_runs_until_it_is_going_or_has_finished() {
        let phases = ["Pending", "Running", "Unknown", ""].map(|phase| class(json!({}), phase).is_some());
        assert_eq!(phases, [true; 4], "policies have to be there before it runs, and while its node is silent");
        // Its address may be another Pod's by now.
        assert_eq!(["Succeeded", "Failed"].map(|phase| class(json!({}), phase)), [None, None]);
        let going = json!({"deletionTimestamp": "2026-01-02T03:04:05Z", "deletionGracePeriodSeconds": 30});
        assert_eq!(["Pending", "Running", "Failed"].map(|phase| class(going.clone(), phase)), [None, None, None]);
    }

    #[test]
    fn what_changes_while_it_runs_does_not_change_its_class() {
        let running = class(json!({}), "Running").expect("it counts");
        assert_eq!(class(json!({"resourceVersion": "9", "annotations": {"a": "b"}}), "Pending"), Some(running.clone()));
        assert_eq!((running.workload.kind.as_str(), running.workload.name.as_str()), ("Deployment", "api"));
        let named: Vec<_> = running.ports.iter().map(|port| (port.name.as_str(), port.number)).collect();
        assert_eq!(named, [("http", 8080)]);
    }
}
