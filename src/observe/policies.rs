//! NetworkPolicies: ours and others'.

use std::collections::{BTreeMap, HashMap, VecDeque};

use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicySpec},
    apimachinery::pkg::apis::meta::v1::{OwnerReference, Time},
};

use crate::model::Labels;

/// Only annotations of our own are kept: those of others are theirs.
const OUR_ANNOTATIONS: &str = "appnet.dev/";

/// What we use of a NetworkPolicy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyRow {
    /// Its name.
    pub name: String,
    /// Its uid: a policy that was deleted and created anew is another one.
    pub uid: String,
    /// The version that a write on the strength of this picture must name.
    pub resource_version: String,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations under `appnet.dev/`.
    pub annotations: BTreeMap<String, String>,
    /// Its owners.
    pub owners: Vec<OwnerReference>,
    /// What it says.
    pub spec: NetworkPolicySpec,
    /// Who wrote it, as far as the API server knows; the last one first.
    pub writers: Vec<Writer>,
    /// Is it being deleted?
    pub terminating: bool,
}

/// Someone who wrote an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Writer {
    /// The field manager.
    pub manager: String,
    /// When, to the second.
    pub time: Option<Time>,
}

/// The NetworkPolicies of a cluster, by namespace and name.
#[derive(Debug, Default)]
pub struct PolicyTable {
    namespaces: HashMap<String, BTreeMap<String, PolicyRow>>,
    gone: VecDeque<String>,
}

/// How many uids of deleted policies are remembered: as many as can go while a write of one of them is under way.
const REMEMBERED: usize = 1024;

impl PolicyTable {
    /// Notes a policy, unless a newer version of it is known: what a write answered comes before what the watch
    /// tells, and must not be undone by it. True when something changed.
    pub fn insert(&mut self, namespace: &str, row: PolicyRow) -> bool {
        // The answer to a write can come after the watch has told of the policy's end.
        if self.gone.contains(&row.uid) {
            return false;
        }
        let rows = self.namespaces.entry(namespace.to_owned()).or_default();
        if rows.get(&row.name).is_some_and(|known| known.uid == row.uid && !older(known, &row)) {
            return false;
        }
        rows.insert(row.name.clone(), row);
        true
    }

    /// Notes that a policy is gone; true when it was known. Another uid of the same name stays.
    pub fn remove(&mut self, namespace: &str, name: &str, uid: &str) -> bool {
        self.gone.push_back(uid.to_owned());
        if self.gone.len() > REMEMBERED {
            self.gone.pop_front();
        }
        let Some(rows) = self.namespaces.get_mut(namespace) else { return false };
        let known = rows.get(name).is_some_and(|row| row.uid == uid) && rows.remove(name).is_some();
        if rows.is_empty() {
            self.namespaces.remove(namespace);
        }
        known
    }

    /// Keeps only these; the namespaces in which one went.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> Vec<String> {
        let mut changed = Vec::new();
        for (namespace, rows) in &mut self.namespaces {
            let before = rows.len();
            rows.retain(|name, _| keep(namespace, name));
            if rows.len() != before {
                changed.push(namespace.clone());
            }
        }
        self.namespaces.retain(|_, rows| !rows.is_empty());
        changed
    }

    /// The policies of a namespace, by name.
    pub fn of(&self, namespace: &str) -> impl Iterator<Item = &PolicyRow> {
        self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values)
    }
}

/// Is `known` older than `row`? Resource versions of one object are comparable numbers (KEP-5504); what is none is taken as newer.
fn older(known: &PolicyRow, row: &PolicyRow) -> bool {
    match (known.resource_version.parse::<u64>(), row.resource_version.parse::<u64>()) {
        (Ok(known), Ok(row)) => known < row,
        _ => known.resource_version != row.resource_version,
    }
}

impl From<&NetworkPolicy> for PolicyRow {
    fn from(policy: &NetworkPolicy) -> Self {
        let meta = &policy.metadata;
        let mut writers: Vec<_> = meta
            .managed_fields
            .iter()
            .flatten()
            .map(|entry| Writer { manager: entry.manager.clone().unwrap_or_default(), time: entry.time.clone() })
            .collect();
        writers.sort_by(|a, b| b.time.as_ref().map(|time| time.0).cmp(&a.time.as_ref().map(|time| time.0)));
        let annotations = meta.annotations.iter().flatten().filter(|(key, _)| key.starts_with(OUR_ANNOTATIONS));
        Self {
            name: meta.name.clone().unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            resource_version: meta.resource_version.clone().unwrap_or_default(),
            labels: meta.labels.clone().unwrap_or_default(),
            annotations: annotations.map(|(key, value)| (key.clone(), value.clone())).collect(),
            owners: meta.owner_references.clone().unwrap_or_default(),
            spec: policy.spec.clone().unwrap_or_default(),
            writers,
            terminating: meta.deletion_timestamp.is_some(),
        }
    }
}
