//! Pods on the host network: no policy applies to them, and the profile says so.

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, condition},
};

pub const SPEC: &str = "isolation: Tiers
     tiers: [{name: agent, podSelector: {matchLabels: {app: agent}}, ports: [{name: http, port: 18080}]}]";

/// The port is one of the node: two Pods cannot have it.
pub fn pods(port: u16) -> [Server; 2] {
    [Server::new("agent", &[port]).on_the_host_network(), Server::new("stranger", &[7001])]
}

#[test]
fn a_tier_on_the_host_network_is_reported_and_not_pretended_to_be_isolated() {
    let _quiet = QUIET.read();
    let place = Place::new("hostnet");
    place.start(&pods(18080));
    let agent = place.tcp("agent", 18080);
    place.expect("without a profile", &[("stranger", &agent, Open)]);
    place.write_profile(SPEC);
    let profile = place.until_profile("it is told", |profile| condition(profile, "LabelsMatched").0 == "False");
    let (_, _, message) = condition(&profile, "LabelsMatched");
    assert!(message.contains("host network"), "{message}");
    // Nobody may call it by the profile, and yet it is open: that is what the message says.
    place.expect("with the profile", &[("stranger", &agent, Open)]);
}
