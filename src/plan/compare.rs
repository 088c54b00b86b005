//! Are a wanted and an observed policy the same, and if not, in which fields?

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::Value;

use super::{Body, Content, Earlier};
use crate::{
    observe::{PolicyRow, PolicySpec},
    policy::{EXPLANATION_ANNOTATION, OUR_LABELS, normal_value, short_hash},
};

/// The fields in which an observed policy differs from what is wanted; none when they are the same.
///
/// `alive` holds the uids of all policies of the namespace: a reference to a policy that is gone is left to the garbage
/// collector, which removes it anyway.
#[must_use]
pub fn differences(body: &Body, row: &PolicyRow, alive: &BTreeSet<&str>) -> Vec<String> {
    let mut fields = content_differences(&body.content, row);
    if !owners_match(body, &row.owners, alive) {
        fields.push("metadata.ownerReferences".into());
    }
    fields
}

/// [`differences`] without the owners.
#[must_use]
pub fn content_differences(content: &Content, row: &PolicyRow) -> Vec<String> {
    let mut fields = Vec::new();
    for label in OUR_LABELS {
        if content.labels.get(label) != row.labels.get(label) {
            fields.push(format!("metadata.labels[{label}]"));
        }
    }
    for (key, value) in &content.annotations {
        if row.annotations.get(key) != Some(value) {
            fields.push(format!("metadata.annotations[{key}]"));
        }
    }
    paths("", &normal_value(&content.spec), &normal_value(&row.spec), &mut fields);
    fields
}

fn owners_match(body: &Body, observed: &[OwnerReference], alive: &BTreeSet<&str>) -> bool {
    let wanted = body.owners(&BTreeMap::new());
    let is_policy = |owner: &OwnerReference| owner.kind == "NetworkPolicy";
    let key = |owner: &OwnerReference| (owner.uid.clone(), owner.controller.unwrap_or_default());
    let kept = observed.iter().filter(|owner| !is_policy(owner) || alive.contains(owner.uid.as_str()));
    body.after.iter().all(|earlier| matches!(earlier, Earlier::There { .. }))
        && kept.map(key).collect::<BTreeSet<_>>() == wanted.iter().map(key).collect()
}

/// The paths at which two values differ; a list that changed its length differs as a whole.
pub fn paths(path: &str, a: &Value, b: &Value, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                paths(&path, &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                paths(&format!("{path}[{i}]"), a, b, found);
            }
        }
        _ if a != b => found.push(path.into()),
        _ => {}
    }
}

/// A hash of what is wanted. Equal to [`observed_hash`] of a policy that says exactly this.
#[must_use]
pub fn content_hash(content: &Content) -> String {
    hash(|label| content.labels.get(label), content.annotations.get(EXPLANATION_ANNOTATION), &content.spec)
}

/// A hash of what an observed policy says: rules, our labels, our explanation.
#[must_use]
pub fn observed_hash(row: &PolicyRow) -> String {
    hash(|label| row.labels.get(label), row.annotations.get(EXPLANATION_ANNOTATION), &row.spec)
}

fn hash<'a>(label: impl Fn(&str) -> Option<&'a String>, explanation: Option<&String>, spec: &PolicySpec) -> String {
    let labels: Vec<_> = OUR_LABELS.iter().map(|key| label(key)).collect();
    let text = serde_json::to_string(&(labels, explanation, normal_value(spec))).unwrap_or_default();
    short_hash(&[&text])
}
