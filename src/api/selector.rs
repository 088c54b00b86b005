//! Label selectors that can be bounded and that are never empty.
//!
//! The Kubernetes type of the same meaning has no limits in its schema, so CEL rules on it would
//! exceed the API server's cost budget, and it may be empty, which selects everything.

use std::collections::BTreeMap;

use garde::Validate;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules;

/// Selects objects by their labels. All parts must hold. Never empty.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::selector_not_empty())]
pub struct LabelSelector {
    /// Labels that must be there with exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16, "additionalProperties" = rules::label_value_schema()))]
    #[garde(custom(rules::length(0, 16)), custom(rules::check_label_keys), custom(rules::check_label_values))]
    #[x_kube(validation = rules::label_keys())]
    pub match_labels: BTreeMap<String, String>,

    /// Requirements on labels, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[garde(custom(rules::length(0, 16)), dive)]
    pub match_expressions: Vec<Requirement>,
}

/// One requirement on a label.
#[derive(KubeSchema, Validate, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
#[x_kube(validation = rules::operator_needs_values(), validation = rules::operator_takes_no_values())]
pub struct Requirement {
    /// The label's key.
    #[schemars(length(min = 1, max = 317), regex(pattern = rules::LABEL_KEY_PATTERN))]
    #[garde(custom(rules::check_label_key))]
    #[x_kube(validation = rules::label_key_prefix())]
    pub key: String,

    /// How the label is compared. `NotIn` and `DoesNotExist` also match objects without the label.
    pub operator: RequirementOperator,

    /// The values to compare with: needed with `In` and `NotIn`, not allowed with the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[schemars(inner(length(max = 63), regex(pattern = rules::LABEL_VALUE_PATTERN)))]
    #[garde(custom(rules::length(0, 32)), inner(custom(rules::check_label_value)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequirementOperator {
    /// The label is there and its value is one of `values`.
    In,
    /// The label is not there, or its value is none of `values`.
    NotIn,
    /// The label is there, with any value.
    Exists,
    /// The label is not there.
    DoesNotExist,
}
