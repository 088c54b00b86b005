//! The chart's README lists every setting, with its default and what values.yaml says about it, and every right.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    generated::{expect, read},
    rights_table,
};

const VALUES: &str = "charts/appnet/values.yaml";
const README: &str = "charts/appnet/README.md";
const SETTINGS: [&str; 2] =
    ["<!-- settings: written by `make chart` from values.yaml -->\n", "<!-- end of the settings -->\n"];
const RIGHTS: [&str; 2] = ["<!-- rights: written by `make chart` from the roles -->\n", "<!-- end of the rights -->\n"];

/// A setting with a comment `# -- TEXT`.
struct Setting {
    path: String,
    text: String,
}

pub fn values() -> Value {
    serde_saphyr::from_str(&read(VALUES)).unwrap_or_else(|error| panic!("{VALUES}: {error}"))
}

fn settings() -> Vec<Setting> {
    let (mut settings, mut text, mut above) = (Vec::new(), None::<String>, Vec::<(usize, String)>::new());
    for line in read(VALUES).lines() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        if let Some(comment) = bare.strip_prefix('#') {
            match (comment.trim().strip_prefix("-- "), &mut text) {
                (Some(first), _) => text = Some(first.to_owned()),
                (None, Some(text)) => text.extend([" ", comment.trim()]),
                (None, None) => {}
            }
        } else if let Some((key, _)) = bare.split_once(':').filter(|_| !bare.starts_with('-')) {
            above.retain(|(other, _)| *other < indent);
            above.push((indent, key.to_owned()));
            let path = above.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".");
            settings.extend(text.take().map(|text| Setting { path, text }));
        }
    }
    settings
}

fn at<'a>(values: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(values, |value, key| value.get(key).unwrap_or_else(|| panic!("{VALUES} has no {path}")))
}

/// The paths of all values below, without those in maps that anyone may fill.
fn leaves(value: &Value, path: &str) -> Vec<String> {
    match value.as_object().filter(|map| !map.is_empty()) {
        Some(map) => map
            .iter()
            .flat_map(|(key, value)| {
                leaves(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") })
            })
            .collect(),
        None => vec![path.to_owned()],
    }
}

/// The text with this table between its two marks.
fn with(text: &str, [begin, end]: [&str; 2], table: &str) -> String {
    let (head, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{README} has no '{begin}'"));
    let (_, tail) = rest.split_once(end).unwrap_or_else(|| panic!("{README} has no '{end}'"));
    format!("{head}{begin}\n{table}\n{end}{tail}")
}

#[test]
fn the_readme_lists_every_setting_as_values_yaml_explains_it_and_every_right_as_the_roles_give_it() {
    let values = values();
    let mut table = String::from("| setting | default | meaning |\n|---|---|---|\n");
    for Setting { path, text } in settings() {
        assert!(text.ends_with('.'), "{path}: a sentence ends with a full stop");
        let default = at(&values, &path).to_string();
        table.extend(["| `", &path, "` | `", &default, "` | ", &text.replace('|', "\\|"), " |\n"]);
    }
    expect(README, &with(&with(&read(README), SETTINGS, &table), RIGHTS, &rights_table::table()));
}

#[test]
fn every_setting_has_an_explanation() {
    let explained: Vec<_> = settings().into_iter().map(|setting| setting.path).collect();
    let silent: Vec<_> = leaves(&values(), "")
        .into_iter()
        .filter(|leaf| !explained.iter().any(|path| leaf == path || leaf.starts_with(&format!("{path}."))))
        .collect();
    assert!(silent.is_empty(), "write a comment '# -- ...' above {silent:?}");
    assert!(explained.len() > 40, "{explained:?}");
}

#[test]
fn the_schema_knows_the_settings_of_values_yaml_and_no_others() {
    let schema: Value = serde_json::from_str(&read("charts/appnet/values.schema.json")).expect("JSON");
    // These belong to Helm.
    let for_parents: BTreeSet<_> = ["global", "enabled"].map(str::to_owned).into();
    let mut known = BTreeSet::new();
    known_settings(&schema, &schema, "", &mut known);
    let there: BTreeSet<_> = leaves(&values(), "").into_iter().filter(|leaf| !is_open(leaf)).collect();
    let known: BTreeSet<_> = known.difference(&for_parents).filter(|path| !is_open(path)).cloned().collect();
    assert_eq!(known, there);
}

/// Maps that Kubernetes defines, not the chart.
fn is_open(path: &str) -> bool {
    ["resources", "podSecurityContext", "securityContext", "nodeSelector", "affinity"]
        .iter()
        .any(|open| path == *open || path.starts_with(&format!("{open}.")))
}

/// The paths of all fields that the schema names.
fn known_settings(root: &Value, schema: &Value, path: &str, known: &mut BTreeSet<String>) {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/definitions/")) {
        return known_settings(root, &root["definitions"][name], path, known);
    }
    match schema["properties"].as_object() {
        Some(fields) => {
            for (key, field) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                known_settings(root, field, &path, known);
            }
        }
        None => {
            known.insert(path.to_owned());
        }
    }
}
