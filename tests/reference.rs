//! `docs/profile.md`: every field of an AppNetworkProfile, written from the schema that the API server gets.
//!
//! `UPDATE_REFERENCE=1 cargo test --test reference` writes it anew.

use std::{fmt::Write, fs, path::Path};

use appnet::api::definition;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

const HEAD: &str = "\
# The AppNetworkProfile, field by field

Written from the schema that the API server gets (`crds/appnetworkprofiles.yaml`); `kubectl explain appnet.spec --recursive` shows the same
in a cluster. [Examples](../examples) show what the fields are for.
";

fn page() -> String {
    let version = definition().spec.versions.into_iter().next().expect("a version");
    let schema = version.schema.and_then(|schema| schema.open_api_v3_schema).expect("a schema");
    let mut page = HEAD.to_owned();
    for part in ["spec", "status"] {
        let schema = &schema.properties.as_ref().expect("fields")[part];
        object(part, schema, &mut page);
    }
    page
}

/// One table for the fields of an object, then those of the objects in it.
fn object(path: &str, schema: &JSONSchemaProps, page: &mut String) {
    let Some(fields) = &schema.properties else { return };
    writeln!(page, "\n## {path}\n").expect("a text");
    if let Some(text) = &schema.description {
        writeln!(page, "{}\n", one_line(text)).expect("a text");
    }
    page.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
    for (name, field) in fields {
        let required = schema.required.iter().flatten().any(|one| one == name);
        let default = match &field.default {
            Some(value) => format!("`{}`", value.0.to_string().replace('"', "")),
            None if required => "must be given".to_owned(),
            None => String::new(),
        };
        let meaning = one_line(field.description.as_deref().unwrap_or_default());
        writeln!(page, "| `{name}` | {} | {default} | {meaning} |", kind(field)).expect("a text");
    }
    for (name, field) in fields {
        let (below, suffix) = inner(field);
        object(&format!("{path}.{name}{suffix}"), below, page);
    }
}

/// What a list or a map holds, else the field itself.
fn inner(field: &JSONSchemaProps) -> (&JSONSchemaProps, &'static str) {
    match (&field.items, &field.additional_properties) {
        (Some(JSONSchemaPropsOrArray::Schema(items)), _) => (items, "[]"),
        (_, Some(JSONSchemaPropsOrBool::Schema(values))) => (values, "{}"),
        _ => (field, ""),
    }
}

fn kind(field: &JSONSchemaProps) -> String {
    let choices: Vec<_> = field
        .enum_
        .iter()
        .flatten()
        .filter_map(|choice| choice.0.as_str())
        .map(|choice| format!("`{choice}`"))
        .collect();
    if !choices.is_empty() {
        return choices.join(", ");
    }
    let most = |number: Option<i64>, of: &str| number.map(|most| format!(", at most {most} {of}")).unwrap_or_default();
    match field.type_.as_deref() {
        Some("array") => format!("list{}", most(field.max_items, "entries")),
        Some("string") => format!("text{}", most(field.max_length, "characters")),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => match (field.minimum, field.maximum) {
            (Some(least), Some(most)) => format!("number from {least} to {most}"),
            (Some(least), None) => format!("number, at least {least}"),
            _ => "number".to_owned(),
        },
        None if field.x_kubernetes_int_or_string == Some(true) => "number or name".to_owned(),
        _ if field.additional_properties.is_some() => "map".to_owned(),
        _ => "object".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[test]
fn the_page_is_the_one_that_the_schema_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/profile.md");
    let page = page();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, page).expect("it can be written");
    } else {
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == page,
            "docs/profile.md is not what the schema makes; UPDATE_REFERENCE=1 cargo test --test reference"
        );
    }
}

#[test]
fn every_field_of_the_spec_has_a_meaning() {
    for row in page().lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        assert!(cells.last().is_some_and(|meaning| meaning.trim().len() > 3), "{row}");
    }
}
