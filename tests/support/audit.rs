//! The API server's own record of writes: who really wrote what.

use std::fs;

use serde::Deserialize;

use super::ControlPlane;

/// A request that writes, as it stands in the audit log. Refused ones are there too; see `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    pub user: String,
    pub user_agent: String,
    pub group: String,
    /// `networkpolicies`, or with a subresource `appnetworkprofiles/status`.
    pub resource: String,
    pub namespace: String,
    /// Empty for creations whose name the server chooses.
    pub name: String,
    pub code: u16,
    /// Whether it was only a try (`dryRun=All`), which changes nothing.
    pub dry_run: bool,
}

impl ControlPlane {
    /// All writes to `namespace` so far by programs whose user agent begins with `agent`, in order of their answers.
    ///
    /// Core objects, our own, network policies, Cilium's and events; Leases and other groups are not recorded. A write
    /// may come into the log a moment after its client has the answer, so wait for writes with `eventually`.
    pub fn writes(&self, agent: &str, namespace: &str) -> Vec<Write> {
        let mut writes = self.all_writes();
        writes.retain(|write| write.user_agent.starts_with(agent) && write.namespace == namespace);
        writes
    }

    /// All writes so far, of everyone.
    pub fn all_writes(&self) -> Vec<Write> {
        // No file: nothing was recorded yet.
        let log = fs::read_to_string(self.folder().join("audit.log")).unwrap_or_default();
        // The last line may be half written.
        let (complete, _) = log.rsplit_once('\n').unwrap_or_default();
        complete.lines().map(parse).collect()
    }
}

fn parse(line: &str) -> Write {
    let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("no audit event: {error}: {line}"));
    let object = event.object_ref;
    Write {
        verb: event.verb,
        user: event.user.username,
        user_agent: event.user_agent,
        group: object.api_group,
        resource: if object.subresource.is_empty() {
            object.resource
        } else {
            format!("{}/{}", object.resource, object.subresource)
        },
        namespace: object.namespace,
        name: object.name,
        code: event.response_status.code,
        dry_run: event.request_uri.contains("dryRun="),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    #[serde(default)]
    user_agent: String,
    object_ref: ObjectRef,
    response_status: ResponseStatus,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct ObjectRef {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct ResponseStatus {
    code: u16,
}
