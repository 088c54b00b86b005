//! The API server's own record of writes: who really wrote what.

use std::fs;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::ControlPlane;

/// A request that writes, as it stands in the audit log. Refused ones are there too; see `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    /// Who asked, or whom it acted for.
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
    /// When the API server got the request, by its own clock.
    pub received: Timestamp,
    /// When the API server was done with it; its answer is complete only after that.
    pub done: Timestamp,
}

/// A write of a Lease.
#[derive(Clone, Debug)]
pub struct LeaseWrite {
    /// What was asked, by whom, and what came of it.
    pub write: Write,
    /// Who holds the Lease by what was sent; nobody when it is given back or deleted.
    pub holder: Option<String>,
}

impl ControlPlane {
    /// All writes to `namespace` so far by programs whose user agent begins with `agent`, in order of their answers.
    ///
    /// Core objects, our own, network policies, Cilium's and events; other groups are not recorded. A write may come into the log a moment after its client has the answer, so wait for writes with `eventually`.
    pub fn writes(&self, agent: &str, namespace: &str) -> Vec<Write> {
        let mut writes = self.all_writes();
        writes.retain(|write| write.user_agent.starts_with(agent) && write.namespace == namespace);
        writes
    }

    /// All writes so far, of everyone, but for Leases.
    pub fn all_writes(&self) -> Vec<Write> {
        self.record().iter().map(parse).filter(|write| write.resource != LEASES).collect()
    }

    /// All writes of the Lease `name` so far, in order of their answers.
    pub fn lease_writes(&self, namespace: &str, name: &str) -> Vec<LeaseWrite> {
        let of_leases = self.record().into_iter().filter_map(|line| {
            let write = parse(&line);
            // That of a creation stands in its content only.
            let body: Value =
                serde_json::from_str::<Value>(&line).ok()?.get("requestObject").cloned().unwrap_or_default();
            let named = write.name == name || body["metadata"]["name"] == name;
            let holder = body["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty());
            (write.resource == LEASES && named && write.namespace == namespace)
                .then(|| LeaseWrite { holder: holder.map(str::to_owned), write })
        });
        of_leases.collect()
    }

    fn record(&self) -> Vec<String> {
        // No file: nothing was recorded yet.
        let log = fs::read_to_string(self.folder().join("audit.log")).unwrap_or_default();
        // The last line may be half written.
        let (complete, _) = log.rsplit_once('\n').unwrap_or_default();
        complete.lines().map(str::to_owned).collect()
    }
}

const LEASES: &str = "leases";

fn parse(line: &String) -> Write {
    let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("no audit event: {error}: {line}"));
    let object = event.object_ref;
    Write {
        verb: event.verb,
        user: event.impersonated_user.unwrap_or(event.user).username,
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
        received: event.request_received_timestamp,
        done: event.stage_timestamp,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    impersonated_user: Option<User>,
    #[serde(default)]
    user_agent: String,
    object_ref: ObjectRef,
    response_status: ResponseStatus,
    request_received_timestamp: Timestamp,
    stage_timestamp: Timestamp,
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
