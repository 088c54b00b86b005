//! What the operators did in all these tests, on every node that has one, by the API servers' own records. Its name puts it last.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    api_server::with_blocks_for_nodes,
    cluster::{Cluster, QUIET, SYSTEM},
    no_policies::unprotected,
    place::{Place, Server},
    release::GOING,
    support::report,
};

const WHO: &str = "system:serviceaccount:appnet-system:appnet";

/// What the operator writes, and nothing else.
const KNOWN: [&str; 5] = ["appnetworkprofiles", "ciliumnetworkpolicies", "events", "leases", "networkpolicies"];

/// The operator's requests that were answered.
fn requests(cluster: &Cluster) -> Vec<Value> {
    let log = std::fs::read_to_string(cluster.folder().join("audit.log")).expect("there is an audit log");
    // The last line may be half written.
    let (complete, _) = log.rsplit_once('\n').unwrap_or_default();
    let lines = complete.lines().map(|line| serde_json::from_str::<Value>(line).expect("the audit log is JSON"));
    lines.filter(|request| request["user"]["username"] == WHO).collect()
}

fn text(request: &Value, path: &str) -> String {
    request.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Why the operator may have been refused this, if it may.
fn excused(request: &Value, going: Option<(Timestamp, Timestamp)>) -> Option<&'static str> {
    // A namespace that goes takes nothing new; that is answered with the same code, and is no missing right.
    if request.to_string().contains("being terminated") {
        return Some("its namespace was going");
    }
    let at: Timestamp = text(request, "/requestReceivedTimestamp").parse().expect("a time");
    going
        .filter(|(began, ended)| (began..=ended).contains(&&at))
        .map(|_| "its release was going, and its rights with it")
}

fn check(name: &str, cluster: &'static Cluster, going: Option<(Timestamp, Timestamp)>) {
    let place = Place::on(cluster, "counted");
    place.start(&[Server::new("api", &[8080])]);
    place.profile("tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]");

    let requests = requests(cluster);
    let writes: Vec<_> = requests
        .iter()
        .filter(|request| ["create", "update", "patch", "delete"].contains(&text(request, "/verb").as_str()))
        .collect();
    let with_profiles: BTreeSet<_> = requests
        .iter()
        .filter(|request| request["objectRef"]["subresource"] == "status" && request["verb"] == "update")
        .map(|request| text(request, "/objectRef/namespace"))
        .collect();
    assert!(with_profiles.contains(&place.name) && !with_profiles.contains(SYSTEM), "{name}: {with_profiles:?}");
    let mut kinds = BTreeSet::new();
    for write in &writes {
        let (namespace, resource) = (text(write, "/objectRef/namespace"), text(write, "/objectRef/resource"));
        let its_lease = resource == "leases" && namespace == SYSTEM;
        assert!(its_lease || with_profiles.contains(&namespace), "{name}: a write where there was no profile: {write}");
        kinds.insert(resource);
    }
    assert!(kinds.iter().all(|kind| KNOWN.contains(&kind.as_str())), "{name}: {kinds:?}");
    let refused: Vec<_> = requests.iter().filter(|request| request["responseStatus"]["code"] == 403).collect();
    let wrong = refused.iter().find(|request| excused(request, going).is_none());
    assert!(wrong.is_none(), "{name}: the operator was refused this: {wrong:?}");
    report(
        &format!("whole-run-{name}"),
        &format!(
            "whole run, {name}: {} requests of the operator, {} of them writes ({}), in {} namespaces with profiles and in no other; {} \
             refused, all while their namespace or the release went",
            requests.len(),
            writes.len(),
            kinds.into_iter().collect::<Vec<_>>().join(", "),
            with_profiles.len(),
            refused.len(),
        ),
    );
}

#[test]
fn the_operator_wrote_nowhere_but_beside_profiles_and_was_never_refused() {
    // Nobody else is at work while it is counted.
    let _quiet = QUIET.write();
    let going = *GOING.lock().expect("nobody panics with it");
    check("shared", Cluster::shared(), None);
    check("blocks-for-nodes", with_blocks_for_nodes(), going);
    check("no-policies", unprotected(), None);
}
