//! A case that shows a difference, made as small as it gets.

use serde_json::Value;

use crate::{
    case::Case,
    partner::Partner,
    verdict::{Verdict, judge},
};

/// Each trial asks the second opinion; what is small enough to read is small enough.
const MOST_TRIALS: usize = 600;

/// What an object cannot be without. What else is missing where it must not be, nca refuses, and so it is kept.
const KEPT: [&str; 13] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "spec",
    "containers",
    "namespaces",
    "pods",
    "policies",
    "key",
    "operator",
    "cidr",
];

/// Leaves out whatever can be left out while the same disagreement stays.
pub fn smaller(partner: &mut Partner, case: &Case) -> (Case, Verdict) {
    let mut verdict = judge(partner, case);
    let kind = verdict.kind().to_owned();
    let mut case = case.clone();
    let mut trials = 0;
    loop {
        let mut found = false;
        let mut place = 0;
        while let Some(path) = paths(&case).get(place) {
            trials += 1;
            if trials > MOST_TRIALS {
                return (case, verdict);
            }
            let Some(candidate) = without(&case, path).filter(is_whole) else {
                place += 1;
                continue;
            };
            let next = judge(partner, &candidate);
            if next.kind() == kind {
                // What now stands at this place is the next to go.
                (case, verdict, found) = (candidate, next, true);
            } else {
                place += 1;
            }
        }
        if !found {
            return (case, verdict);
        }
    }
}

/// All that may be left out, the large parts first: what goes with them need not be tried by itself.
fn paths(case: &Case) -> Vec<String> {
    let mut paths = Vec::new();
    parts(&serde_json::to_value(case).expect("cases have a JSON form"), "", &mut paths);
    paths.sort_by_key(|path| path.matches('/').count());
    paths
}

/// Without one part; nothing where the rest is no case at all.
fn without(case: &Case, path: &str) -> Option<Case> {
    let mut value = serde_json::to_value(case).expect("cases have a JSON form");
    let (parent, part) = path.rsplit_once('/').expect("a path");
    match value.pointer_mut(parent).expect("it was just seen") {
        Value::Array(items) => {
            items.remove(part.parse().expect("a place"));
        }
        Value::Object(fields) => {
            fields.remove(&part.replace("~1", "/").replace("~0", "~"));
        }
        _ => unreachable!("only lists and objects have parts"),
    }
    serde_json::from_value(value).ok()
}

fn parts(value: &Value, path: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, field)| (key.replace('~', "~0").replace('/', "~1"), field)).collect()
        }
        _ => Vec::new(),
    };
    for (part, value) in inner {
        let path = format!("{path}/{part}");
        if !KEPT.contains(&part.as_str()) && part != "kubernetes.io~1metadata.name" {
            found.push(path.clone());
        }
        parts(value, &path, found);
    }
}

/// Are the namespaces of all Pods and policies there, each with the label that the API server gives it?
fn is_whole(case: &Case) -> bool {
    let labelled = case.namespaces.iter().all(|namespace| {
        let labels = namespace.metadata.labels.as_ref();
        labels.and_then(|labels| labels.get("kubernetes.io/metadata.name")) == namespace.metadata.name.as_ref()
    });
    let there = |name: &Option<String>| case.namespaces.iter().any(|namespace| namespace.metadata.name == *name);
    let pods = case.pods.iter().all(|pod| there(&pod.metadata.namespace));
    labelled && pods && case.policies.iter().all(|policy| there(&policy.metadata.namespace) && policy.spec.is_some())
}
