//! The profiles of files, checked.

use serde_json::Value;

use crate::{
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
    for one in found {
        let Checked { problems, profile } = checker.check_named(&one.node.to_value(), one.misnamed.as_ref());
        findings.extend(one.findings(problems));
        let Some(mut profile) = profile else { continue };
        if profile.identity.namespace.is_empty() {
            namespace.clone_into(&mut profile.identity.namespace);
        }
        wanted.push(Wanted { profile, spec: one.spec() });
    }
    wanted
}

/// The uid and the spec of a profile in a state before; nothing when it is not there.
pub(super) fn known(found: &[FoundProfile], namespace: &str, wanted: &Identity) -> Option<(String, Value)> {
    let found = found.iter().find(|found| found.key(namespace) == Some((&wanted.namespace, &wanted.name)))?;
    let uid = found.node.get("metadata").and_then(|metadata| metadata.text("uid")).unwrap_or_default();
    Some((uid.to_owned(), found.spec()))
}
