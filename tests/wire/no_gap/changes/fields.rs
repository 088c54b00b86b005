//! Which fields of a profile the steps change. A field counts as changed when it gets another value, is set or is left out, in
//! an entry that is there before and after; a list when it gets longer or shorter. That an entry comes or goes with all
//! that is in it changes none of its fields.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{base, changes};
use crate::no_gap::flows::Names;

/// Fields that no step can change, and why.
const EXEMPT: [(&str, &str); 2] = [
    ("spec.dns", "it has a default, so it is always there; its fields are changed"),
    ("spec.tiers[].podSelector", "a tier cannot be without; its fields are changed"),
];

fn schema() -> Value {
    let definition: Value =
        serde_saphyr::from_str(include_str!("../../../../crds/appnetworkprofiles.yaml")).expect("YAML");
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
}

/// Every field below this one.
fn fields(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        fields(field, &path, found);
        if field["additionalProperties"].is_object() {
            found.insert(format!("{path}{{}}"));
        }
        if field["items"]["properties"].is_object() {
            fields(&field["items"], &format!("{path}[]"), found);
        } else if field["items"].is_object() {
            found.insert(format!("{path}[]"));
        }
        found.insert(path);
    }
}

/// What changes from the one to the other, which both are of that schema.
fn changed(schema: &Value, path: &str, old: &Value, new: &Value, found: &mut BTreeSet<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, field) in properties {
            let path = format!("{path}.{name}");
            match (old.get(name), new.get(name)) {
                (None, None) => {}
                (Some(old), Some(new)) => changed(field, &path, old, new, found),
                _ => drop(found.insert(path)),
            }
        }
    } else if schema["additionalProperties"].is_object() {
        if old != new {
            found.insert(format!("{path}{{}}"));
        }
    } else if let (Some(old), Some(new)) = (old.as_array(), new.as_array()) {
        if old.len() != new.len() {
            found.insert(path.to_owned());
        }
        for (old, new) in old.iter().zip(new) {
            changed(&schema["items"], &format!("{path}[]"), old, new, found);
        }
    } else if old != new {
        found.insert(path.to_owned());
    }
}

fn changed_by_the_steps() -> BTreeSet<String> {
    let (schema, names, mut found) = (schema(), Names::plain(), BTreeSet::new());
    let mut spec = base(&names);
    for change in changes(&names) {
        let old = spec.clone();
        (change.edit)(&mut spec);
        assert_ne!(old, spec, "'{}' changes nothing", change.what);
        changed(&schema, "spec", &old, &spec, &mut found);
    }
    found
}

#[test]
fn every_field_of_a_profile_is_changed_by_some_step() {
    let (mut all, found) = (BTreeSet::new(), changed_by_the_steps());
    fields(&schema(), "spec", &mut all);
    assert!(all.len() > 150, "the definition is read wrongly: {all:?}");
    let exempt: BTreeSet<_> = EXEMPT.map(|(field, _)| field.to_owned()).into();
    let missing: Vec<_> = all.difference(&found).filter(|field| !exempt.contains(*field)).collect();
    assert!(missing.is_empty(), "no step changes {missing:#?}");
    let stale: Vec<_> = exempt.iter().filter(|field| found.contains(*field) || !all.contains(*field)).collect();
    assert!(stale.is_empty(), "these need no exemption: {stale:?}");
}

#[test]
fn an_entry_that_comes_with_its_fields_changes_none_of_them() {
    let (schema, mut found) = (schema(), BTreeSet::new());
    let one =
        serde_json::json!({"tiers": [{"name": "api", "from": [{"tier": "web"}], "exposed": {"ports": ["http"]}}]});
    let two = serde_json::json!({"tiers": [{"name": "api", "from": [{"tier": "web"}, {"cidr": "192.0.2.0/24"}],
        "exposed": {"ports": ["admin"]}}, {"name": "db"}]});
    changed(&schema, "spec", &one, &two, &mut found);
    assert_eq!(Vec::from_iter(found), ["spec.tiers", "spec.tiers[].exposed.ports[]", "spec.tiers[].from"]);
}
