//! The profiles of files, checked.

use serde_json::Value;

use crate::{
    api::AppNetworkProfileSpec,
    cli::{Checked, Checker, Finding, read::FoundProfile},
    model::{Identity, Profile},
};

/// A profile that is to be applied.
#[derive(Debug)]
pub(super) struct Wanted {
    pub profile: Profile,
    pub spec: Value,
}

/// The good profiles; what is wrong with the others goes to `findings`. Those without a namespace are in `namespace`.
pub(super) fn wanted(
    found: &[FoundProfile],
    namespace: &str,
    checker: &Checker,
    findings: &mut Vec<Finding>,
) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for FoundProfile { file, node, prefix, misnamed } in found {
        let object = node.to_value();
        let Checked { problems, profile } = match misnamed {
            Some(problem) => Checked { problems: vec![problem.clone()], profile: None },
            None => checker.check(&object),
        };
        findings.extend(problems.into_iter().map(|mut problem| {
            let at = node.locate(&problem.path);
            problem.path.insert_str(0, prefix);
            Finding::of_problem(file, at, problem)
        }));
        let Some(mut profile) = profile else { continue };
        if profile.identity.namespace.is_empty() {
            namespace.clone_into(&mut profile.identity.namespace);
        }
        wanted.push(Wanted { profile, spec: spec(&object) });
    }
    wanted
}

/// The uid and the spec of a profile in a state before; nothing when it is not there.
pub(super) fn known(found: &[FoundProfile], namespace: &str, wanted: &Identity) -> Option<(String, Value)> {
    found.iter().map(|found| found.node.to_value()).find_map(|object| {
        let text = |field: &str| object.pointer(&format!("/metadata/{field}")).and_then(Value::as_str);
        let own = text("namespace").unwrap_or(namespace);
        let same = text("name") == Some(wanted.name.as_str()) && own == wanted.namespace;
        let uid = text("uid").unwrap_or_default().to_owned();
        same.then(|| (uid, spec(&object)))
    })
}

/// What a profile asks for, with every default spelled out: the API server stores them, and files leave them out.
fn spec(object: &Value) -> Value {
    let given = object.get("spec").cloned().unwrap_or_default();
    let read = serde_json::from_value::<AppNetworkProfileSpec>(given.clone()).and_then(serde_json::to_value);
    read.unwrap_or(given)
}
