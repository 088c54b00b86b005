//! Addresses outside the cluster.

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, Shut},
};

pub const SPEC: &str = "tiers:
     - {name: api, podSelector: {matchLabels: {app: api}},
        to: [{name: provider, cidr: 203.0.113.0/24, except: [203.0.113.99/32], ports: [{port: 443}]}]}
     - {name: other, podSelector: {matchLabels: {app: other}}, ports: [{name: http, port: 8080}]}";

pub fn pods() -> [Server; 2] {
    [Server::new("api", &[8080]), Server::new("other", &[8080])]
}

#[test]
fn an_outside_block_is_open_on_its_port_but_for_what_is_excepted() {
    let _quiet = QUIET.read();
    let place = Place::new("outside");
    place.start(&pods());
    let provider = "tcp:203.0.113.5:443";
    let excepted = "tcp:203.0.113.99:443";
    let other_port = "tcp:203.0.113.5:9999";
    let other_network = "tcp:198.51.100.7:443";
    let all = [provider, excepted, other_port, other_network];
    place.expect("without a profile", &all.map(|target| ("api", target, Open)));
    place.profile(SPEC);
    place.expect(
        "with the profile",
        &[
            ("api", provider, Open),
            ("api", excepted, Shut),
            ("api", other_port, Shut),
            ("api", other_network, Shut),
            ("other", provider, Shut),
        ],
    );
}
