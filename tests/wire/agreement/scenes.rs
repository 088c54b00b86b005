//! The scenarios, and how many connections each compares. A number that changes says that somebody is no longer asked.

use serde_json::json;

use super::{
    Agreed, agree,
    pods::{objects, start, start_all},
    stand_ins,
};
use crate::{
    api_server,
    cluster::QUIET,
    dns,
    extras::with_curl,
    host_network, ingress, monitoring, outside, peers,
    place::{Place, Server},
    ports, tiers,
};

#[test]
fn of_three_tiers_in_a_row_and_in_another_one() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-row");
    start(&place, tiers::row());
    // The database is called by the web, and another port of the api is open.
    let other =
        tiers::ROW.replace("from: [{tier: api}]", "from: [{tier: web}]").replace("ports: [http]", "ports: [admin]");
    assert_ne!(other, tiers::ROW);
    let agreed = agree(&[&place], &[tiers::ROW.into(), other]);
    assert_eq!(agreed, Agreed { compared: 254, denied: 122, unknown: 34, asked: 28, planned: 142, cut: 63, opened: 2 });
}

#[test]
fn of_pods_of_the_same_namespace_that_no_tier_names() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-same");
    start(&place, tiers::same());
    assert_eq!(
        agree(&[&place], &[tiers::SAME.into()]),
        Agreed { compared: 114, denied: 39, unknown: 12, asked: 12, planned: 45, cut: 39, opened: 0 }
    );
}

#[test]
fn of_a_profile_that_isolates_its_tiers_only() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-loose");
    start(&place, tiers::loose());
    assert_eq!(
        agree(&[&place], &[tiers::LOOSE.into()]),
        Agreed { compared: 122, denied: 16, unknown: 4, asked: 10, planned: 49, cut: 16, opened: 0 }
    );
}

#[test]
fn of_the_lab_that_everybody_does() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-guide");
    let random = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "random-client", "labels": {"run": "random-client"}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "curl", "image": "curlimages/curl", "args": ["sleep", "3600"]}]}});
    let lab = objects(include_str!("../../../demo/lab.yaml"));
    start_all(&place, lab.into_iter().chain([random]).map(|object| (object, &[][..])));
    let profile = objects(include_str!("../../../demo/profile.yaml")).remove(0);
    assert_eq!(
        agree(&[&place], &[profile["spec"].to_string()]),
        Agreed { compared: 158, denied: 49, unknown: 14, asked: 16, planned: 62, cut: 48, opened: 0 }
    );
}

#[test]
fn of_callers_from_another_namespace() {
    let _quiet = QUIET.read();
    let (place, jobs, others) = (Place::new("agree-called"), Place::new("agree-jobs"), Place::new("agree-others"));
    for (place, pods) in [&place, &jobs, &others].into_iter().zip(peers::pods()) {
        start(place, pods);
    }
    let profiles = [
        peers::spec(&jobs.name, "report"),
        peers::spec(&jobs.name, "raport"),
        peers::spec("jobz", "report"),
        peers::spec(&others.name, "report"),
    ];
    assert_eq!(
        agree(&[&place, &jobs, &others], &profiles),
        Agreed { compared: 593, denied: 182, unknown: 32, asked: 53, planned: 404, cut: 46, opened: 1 }
    );
}

#[test]
fn of_a_named_port_that_is_each_pods_own_number() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-named");
    start(&place, ports::pods());
    assert_eq!(
        agree(&[&place], &[ports::SPEC.into()]),
        Agreed { compared: 124, denied: 41, unknown: 14, asked: 12, planned: 49, cut: 41, opened: 0 }
    );
}

#[test]
fn of_an_outside_block_with_an_exception() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-outside");
    start(&place, outside::pods());
    let without_exception = outside::SPEC.replace(" except: [203.0.113.99/32],", "");
    assert_ne!(without_exception, outside::SPEC);
    assert_eq!(
        agree(&[&place], &[outside::SPEC.into(), without_exception]),
        Agreed { compared: 98, denied: 41, unknown: 16, asked: 14, planned: 52, cut: 21, opened: 1 }
    );
}

#[test]
fn of_an_ingress_controller() {
    let _quiet = QUIET.read();
    let places = [Place::new("agree-exposed"), Place::new("agree-ingress"), Place::new("agree-visitors")];
    let [place, controllers, visitors] = &places;
    let [web, service] = ingress::web();
    start_all(place, [(web, &[80][..]), (service, &[])]);
    let address = place.get(&["service", "web"])["spec"]["clusterIP"].as_str().expect("an address").to_owned();
    let [config, nginx] = stand_ins::proxy(&format!("{address}:8000"));
    start_all(controllers, [(config, &[][..]), (nginx, &[80]), (Server::new("beside", &[7001]).object(), &[])]);
    start(visitors, [Server::new("direct", &[7001])]);
    let profiles = [true, false].map(|exposed| ingress::spec(&controllers.name, exposed));
    assert_eq!(
        agree(&[place, controllers, visitors], &profiles),
        Agreed { compared: 277, denied: 46, unknown: 8, asked: 22, planned: 148, cut: 21, opened: 0 }
    );
}

#[test]
fn of_monitoring() {
    let _quiet = QUIET.read();
    let (place, monitoring) = (Place::new("agree-scraped"), Place::new("agree-monitoring"));
    start_all(&place, [(monitoring::api(), &[8080][..])]);
    let [config, prometheus] = stand_ins::prometheus(&format!("{}:8080", place.address("api")));
    start_all(&monitoring, [(config, &[][..]), (prometheus, &[9090])]);
    start(&monitoring, [Server::new("curious", &[7001])]);
    let profiles = [true, false].map(|metrics| monitoring::spec(&monitoring.name, metrics));
    assert_eq!(
        agree(&[&place, &monitoring], &profiles),
        Agreed { compared: 181, denied: 33, unknown: 8, asked: 17, planned: 98, cut: 17, opened: 0 }
    );
}

#[test]
fn of_telemetry() {
    let _quiet = QUIET.read();
    let (place, observability) = (Place::new("agree-sends"), Place::new("agree-observability"));
    start(&place, stand_ins::senders());
    start(&observability, stand_ins::collectors());
    let agreed = agree(&[&place, &observability], &[stand_ins::telemetry_spec(&observability.name)]);
    assert_eq!(agreed, Agreed { compared: 248, denied: 64, unknown: 12, asked: 18, planned: 104, cut: 64, opened: 0 });
}

#[test]
fn of_dns_over_udp_and_tcp() {
    let _quiet = QUIET.read();
    let (place, other) = (Place::new("agree-dns"), Place::new("agree-rogue"));
    for (place, pods) in [&place, &other].into_iter().zip(dns::pods()) {
        start(place, pods);
    }
    let profiles = [dns::TIER.to_owned(), format!("{}\ndns: {{mode: None}}", dns::TIER)];
    assert_eq!(
        agree(&[&place, &other], &profiles),
        Agreed { compared: 173, denied: 68, unknown: 16, asked: 17, planned: 94, cut: 34, opened: 0 }
    );
}

#[test]
fn of_the_api_server_declared_and_not() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-robots");
    start_all(&place, ["robot", "plain"].map(|name| (with_curl(name), &[][..])));
    let undeclared = api_server::SPEC.replace(", to: [{name: kube-api, apiServer: {}}]", "");
    assert_ne!(undeclared, api_server::SPEC);
    assert_eq!(
        agree(&[&place], &[api_server::SPEC.into(), undeclared]),
        Agreed { compared: 90, denied: 40, unknown: 12, asked: 14, planned: 48, cut: 20, opened: 0 }
    );
}

#[test]
fn of_a_tier_on_the_host_network() {
    let _quiet = QUIET.read();
    let place = Place::new("agree-hostnet");
    start(&place, host_network::pods(18081));
    // By itself nobody is isolated; with the namespace isolated the stranger is.
    let tiers = host_network::SPEC.replace("18080", "18081");
    let whole = tiers.replace("isolation: Tiers", "isolation: Namespace");
    assert!(tiers != host_network::SPEC && whole != tiers);
    assert_eq!(
        agree(&[&place], &[tiers, whole]),
        Agreed { compared: 97, denied: 9, unknown: 8, asked: 9, planned: 54, cut: 9, opened: 0 }
    );
}
