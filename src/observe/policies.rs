//! Policies, of both kinds: ours and others'.

use std::collections::{BTreeMap, HashMap, VecDeque};

use k8s_openapi::{
    api::networking::v1::NetworkPolicy,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time},
};
use serde_json::Value;

use super::{CiliumRules, PolicySpec};
use crate::{
    api::{CiliumNetworkPolicy, PolicyKind},
    model::Labels,
};

/// Only annotations of our own are kept: those of others are theirs.
const OUR_ANNOTATIONS: &str = "appnet.dev/";

/// What we use of a policy.
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
    /// What it says. Its variant is the policy's kind.
    pub spec: PolicySpec,
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

/// The policies of a cluster, by namespace, kind and name.
#[derive(Debug, Default)]
pub struct PolicyTable {
    namespaces: HashMap<String, BTreeMap<(PolicyKind, String), PolicyRow>>,
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
        let key = (row.kind(), row.name.clone());
        if rows.get(&key).is_some_and(|known| known.uid == row.uid && !older(known, &row)) {
            return false;
        }
        // Cilium writes the status of its policies, and so new versions that say the same.
        let same = rows.get(&key).is_some_and(|known| known.says_the_same(&row));
        rows.insert(key, row);
        !same
    }

    /// Notes that a policy is gone; true when it was known. Another uid of the same name stays.
    pub fn remove(&mut self, namespace: &str, kind: PolicyKind, name: &str, uid: &str) -> bool {
        self.gone.push_back(uid.to_owned());
        if self.gone.len() > REMEMBERED {
            self.gone.pop_front();
        }
        let Some(rows) = self.namespaces.get_mut(namespace) else { return false };
        let key = (kind, name.to_owned());
        let known = rows.get(&key).is_some_and(|row| row.uid == uid) && rows.remove(&key).is_some();
        if rows.is_empty() {
            self.namespaces.remove(namespace);
        }
        known
    }

    /// Of this kind, keeps only these; the namespaces in which one went.
    pub fn retain(&mut self, kind: PolicyKind, mut keep: impl FnMut(&str, &str) -> bool) -> Vec<String> {
        let mut changed = Vec::new();
        for (namespace, rows) in &mut self.namespaces {
            let before = rows.len();
            rows.retain(|(of, name), _| *of != kind || keep(namespace, name));
            if rows.len() != before {
                changed.push(namespace.clone());
            }
        }
        self.namespaces.retain(|_, rows| !rows.is_empty());
        changed
    }

    /// Every policy with its namespace, in no particular order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &PolicyRow)> {
        self.namespaces.iter().flat_map(|(name, rows)| rows.values().map(move |row| (name.as_str(), row)))
    }

    /// The policies of a namespace, by kind and name.
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

impl PolicyRow {
    /// The policy's kind.
    #[must_use]
    pub const fn kind(&self) -> PolicyKind {
        self.spec.kind()
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let aside = |row: &Self| Self { resource_version: String::new(), writers: Vec::new(), ..row.clone() };
        aside(self) == aside(other)
    }

    fn read(meta: &ObjectMeta, spec: PolicySpec) -> Self {
        let mut writers: Vec<_> = meta
            .managed_fields
            .iter()
            .flatten()
            // Who writes the status of a policy changes nothing that it says.
            .filter(|entry| entry.subresource.is_none())
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
            spec,
            writers,
            terminating: meta.deletion_timestamp.is_some(),
        }
    }
}

impl From<&NetworkPolicy> for PolicyRow {
    fn from(policy: &NetworkPolicy) -> Self {
        Self::read(&policy.metadata, policy.spec.clone().unwrap_or_default().into())
    }
}

impl From<&CiliumNetworkPolicy> for PolicyRow {
    fn from(policy: &CiliumNetworkPolicy) -> Self {
        let part = |name: &str| policy.rest.get(name).cloned().unwrap_or(Value::Null);
        let rules = CiliumRules { spec: part("spec"), specs: part("specs") };
        Self::read(&policy.metadata, PolicySpec::Cilium(rules))
    }
}
