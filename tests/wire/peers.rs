//! A caller from another namespace: its namespace and its labels must both be right.

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, Shut, condition},
};

/// The api is called by Pods with this label, in that namespace.
pub fn spec(namespace: &str, label: &str) -> String {
    format!(
        "tiers: [{{name: api, podSelector: {{matchLabels: {{app: api}}}}, ports: [{{name: http, port: 8080}}],
                  from: [{{pods: {{namespace: {namespace}, podSelector: {{matchLabels: {{app: {label}}}}}}}}}]}}]"
    )
}

/// The Pods of the api's namespace, of one with its callers, and of another.
pub fn pods() -> [Vec<Server>; 3] {
    [
        vec![Server::new("api", &[8080]), Server::new("report", &[7001])],
        vec![Server::new("report", &[7001]), Server::new("cleanup", &[7002])],
        vec![Server::new("report", &[7001])],
    ]
}

#[test]
fn a_caller_from_another_namespace_needs_both_halves_right() {
    let _quiet = QUIET.read();
    let (place, jobs, others) = (Place::new("called"), Place::new("jobs"), Place::new("others"));
    for (place, pods) in [&place, &jobs, &others].into_iter().zip(pods()) {
        place.start(&pods);
    }
    let api = place.tcp("api", 8080);
    jobs.expect("without a profile", &[("report", &api, Open), ("cleanup", &api, Open)]);
    others.expect("without a profile", &[("report", &api, Open)]);

    place.profile(&spec(&jobs.name, "report"));
    jobs.expect("both halves right", &[("report", &api, Open), ("cleanup", &api, Shut)]);
    others.expect("the namespace is wrong", &[("report", &api, Shut)]);
    place.expect("the namespace is that of the app", &[("report", &api, Shut)]);

    let profile = place.profile(&spec(&jobs.name, "raport"));
    jobs.expect("the label is wrong", &[("report", &api, Shut), ("cleanup", &api, Shut)]);
    let (status, reason, _) = condition(&profile, "LabelsMatched");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "NoMatchingPods"));

    let profile = place.profile(&spec("jobz", "report"));
    jobs.expect("the namespace's name is wrong", &[("report", &api, Shut), ("cleanup", &api, Shut)]);
    let (status, reason, message) = condition(&profile, "LabelsMatched");
    assert_eq!((status.as_str(), reason.as_str()), ("False", "NoMatchingNamespaces"), "{message}");

    place.profile(&spec(&others.name, "report"));
    others.expect("the other namespace is right now", &[("report", &api, Open)]);
    jobs.expect("and this one is wrong", &[("report", &api, Shut)]);
}
