//! What the operator did in all these tests, by the API server's own record. Its name puts it last.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    cluster::{Cluster, QUIET, SYSTEM},
    place::{Place, Server},
};

const WHO: &str = "system:serviceaccount:appnet-system:appnet";

/// The operator's requests that were answered.
fn requests(cluster: &Cluster) -> Vec<Value> {
    let log = std::fs::read_to_string(cluster.folder().join("audit.log")).expect("there is an audit log");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("the audit log is JSON"));
    lines.filter(|request| request["user"]["username"] == WHO).collect()
}

#[test]
fn the_operator_wrote_nowhere_but_beside_profiles_and_was_never_refused() {
    // Nobody else is at work while it is counted.
    let _quiet = QUIET.write();
    let place = Place::new("counted");
    place.start(&[Server::new("api", &[8080])]);
    place.profile("tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]");

    let requests = requests(place.cluster);
    let text =
        |request: &Value, path: &str| request.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let writes: Vec<_> = requests
        .iter()
        .filter(|request| ["create", "update", "patch", "delete"].contains(&text(request, "/verb").as_str()))
        .collect();
    let with_profiles: BTreeSet<_> = requests
        .iter()
        .filter(|request| request["objectRef"]["subresource"] == "status" && request["verb"] == "update")
        .map(|request| text(request, "/objectRef/namespace"))
        .collect();
    assert!(with_profiles.contains(&place.name) && !with_profiles.contains(SYSTEM), "{with_profiles:?}");
    let mut kinds = BTreeSet::new();
    for write in &writes {
        let (namespace, resource) = (text(write, "/objectRef/namespace"), text(write, "/objectRef/resource"));
        let its_lease = resource == "leases" && namespace == SYSTEM;
        assert!(its_lease || with_profiles.contains(&namespace), "a write where there was no profile: {write}");
        kinds.insert(resource);
    }
    let known = ["appnetworkprofiles", "ciliumnetworkpolicies", "events", "leases", "networkpolicies"];
    assert!(kinds.iter().all(|kind| known.contains(&kind.as_str())), "{kinds:?}");
    let refused: Vec<_> = requests.iter().filter(|request| request["responseStatus"]["code"] == 403).collect();
    let first = refused.first().map(ToString::to_string).unwrap_or_default();
    // A namespace that goes takes nothing new; that is answered with the same code, and is no missing right.
    assert!(refused.iter().all(|request| request.to_string().contains("being terminated")), "{first}");
    eprintln!(
        "whole run: {} requests of the operator, {} of them writes, in {} namespaces with profiles",
        requests.len(),
        writes.len(),
        with_profiles.len()
    );
}
