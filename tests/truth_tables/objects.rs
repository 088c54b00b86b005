//! The objects of a case, as Kubernetes knows them.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        core::v1::{Namespace, Pod},
        networking::v1::NetworkPolicy,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What stands in the cluster: namespaces by name, Pods and policies by namespace and name.
#[derive(Clone, Default)]
pub struct Objects {
    pub namespaces: BTreeMap<String, Namespace>,
    pub pods: BTreeMap<(String, String), Pod>,
    pub policies: BTreeMap<(String, String), NetworkPolicy>,
}

impl Objects {
    /// Adds an object. One of the same name is replaced, as by an update.
    pub fn add(&mut self, object: Value) -> Result<(), String> {
        let kind = format!("{}/{}", object["apiVersion"].as_str().unwrap_or(""), object["kind"].as_str().unwrap_or(""));
        match kind.as_str() {
            "v1/Namespace" => {
                let mut namespace: Namespace = read(object)?;
                let name = namespace.metadata.name.clone().ok_or("a Namespace without a name")?;
                // The API server sets this one, and nobody else can.
                let labels = namespace.metadata.labels.get_or_insert_default();
                labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
                self.namespaces.insert(name, namespace);
            }
            "v1/Pod" => {
                let pod: Pod = read(object)?;
                let key = place(&pod.metadata)?;
                self.pods.insert(key, pod);
            }
            "networking.k8s.io/v1/NetworkPolicy" => {
                let policy: NetworkPolicy = read(object)?;
                let key = place(&policy.metadata)?;
                self.policies.insert(key, policy);
            }
            other => return Err(format!("no case needs a {other}")),
        }
        Ok(())
    }

    /// What has no namespace here.
    pub fn strays(&self) -> Vec<String> {
        let places = self.pods.keys().chain(self.policies.keys());
        places
            .filter(|(namespace, _)| !self.namespaces.contains_key(namespace))
            .map(|(namespace, name)| format!("{namespace}/{name}"))
            .collect()
    }
}

fn place(metadata: &ObjectMeta) -> Result<(String, String), String> {
    match (&metadata.namespace, &metadata.name) {
        (Some(namespace), Some(name)) => Ok((namespace.clone(), name.clone())),
        (namespace, name) => Err(format!("no namespace or no name: {namespace:?} {name:?}")),
    }
}

/// Reads an object, and refuses fields that there are not: a misspelled selector would be an empty one.
fn read<T: DeserializeOwned + Serialize>(object: Value) -> Result<T, String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|error| format!("{error}: {object}"))?;
    let back = serde_json::to_value(&typed).map_err(|error| error.to_string())?;
    match lost(&object, &back) {
        Some(path) => Err(format!("there is no field {path}: {object}")),
        None => Ok(typed),
    }
}

/// The first field that did not survive. Empty ones need not.
fn lost(given: &Value, back: &Value) -> Option<String> {
    match (given, back) {
        (Value::Object(given), _) => given.iter().find_map(|(key, value)| match back.get(key) {
            Some(other) => lost(value, other).map(|path| format!(".{key}{path}")),
            None if value.is_null() => None,
            None => Some(format!(".{key}")),
        }),
        (Value::Array(given), Value::Array(back)) => {
            given.iter().zip(back).find_map(|(value, other)| lost(value, other).map(|path| format!("[]{path}")))
        }
        _ => None,
    }
}
