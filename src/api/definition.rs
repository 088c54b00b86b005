//! The `CustomResourceDefinition`, as it is installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use super::AppNetworkProfile;

/// The definition of the resource.
///
/// The derive marks every optional field `nullable`, so that an explicit `null` would be stored and be a third
/// state beside "there" and "left out". Without the mark the API server drops such a `null` and applies the default.
#[must_use]
pub fn definition() -> CustomResourceDefinition {
    let mut definition = AppNetworkProfile::crd();
    for version in &mut definition.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            refuse_null(schema);
            not_looked_at_yet(schema);
        }
    }
    definition
}

/// A profile that the operator has not seen says so: its status speaks of a generation that never is.
///
/// Tools that wait by the kstatus convention, such as `helm --wait`, take a status without any word for success.
fn not_looked_at_yet(schema: &mut JSONSchemaProps) {
    if let Some(status) = schema.properties.as_mut().and_then(|properties| properties.get_mut("status")) {
        status.default = Some(JSON(serde_json::json!({"observedGeneration": -1})));
    }
}

fn refuse_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.properties.iter_mut().flat_map(|properties| properties.values_mut()).for_each(refuse_null);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        refuse_null(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        refuse_null(values);
    }
}
