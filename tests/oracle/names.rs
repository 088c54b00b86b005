//! Under which names the expected files know our workloads.
//!
//! They name what a Pod's controller reference names, so a Pod of a Deployment counts as one of its `ReplicaSet`; we name
//! the Deployment. The names come from the controller references of the input and from nothing else. Each of our
//! workloads must have exactly one such name, and no two the same one, so that renaming can neither join nor hide anything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::state::State;

/// Our names, as in `shop/api[Deployment]`, and theirs.
#[derive(Default)]
pub struct Names {
    theirs: BTreeMap<String, String>,
    /// Theirs, of those with Pods on the host network.
    pub on_host: BTreeSet<String>,
}

impl Names {
    pub fn new(states: &[&State]) -> Self {
        let mut names = Self::default();
        for state in states {
            names.add(state);
        }
        let distinct: BTreeSet<_> = names.theirs.values().collect();
        assert_eq!(distinct.len(), names.theirs.len(), "two workloads have one name: {:#?}", names.theirs);
        names
    }

    fn add(&mut self, state: &State) {
        let owners = owners(state);
        for pod in &state.reading.picture.pods {
            let ours = format!("{}/{}[{}]", pod.namespace, pod.workload.name, pod.workload.kind);
            // What stands for Pods that are not there yet has no owner in the input.
            let theirs = owners.get(&(pod.namespace.clone(), pod.name.clone())).unwrap_or(&ours).clone();
            if pod.host_network {
                self.on_host.insert(theirs.clone());
            }
            let known = self.theirs.entry(ours.clone()).or_insert_with(|| theirs.clone());
            assert_eq!(*known, theirs, "{ours} has two names");
        }
    }

    /// Their name of a workload. One that they have no other name for has ours.
    pub fn theirs<'a>(&'a self, ours: &'a str) -> &'a str {
        self.theirs.get(ours).map_or(ours, String::as_str)
    }

    /// Every name of theirs.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.theirs.values().map(String::as_str)
    }
}

/// By namespace and name of a Pod: what its controller reference names.
fn owners(state: &State) -> BTreeMap<(String, String), String> {
    let mut owners = BTreeMap::new();
    for pod in state.objects.iter().filter(|object| object["kind"] == "Pod") {
        let metadata = &pod["metadata"];
        let namespace = metadata["namespace"].as_str().unwrap_or("default");
        let references = metadata["ownerReferences"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(owner) = references.iter().find(|owner| owner["controller"] == true) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = format!("{namespace}/{}[{}]", text(&owner["name"]), text(&owner["kind"]));
            owners.insert((namespace.to_owned(), text(&metadata["name"])), name);
        }
    }
    owners
}
