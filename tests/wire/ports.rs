//! Ports by name: each Pod's own number.

use serde_json::json;

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, Shut},
};

pub const SPEC: &str = "tiers:
     - {name: caller, podSelector: {matchLabels: {app: caller}}}
     - {name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: web, port: http}], from: [{tier: caller}]}";

pub fn pods() -> [Server; 3] {
    [
        Server::new("caller", &[7001]),
        Server::new("blue", &[8080, 9090]).labelled(json!({"app": "api"})).port_named("http", 8080),
        Server::new("green", &[8080, 9090]).labelled(json!({"app": "api"})).port_named("http", 9090),
    ]
}

#[test]
fn a_named_port_is_each_pods_own_number() {
    let _quiet = QUIET.read();
    let place = Place::new("named");
    place.start(&pods());
    let (blue_8080, blue_9090) = (place.tcp("blue", 8080), place.tcp("blue", 9090));
    let (green_8080, green_9090) = (place.tcp("green", 8080), place.tcp("green", 9090));
    let all = [&blue_8080, &blue_9090, &green_8080, &green_9090];
    place.expect("without a profile", &all.map(|target| ("caller", target.as_str(), Open)));
    place.profile(SPEC);
    place.expect(
        "with the profile",
        &[
            ("caller", &blue_8080, Open),
            ("caller", &blue_9090, Shut),
            ("caller", &green_8080, Shut),
            ("caller", &green_9090, Open),
        ],
    );
}
