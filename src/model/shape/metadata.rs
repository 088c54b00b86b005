//! What the API server asks of the metadata of every object. No schema says it.

use serde_json::{Map, Value};

use super::walk::problem;
use crate::{
    api::rules::{check_label_key, check_label_value, is_dns_label, is_dns_subdomain, text},
    model::{Problem, path::Path},
};

const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Adds what is wrong with the metadata of an object, as it was written: here the server takes a null for an empty
/// text, not for something that was left out.
pub(super) fn check(object: &Value, problems: &mut Vec<Problem>) {
    let path = Path::Top.field("metadata");
    let Some(Value::Object(metadata)) = object.get("metadata") else { return };
    names(metadata, &path, problems);
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = |field: &str| metadata.get(field).and_then(Value::as_object).into_iter().flatten();

    let labels = path.field("labels");
    for (key, value) in entries("labels") {
        let sentence = check_label_key(key, &()).and_then(|()| check_label_value(&text_of(value), &()));
        problems.extend(sentence.err().map(|error| problem(&labels.field(key), error.to_string())));
    }

    let annotations = path.field("annotations");
    for (key, _) in entries("annotations") {
        // Upper case is fine in their prefix, for reasons lost in time.
        let sentence = check_label_key(&key.to_lowercase(), &());
        problems.extend(sentence.err().map(|error| problem(&annotations.field(key), error.to_string())));
    }
    let size: usize = entries("annotations").map(|(key, value)| key.len() + text_of(value).len()).sum();
    if size > ANNOTATIONS_LIMIT {
        problems.push(problem(&annotations, text::ANNOTATIONS_TOO_LARGE));
    }

    let finalizers = path.field("finalizers");
    for (position, name) in metadata.get("finalizers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let sentence = check_label_key(&text_of(name), &());
        problems.extend(sentence.err().map(|error| problem(&finalizers.item(position), error.to_string())));
    }
}

fn names(metadata: &Map<String, Value>, path: &Path<'_>, problems: &mut Vec<Problem>) {
    let text_of = |field: &str| metadata.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (name, prefix) = (text_of("name"), text_of("generateName"));
    let unnamed = metadata.get("name").is_none_or(|name| name == "" || name.is_null());
    match name {
        None if unnamed && prefix.is_none() => problems.push(problem(&path.field("name"), "must be given")),
        Some(name) if !is_dns_subdomain(name) => problems.push(problem(&path.field("name"), text::DNS_SUBDOMAIN)),
        _ => {}
    }
    // The server adds letters and digits, so a '-' at the end is fine.
    if prefix.is_some_and(|prefix| !is_dns_subdomain(&format!("{prefix}x"))) {
        problems.push(problem(&path.field("generateName"), text::DNS_SUBDOMAIN));
    }
    if text_of("namespace").is_some_and(|namespace| !is_dns_label(namespace)) {
        problems.push(problem(&path.field("namespace"), text::DNS_LABEL));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(metadata: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        check(&json!({ "metadata": metadata }), &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ordinary_metadata_is_fine() {
        let metadata = json!({
            "name": "shop.v2", "namespace": "app", "finalizers": ["example.com/keep"],
            "labels": {"app.kubernetes.io/name": "shop", "empty": ""}, "annotations": {"Example.com/Owner": "any text: ü"},
        });
        assert_eq!(problems(&metadata), Vec::<String>::new());
        assert_eq!(problems(&json!({"generateName": "shop-"})), Vec::<String>::new());
    }

    #[test]
    fn every_rule_is_told_at_its_own_field() {
        let metadata = json!({
            "name": "Shop", "generateName": "-shop", "namespace": "app.v2", "finalizers": ["ok.example/x", "not ok"],
            "labels": {"-app": null, "tier": "front end"}, "annotations": {"a b": "", "big": "x".repeat(ANNOTATIONS_LIMIT)},
        });
        let found = problems(&metadata);
        for path in [
            "name",
            "generateName",
            "namespace",
            "labels.-app",
            "labels.tier",
            "annotations[a b]",
            "annotations",
            "finalizers[1]",
        ] {
            assert!(
                found.iter().any(|problem| problem.starts_with(&format!("metadata.{path}: "))),
                "{path}: {found:?}"
            );
        }
        assert_eq!(found.len(), 8, "{found:?}");
        assert_eq!(problems(&json!({})), ["metadata.name: must be given"]);
    }
}
