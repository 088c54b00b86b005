//! The schema of a whole object: that of the definition, and of what the API server knows about every object.

use k8s_openapi::{
    api::networking::v1::NetworkPolicy, apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps,
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use schemars::{JsonSchema, generate::SchemaSettings};

use crate::api::definition;

/// The schema of a kind of object. It is made once and checks any number of values.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(super) root: JSONSchemaProps,
}

impl Schema {
    /// The schema of an `AppNetworkProfile`.
    #[must_use]
    pub fn of_profiles() -> Self {
        let version = definition().spec.versions.into_iter().next();
        let mut root = version.and_then(|version| version.schema?.open_api_v3_schema).unwrap_or_default();
        let text = JSONSchemaProps { type_: Some("string".into()), ..JSONSchemaProps::default() };
        let properties = root.properties.get_or_insert_default();
        properties.insert("apiVersion".into(), text.clone());
        properties.insert("kind".into(), text);
        properties.insert("metadata".into(), metadata());
        root.required.get_or_insert_default().push("metadata".into());
        Self { root }
    }

    /// The schema of a `NetworkPolicy` (networking.k8s.io/v1), for its fields: rules on their values are not in it.
    #[must_use]
    pub fn of_policies() -> Self {
        let mut root = schema_of::<NetworkPolicy>();
        let properties = root.properties.get_or_insert_default();
        properties.insert("metadata".into(), metadata());
        // There was one in Kubernetes 1.24 to 1.27, which dumps may still hold.
        properties.insert("status".into(), anything());
        Self { root }
    }
}

/// What every object has. A definition must not repeat it, so its own schema does not know these fields.
fn metadata() -> JSONSchemaProps {
    let mut schema = schema_of::<ObjectMeta>();
    // Written by the server, and of no fixed shape.
    if let Some(managed) = schema.properties.as_mut().and_then(|properties| properties.get_mut("managedFields")) {
        *managed = anything();
    }
    schema
}

/// A schema that cannot be read would know no field and refuse every object; the tests below keep it readable.
fn schema_of<T: JsonSchema>() -> JSONSchemaProps {
    let settings = SchemaSettings::openapi3().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    serde_json::from_value(schema.to_value()).unwrap_or_default()
}

fn anything() -> JSONSchemaProps {
    JSONSchemaProps { x_kubernetes_preserve_unknown_fields: Some(true), ..JSONSchemaProps::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The keywords that `walk` looks at, and those that say nothing about a value.
    const KNOWN: [&str; 22] = [
        "additionalProperties",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields",
    ];
    /// The rules; checked elsewhere.
    const RULES: &str = "x-kubernetes-validations";

    fn keywords(schema: &Value, found: &mut BTreeSet<String>) {
        let Value::Object(schema) = schema else { return };
        for (keyword, value) in schema {
            found.insert(keyword.clone());
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    properties.values().for_each(|schema| keywords(schema, found));
                }
                ("items" | "additionalProperties", schema) => keywords(schema, found),
                _ => {}
            }
        }
    }

    #[test]
    fn no_keyword_of_the_schema_is_overlooked() {
        let schema = serde_json::to_value(Schema::of_profiles().root).expect("a schema");
        let mut found = BTreeSet::new();
        keywords(&schema, &mut found);
        let unknown: Vec<_> =
            found.iter().filter(|keyword| *keyword != RULES && !KNOWN.contains(&keyword.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn a_misspelt_field_of_a_policy_is_unknown_at_any_depth_and_what_is_right_is_not() {
        let policy = serde_json::json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "web", "labels": {"a": "b"}},
            "spec": {
                "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
                "policyTypes": ["Ingress"],
                "ingress": [{
                    "from": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.7/32"]}}, {"podSelektor": {}}],
                    "ports": [{"port": "http", "protocol": "TCP"}, {"port": 80, "endPort": 81}],
                }, {"form": []}],
            },
            "status": {"conditions": []},
        });
        let unknown = Schema::of_policies().check(&policy).unknown;
        let found: Vec<_> = unknown.iter().map(|one| (one.path.as_str(), one.message.as_str())).collect();
        assert_eq!(
            found,
            [
                ("spec.ingress[0].from[1].podSelektor", "unknown field `podSelektor`; did you mean `podSelector`?"),
                ("spec.ingress[1].form", "unknown field `form`; did you mean `from`?"),
            ]
        );
    }

    #[test]
    fn metadata_has_the_fields_of_every_object() {
        let metadata = metadata();
        let properties = metadata.properties.expect("fields");
        for field in ["name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers"] {
            assert!(properties.contains_key(field), "{field}");
        }
    }
}
