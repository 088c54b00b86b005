//! Renders the policies of a profile that is written as YAML.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use appnet::{
    api::{AppNetworkProfile, Cni, OperatorConfig},
    model::{self, Platform, ServiceRef},
    observe::{Availability, Endpoints, ServiceRow, World},
    policy::{self, PolicyObject},
};
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use serde_json::Value;

/// A profile and what it meets, as texts. An empty text is a file that is not there.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    pub profile: String,
    pub config: String,
    pub cluster: String,
}

/// The policies of a profile as manifests.
///
/// # Errors
/// Says which text is wrong and how: a line that is no field, a value that is refused, a reference to nothing.
pub fn render(texts: &Texts) -> Result<Vec<PolicyObject>, String> {
    let profile: AppNetworkProfile = read("the profile", &texts.profile)?;
    let platform = platform(&texts.config)?;
    let mut world = world(&texts.cluster)?;
    if platform.cni == Cni::Cilium {
        world.cilium = Availability::Served;
    }
    let model = model::parse(&profile, &platform).map_err(|problems| format!("the profile is refused: {problems}"))?;
    let resolved = policy::resolve(&model, &platform, &world);
    if !resolved.unresolved.is_empty() {
        return Err(format!("the profile refers to what is not there: {:#?}", resolved.unresolved));
    }
    let desired = policy::build(&model, &resolved);
    Ok(desired.policies().map(|policy| policy.manifest(&model.identity.namespace)).collect())
}

/// The documents of a YAML text.
///
/// # Errors
/// When it is no YAML.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    serde_saphyr::from_multiple(text).map_err(|error| error.to_string())
}

/// Reads a text, and refuses what would be read past: a field that does not exist is dropped in silence otherwise.
fn read<T: serde::Serialize + serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, String> {
    let document: Value = serde_saphyr::from_str(text).map_err(|error| format!("{what}: {error}"))?;
    parsed(what, document)
}

fn parsed<T: serde::Serialize + serde::de::DeserializeOwned>(what: &str, document: Value) -> Result<T, String> {
    let value: T = serde_json::from_value(document.clone()).map_err(|error| format!("{what}: {error}"))?;
    let kept = serde_json::to_value(&value).map_err(|error| format!("{what}: {error}"))?;
    match lost("", &document, &kept) {
        Some(path) => Err(format!("{what}: {path} is no field, or its value is read as something else")),
        None => Ok(value),
    }
}

/// The first path of `written` that is not in `kept`, or is different there. What is empty may be left out.
fn lost(path: &str, written: &Value, kept: &Value) -> Option<String> {
    match (written, kept) {
        (Value::Object(written), Value::Object(kept)) => written.iter().find_map(|(key, value)| {
            let path = format!("{path}.{key}");
            let empty = matches!(value, Value::Bool(false)) || matches!(value, Value::Array(list) if list.is_empty());
            match kept.get(key) {
                Some(kept) => lost(&path, value, kept),
                None => (!empty).then_some(path),
            }
        }),
        (Value::Array(written), Value::Array(kept)) if written.len() == kept.len() => {
            written.iter().zip(kept).enumerate().find_map(|(i, (a, b))| lost(&format!("{path}[{i}]"), a, b))
        }
        _ => (written != kept).then(|| path.to_owned()),
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    if text.is_empty() {
        return Ok(Platform::default());
    }
    let config: OperatorConfig = read("the configuration", text)?;
    Platform::parse(&config).map_err(|problems| format!("the configuration is refused: {problems}"))
}

/// A typical cluster, and the objects of the text in it.
fn world(text: &str) -> Result<World, String> {
    let mut world = World::typical();
    let objects = if text.is_empty() { Vec::new() } else { documents(text)? };
    for object in objects {
        match object["kind"].as_str() {
            Some("Service") => {
                let service: Service = parsed("a Service", object)?;
                let (namespace, name) = key(&service.metadata)?;
                world.services.insert(ServiceRef { namespace, name }, ServiceRow::from(&service));
            }
            Some("EndpointSlice") => {
                let slice: EndpointSlice = parsed("an EndpointSlice", object)?;
                let (namespace, name) = key(&slice.metadata)?;
                let endpoints = Endpoints::read(&slice).ok_or("an EndpointSlice names no Service")?;
                world.endpoints.insert(&namespace, &name, endpoints);
            }
            other => return Err(format!("the cluster holds a kind that is not read: {other:?}")),
        }
    }
    Ok(world)
}

fn key(meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta) -> Result<(String, String), String> {
    let part = |part: &Option<String>| part.clone().ok_or("an object of the cluster has no name or namespace");
    Ok((part(&meta.namespace)?, part(&meta.name)?))
}
