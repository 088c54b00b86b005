//! Files of the chart that are written by a program: the definition as a template, and the schema of `platform`.

use std::{fs, path::PathBuf};

use appnet::api::OperatorConfig;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn read(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Is this file what it should be? With `UPDATE_CHART=1` it is made so.
pub fn expect(path: &str, wanted: &str) {
    if std::env::var_os("UPDATE_CHART").is_some() {
        fs::create_dir_all(file(path).parent().expect("a folder")).expect("the folder can be made");
        fs::write(file(path), wanted).expect("the file can be written");
    }
    let found = fs::read_to_string(file(path)).unwrap_or_default();
    let line = found.lines().zip(wanted.lines()).position(|(found, wanted)| found != wanted);
    assert!(found == wanted, "{path} is stale (line {}): run `make chart`", line.unwrap_or_default() + 1);
}

/// crds/appnetworkprofiles.yaml, with labels and annotations, where it is wanted.
#[test]
fn the_template_of_the_definition_is_up_to_date() {
    let definition = read("crds/appnetworkprofiles.yaml");
    assert!(!definition.contains("{{"), "the definition holds what Helm would take for a template");
    let name = "metadata:\n  name: appnetworkprofiles.appnet.dev\n";
    let (head, rest) = definition.split_once(name).expect("the definition begins with its name");
    let wanted = format!(
        "{{{{- /* Written by `make chart` from crds/appnetworkprofiles.yaml. Do not edit. */}}}}\n\
         {{{{- if .Values.crds.enabled }}}}\n\
         {head}{name}  labels:\n    {{{{- include \"appnet.labels\" . | nindent 4 }}}}\n  \
         {{{{- if .Values.crds.keep }}}}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{{{- end }}}}\n\
         {rest}{{{{- end }}}}\n"
    );
    expect("charts/appnet/templates/crd.yaml", &wanted);
}

/// The last part of the schema's definitions, from the types of the operator's configuration file.
#[test]
fn the_schema_of_the_platform_is_that_of_the_configuration_file() {
    const FILE: &str = "charts/appnet/values.schema.json";
    const FIRST: &str = "    \"OperatorConfig\": ";
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<OperatorConfig>().to_value();
    let mut root = schema.as_object().expect("an object").clone();
    root.remove("$schema");
    root.remove("title");
    let Some(Value::Object(mut rest)) = root.remove("definitions") else { panic!("{root:?} has no definitions") };
    let mut root = Value::Object(root);
    strict(&mut root);
    rest.values_mut().for_each(strict);

    let text = read(FILE);
    let (by_hand, _) = text.split_once(FIRST).expect("the definitions end with those that are written here");
    let mut wanted = format!("{by_hand}{FIRST}{}", indented(&root));
    for (name, definition) in rest {
        wanted.extend([",\n    \"", &name, "\": ", &indented(&definition)]);
    }
    wanted += "\n  }\n}\n";
    serde_json::from_str::<Value>(&wanted).expect("the schema is JSON");
    expect(FILE, &wanted);
}

/// As Helm reads it: without the words of Kubernetes, and with no other fields than those that are there.
fn strict(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if fields.remove("x-kubernetes-int-or-string").is_some() {
        fields.insert("type".into(), json!(["integer", "string"]));
    }
    fields.retain(|key, _| !key.starts_with("x-kubernetes-") && !["format", "default"].contains(&key.as_str()));
    for key in ["properties", "definitions"] {
        fields.get_mut(key).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut).for_each(strict);
    }
    for key in ["anyOf", "allOf", "oneOf"] {
        fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(strict);
    }
    for key in ["items", "additionalProperties"] {
        fields.get_mut(key).into_iter().for_each(strict);
    }
    // A list of words, in place of a choice between constants: Helm then names the words when it refuses another.
    let words: Option<Vec<_>> = fields
        .get("oneOf")
        .and_then(Value::as_array)
        .and_then(|all| all.iter().map(|one| one.get("const").cloned()).collect());
    if let Some(words) = words {
        fields.remove("oneOf");
        fields.insert("enum".into(), words.into());
    }
    let kind = fields.get("type").cloned().unwrap_or_default();
    let is_object = kind == "object" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("object")));
    if is_object && !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".into(), json!(false));
    }
}

fn indented(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON").replace('\n', "\n    ")
}
