//! A cluster whose CNI enforces nothing.

use std::sync::OnceLock;

use crate::{
    cluster::{Cluster, QUIET},
    place::{Open, Place, Server, condition},
};

/// A node whose CNI enforces nothing.
pub fn unprotected() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster::start("unprotected", &["--cni", "none"], &[]);
        cluster.install(&[]);
        cluster
    })
}

#[test]
fn where_nothing_enforces_policies_the_profile_says_so_and_why_traffic_is_still_allowed() {
    // Another node takes a while of the machine's time, and no connection elsewhere may wait for that.
    let _quiet = QUIET.read();
    let place = Place::on(unprotected(), "unprotected");
    place.start(&[Server::new("api", &[8080]), Server::new("stranger", &[7001])]);
    let api = place.tcp("api", 8080);
    let profile = place
        .profile("tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]");
    let (status, reason, message) = condition(&profile, "EnforcementDetected");
    assert_eq!((status.as_str(), reason.as_str()), ("Unknown", "CNIUnknown"), "{message}");
    assert!(message.contains("policies are applied but traffic is still allowed"), "{message}");
    let (status, reason, _) = condition(&profile, "PoliciesApplied");
    assert_eq!((status.as_str(), reason.as_str()), ("True", "Applied"));
    place.expect("with the profile", &[("stranger", &api, Open)]);
}

#[test]
fn with_cilium_enforcement_is_detected() {
    let _quiet = QUIET.read();
    let place = Place::new("protected");
    place.start(&[Server::new("api", &[8080])]);
    let profile = place
        .profile("tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]");
    let (status, reason, message) = condition(&profile, "EnforcementDetected");
    assert_eq!((status.as_str(), reason.as_str()), ("True", "CNIDetected"), "{message}");
    assert!(message.contains("Cilium"), "{message}");
}
