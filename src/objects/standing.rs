//! Workloads and their Pods: which workload a Pod belongs to, and what stands for Pods that are not there yet.

use std::collections::{HashMap, HashSet};

use super::workload::Pods;
use crate::{
    observe::{PodDetails, Workload},
    reach::Pod,
};

/// What runs what: the second of each pair runs the first, and Pods count as those of the second.
const RUN_BY: [(&str, &str); 3] =
    [("ReplicaSet", "Deployment"), ("ReplicationController", "DeploymentConfig"), ("Job", "CronJob")];

/// A workload that stands for its Pods until they are there.
#[derive(Debug)]
pub(super) struct Standing {
    namespace: String,
    itself: Workload,
    /// Is its kind one of those of which is known how their Pods name them?
    known: bool,
    pods: Pods,
}

impl Standing {
    pub(super) fn new(namespace: String, itself: Workload, known: bool, pods: Pods) -> Self {
        Self { namespace, itself, known, pods }
    }

    /// Are its Pods there, by their labels? Nobody knows what runs the Pods of such a kind, as a `ReplicaSet` does.
    fn has_pods(&self, pods: &[Pod]) -> bool {
        let has = |pod: &Pod| self.pods.labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value));
        !self.known && pods.iter().any(|pod| pod.namespace == self.namespace && has(pod))
    }

    /// The workload that runs this one.
    fn owner(&self) -> Option<&Workload> {
        let runs = |owner: &Workload| RUN_BY.contains(&(self.itself.kind.as_str(), owner.kind.as_str()));
        self.pods.controller.as_ref().filter(|owner| runs(owner))
    }

    /// What is out of the ordinary about its Pods.
    pub(super) fn details(&self) -> (&str, &str, &PodDetails) {
        (&self.namespace, &self.itself.name, &self.pods.details)
    }

    /// What its Pods count as: the Pods of its owner, if it has one.
    fn top(&self) -> &Workload {
        self.owner().unwrap_or(&self.itself)
    }

    fn into_pod(self) -> Pod {
        let workload = self.top().clone();
        let Self { namespace, itself, pods, .. } = self;
        let Pods { labels, ports, host_network, .. } = pods;
        Pod { namespace, name: itself.name, workload, labels, ports, host_network, addresses: Vec::new() }
    }
}

/// Gives Pods the workload that their workload belongs to, and adds what stands for Pods that are not there.
pub(super) fn complete(pods: &mut Vec<Pod>, workloads: Vec<Standing>) {
    if workloads.is_empty() {
        return;
    }
    let owned = workloads.iter().filter_map(|one| Some(((one.namespace.as_str(), &one.itself), one.owner()?)));
    let owners: HashMap<_, _> = owned.collect();
    for pod in pods.iter_mut() {
        if let Some(owner) = owners.get(&(pod.namespace.as_str(), &pod.workload)) {
            pod.workload = (*owner).clone();
        }
    }
    let running: HashSet<_> = pods.iter().map(|pod| (pod.namespace.as_str(), &pod.workload)).collect();
    let known: HashSet<_> = workloads.iter().map(|one| (one.namespace.as_str(), &one.itself)).collect();
    let stands = |one: &Standing| {
        let namespace = one.namespace.as_str();
        let beside_owner = one.owner().is_some_and(|owner| known.contains(&(namespace, owner)));
        !one.pods.none_left && !beside_owner && !one.has_pods(pods) && !running.contains(&(namespace, one.top()))
    };
    let needed: Vec<_> = workloads.iter().map(stands).collect();
    drop((owners, running, known));
    pods.extend(workloads.into_iter().zip(needed).filter(|(_, needed)| *needed).map(|(one, _)| one.into_pod()));
}
