//! What the chart renders, as objects.

use serde_json::Value;

use crate::support::helm;

pub const CHART: &str = "charts/appnet";
pub const RELEASE: &str = "appnet";
pub const NAMESPACE: &str = "appnet-system";

/// What `helm template` prints with these values.
///
/// # Errors
/// What Helm says when it refuses.
pub fn text(program: &str, values: &str) -> Result<String, String> {
    let answer = helm(program, &["template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", "-"], values);
    if answer.code == Some(0) { Ok(answer.stdout) } else { Err(answer.stderr) }
}

/// The objects that the chart renders with these values.
pub fn objects(values: &str) -> Vec<Value> {
    parse(&text("helm", values).unwrap_or_else(|said| panic!("{values}\nis refused: {said}")))
}

pub fn parse(text: &str) -> Vec<Value> {
    let documents = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.into_iter().filter(|document: &Value| !document.is_null()).collect()
}

/// The one object of this kind whose name ends like this.
pub fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let fits = |object: &&Value| object["kind"] == kind && string(&object["metadata"]["name"]) == name;
    let mut found = objects.iter().filter(fits);
    let first = found.next().unwrap_or_else(|| panic!("there is no {kind} {name} in {:#?}", names(objects)));
    assert!(found.next().is_none(), "there are several of {kind} {name}");
    first
}

/// `KIND NAMESPACE/NAME` of each.
pub fn names(objects: &[Value]) -> Vec<String> {
    objects.iter().map(name).collect()
}

pub fn name(object: &Value) -> String {
    let (kind, about) = (string(&object["kind"]), &object["metadata"]);
    match about["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{}", string(&about["name"])),
        None => format!("{kind} {}", string(&about["name"])),
    }
}

/// A hook of Helm is no part of what is installed.
pub fn is_hook(object: &Value) -> bool {
    object["metadata"]["annotations"].get("helm.sh/hook").is_some()
}

/// The operator's Pod, as its Deployment describes it.
pub fn pod(objects: &[Value]) -> &Value {
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment").expect("the chart has one");
    &deployment["spec"]["template"]
}

pub fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|value| string(value).to_owned()).collect()
}
