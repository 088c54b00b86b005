//! Metadata, without managed fields and most annotations, which are the largest part of many objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::model::Labels;

/// Metadata of an object, or of a template.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub name: Option<String>,
    pub generate_name: Option<String>,
    pub namespace: Option<String>,
    #[serde(deserialize_with = "labels")]
    pub labels: Labels,
    /// Whether it is there is all that counts.
    pub deletion_timestamp: Option<IgnoredAny>,
    pub owner_references: Option<Vec<Owner>>,
    pub annotations: Option<Annotations>,
}

/// The annotations that are needed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations {
    /// Helm writes it on everything that it installs.
    #[serde(rename = "meta.helm.sh/release-namespace")]
    pub installed_in: Option<String>,
    /// The class of an Ingress before there was a field for it.
    #[serde(rename = "kubernetes.io/ingress.class")]
    pub ingress_class: Option<String>,
}

/// An owner of an object.
#[derive(Debug, Deserialize)]
pub(super) struct Owner {
    pub kind: String,
    pub name: String,
    #[serde(default)]
    pub controller: Option<bool>,
}

impl Metadata {
    /// The owner that runs the object.
    pub(super) fn controller(&self) -> Option<&Owner> {
        self.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
    }
}

/// Labels. The API server takes a null for an empty text.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let labels = Option::<BTreeMap<String, Option<String>>>::deserialize(deserializer)?;
    Ok(labels.into_iter().flatten().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}
