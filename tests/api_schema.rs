//! The definition of the resource, as a real API server sees it.

mod support;

use std::collections::BTreeSet;

use appnet::api::{AppNetworkProfile, definition};
use assert_json_diff::assert_json_include;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};
use support::{ControlPlane, Namespace, eventually};

const MINIMAL: &str = include_str!("api_schema/minimal.yaml");
const FULL: &str = include_str!("api_schema/full.yaml");

fn committed() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/appnetworkprofiles.yaml");
    std::fs::read_to_string(path).expect("the definition is committed")
}

#[test]
fn the_committed_definition_is_the_one_that_the_code_makes() {
    let made = serde_saphyr::to_string(&definition()).expect("the definition is YAML");
    assert!(
        committed() == made,
        "crds/appnetworkprofiles.yaml is stale; run: cargo run --bin crdgen > crds/appnetworkprofiles.yaml"
    );
}

#[tokio::test]
async fn a_new_api_server_takes_the_definition_without_a_warning_and_serves_it() {
    let control_plane = ControlPlane::start_without_definition().await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/appnetworkprofiles.yaml");
    let answer = control_plane.kubectl(&["apply", "-f", file]).await;
    // kubectl prints the server's warnings there.
    assert_eq!(answer.stderr, "");
    assert_eq!(answer.code, Some(0));

    let definitions = Api::<CustomResourceDefinition>::all(control_plane.client().await);
    let status = eventually("the definition is established", std::time::Duration::from_secs(20), || async {
        let found = definitions.get("appnetworkprofiles.appnet.dev").await.expect("it was applied");
        let conditions = found.status.and_then(|status| status.conditions).unwrap_or_default();
        let established = conditions.iter().any(|it| it.type_ == "Established" && it.status == "True");
        if established { Ok(conditions) } else { Err(conditions) }
    })
    .await;
    assert!(status.iter().all(|it| it.type_ != "NonStructuralSchema"), "{status:#?}");
}

/// Applies a profile and returns what the server stored.
async fn stored(control_plane: &ControlPlane, namespace: &str, profile: &str) -> Value {
    let answer = control_plane
        .kubectl_with_input(&["apply", "--namespace", namespace, "--filename=-", "--output=json"], profile)
        .await;
    assert_eq!((answer.stderr.as_str(), answer.code), ("", Some(0)));
    serde_json::from_str(&answer.stdout).expect("kubectl was asked for JSON")
}

#[tokio::test]
async fn a_minimal_profile_is_stored_with_all_its_defaults() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "minimal").await;
    let stored = stored(control_plane, &namespace, MINIMAL).await;
    assert_eq!(
        stored["spec"],
        json!({
            "mode": "Enforce",
            "suspend": false,
            "isolation": "Namespace",
            "driftPolicy": "Repair",
            "deletionPolicy": "Delete",
            "dns": {"mode": "Auto"},
            "tiers": [{
                "name": "web",
                "podSelector": {"matchLabels": {"app": "web"}},
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            }],
        })
    );
}

#[tokio::test]
async fn a_profile_that_uses_everything_is_stored_as_it_was_written() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "full").await;
    let stored = stored(control_plane, &namespace, FULL).await;
    let written: Value = serde_saphyr::from_str(FULL).expect("the example is YAML");
    assert_json_include!(actual: &stored, expected: &written);
    assert_eq!(stored["spec"]["telemetry"][0]["ports"][0]["protocol"], "TCP");

    // What the server stores is what our types hold: nothing is lost on the way back.
    let ours: AppNetworkProfile = serde_json::from_value(stored.clone()).expect("our types hold it");
    assert_eq!(serde_json::to_value(&ours.spec).expect("JSON"), stored["spec"]);
}

#[tokio::test]
async fn a_profile_as_large_as_the_lists_allow_is_within_the_budget_for_rules() {
    let control_plane = ControlPlane::shared().await;
    let namespace = Namespace::create(control_plane, "large").await;
    let each = |count: usize, make: &dyn Fn(usize) -> Value| (0..count).map(make).collect::<Vec<_>>();
    let spec = json!({"tiers": each(32, &|tier| json!({
        "name": format!("tier-{tier}"),
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": format!("tier-{tier}")}},
        "ports": each(16, &|port| json!({"name": format!("port-{port}"), "port": 8000 + port})),
        "from": each(32, &|caller| json!({
            "tier": format!("tier-{caller}"),
            "ports": each(16, &|port| json!(format!("port-{port}"))),
        })),
        "to": each(32, &|called| json!({
            "name": format!("called-{called}"),
            "cidr": format!("10.{called}.0.0/16"),
            "except": each(8, &|gap| json!(format!("10.{called}.{gap}.0/24"))),
            "ports": [{"port": 443}],
        })),
    }))});
    let profile = json!({
        "apiVersion": "appnet.dev/v1alpha1",
        "kind": "AppNetworkProfile",
        "metadata": {"name": "large"},
        "spec": spec,
    });
    let profile = serde_json::from_value(profile).expect("our types hold it");
    Api::<AppNetworkProfile>::namespaced(control_plane.client().await, &namespace)
        .create(&PostParams::default(), &profile)
        .await
        .expect("it is valid, and checking it is cheap enough");
}

#[tokio::test]
async fn kubectl_explains_every_field() {
    let control_plane = ControlPlane::shared().await;
    let answer = control_plane.kubectl(&["explain", "appnet.spec", "--recursive"]).await;
    assert_eq!((answer.stderr.as_str(), answer.code), ("", Some(0)));
    let mut fields = BTreeSet::new();
    each_schema(&schema("spec"), "spec", &mut |path, schema| {
        let names = schema.properties.iter().flat_map(|properties| properties.keys());
        // kubectl does not mark lists and maps in its paths.
        fields.extend(names.map(|name| format!("{path}.{name}").replace("[]", "").replace("{}", "")));
    });
    assert!(fields.len() > 100, "the schema has {} fields", fields.len());
    assert_eq!(explained(&answer.stdout), fields);
}

#[tokio::test]
async fn kubectl_says_what_a_field_is_for() {
    let control_plane = ControlPlane::shared().await;
    // One of each depth and kind; that every field has a description is shown on the schema itself.
    for path in [
        "spec",
        "spec.mode",
        "spec.tiers",
        "spec.tiers.from.pods",
        "spec.tiers.to.ports.endPort",
        "spec.dns.resolvers.cidr",
    ] {
        let answer = control_plane.kubectl(&["explain", &format!("appnet.{path}")]).await;
        let description = answer.stdout.split("DESCRIPTION:\n").nth(1).unwrap_or_default().trim();
        let field =
            path.split('.').try_fold(root_schema(), |schema, name| child(&schema, name)).expect("it is in the schema");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        assert!(
            words(description).starts_with(&words(&field.description.expect("it has one"))),
            "{path}: {}",
            answer.stdout
        );
    }
}

/// The fields that `kubectl explain --recursive` lists, each at its own path: how far a line is indented says whose field it is.
fn explained(text: &str) -> BTreeSet<String> {
    let fields = text.split("FIELDS:\n").nth(1).expect("a list of fields");
    let mut above: Vec<(usize, String)> = vec![(0, "spec".to_owned())];
    let mut found = BTreeSet::new();
    // Lines of a field have its type after a tab; others list values of an enum.
    for (name, _) in fields.lines().filter_map(|line| line.split_once("\t<")) {
        let indented = name.len() - name.trim_start().len();
        above.retain(|(depth, _)| *depth < indented);
        let path = format!("{}.{}", above.last().expect("the top stays").1, name.trim_start());
        assert!(found.insert(path.clone()), "{path} is listed twice");
        above.push((indented, path));
    }
    found
}

#[test]
fn every_field_of_the_schema_has_a_description() {
    assert_none("has no description", |_, schema| {
        schema
            .properties
            .iter()
            .flatten()
            .filter(|(_, field)| field.description.as_deref().is_none_or(|text| text.trim().is_empty()))
            .map(|(name, _)| format!(".{name}"))
            .collect()
    });
}

#[test]
fn every_list_and_map_of_the_schema_has_a_limit() {
    assert_none("has no limit", |_, schema| {
        let endless_list = schema.type_.as_deref() == Some("array") && schema.max_items.is_none();
        let endless_map = schema.additional_properties.is_some() && schema.max_properties.is_none();
        if endless_list || endless_map { vec![String::new()] } else { vec![] }
    });
}

#[test]
fn every_string_that_users_write_has_a_limit() {
    assert_none("has no limit", |path, schema| {
        let text = schema.type_.as_deref() == Some("string") && schema.enum_.is_none();
        let port = schema.x_kubernetes_int_or_string == Some(true);
        let endless = (text || port) && schema.max_length.is_none();
        if path.starts_with("spec") && endless { vec![String::new()] } else { vec![] }
    });
}

fn assert_none(what: &str, mut complaints: impl FnMut(&str, &JSONSchemaProps) -> Vec<String>) {
    let mut found = Vec::new();
    for part in ["spec", "status"] {
        each_schema(&schema(part), part, &mut |path, schema| {
            found.extend(complaints(path, schema).into_iter().map(|field| format!("{path}{field} {what}")));
        });
    }
    assert_eq!(found, [""; 0]);
}

fn root_schema() -> JSONSchemaProps {
    let [version] = definition().spec.versions.try_into().expect("one version");
    version.schema.and_then(|schema| schema.open_api_v3_schema).expect("a schema")
}

/// The field of this name; of a list, that of its entries.
fn child(schema: &JSONSchemaProps, name: &str) -> Option<JSONSchemaProps> {
    let entries = match &schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => items,
        _ => schema,
    };
    entries.properties.as_ref()?.get(name).cloned()
}

fn schema(part: &str) -> JSONSchemaProps {
    child(&root_schema(), part).expect("the part is there")
}

/// Visits a schema and all schemas in it.
fn each_schema(schema: &JSONSchemaProps, path: &str, visit: &mut dyn FnMut(&str, &JSONSchemaProps)) {
    visit(path, schema);
    for (name, field) in schema.properties.iter().flatten() {
        each_schema(field, &format!("{path}.{name}"), visit);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
        each_schema(items, &format!("{path}[]"), visit);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &schema.additional_properties {
        each_schema(values, &format!("{path}{{}}"), visit);
    }
}
