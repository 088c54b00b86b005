//! The schema of a whole object: that of the definition, and of what the API server knows about every object.

use k8s_openapi::{
    apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps,
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use schemars::generate::SchemaSettings;

use crate::api::definition;

/// The schema of the resource. It is made once and checks any number of values.
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
}

/// What every object has. A definition must not repeat it, so its own schema does not know these fields.
fn metadata() -> JSONSchemaProps {
    let settings = SchemaSettings::openapi3().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<ObjectMeta>();
    // A schema that cannot be read would know no field and refuse every profile; the test below keeps it readable.
    let mut schema: JSONSchemaProps = serde_json::from_value(schema.to_value()).unwrap_or_default();
    // Written by the server, and of no fixed shape.
    if let Some(managed) = schema.properties.as_mut().and_then(|properties| properties.get_mut("managedFields")) {
        *managed = JSONSchemaProps { x_kubernetes_preserve_unknown_fields: Some(true), ..JSONSchemaProps::default() };
    }
    schema
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
    fn metadata_has_the_fields_of_every_object() {
        let metadata = metadata();
        let properties = metadata.properties.expect("fields");
        for field in ["name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers"] {
            assert!(properties.contains_key(field), "{field}");
        }
    }
}
