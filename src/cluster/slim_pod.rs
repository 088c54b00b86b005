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
