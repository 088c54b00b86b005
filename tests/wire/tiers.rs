//! Tiers call each other as the profile says, in one direction, and nobody else calls them.

use serde_json::json;

use crate::{
    cluster::QUIET,
    place::{Open, Place, Server, Shut},
};

/// Three tiers that call each other in a row.
pub const ROW: &str = "tiers:
     - {name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8080}]}
     - {name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8081}, {name: admin, port: 9090}],
        from: [{tier: web, ports: [http]}]}
     - {name: db, podSelector: {matchLabels: {app: db}}, ports: [{name: sql, port: 5432}], from: [{tier: api}]}";

/// One tier, called by Pods of its namespace.
pub const SAME: &str = "tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}],
              from: [{pods: {podSelector: {matchLabels: {team: two}}}}]}]
     isolation: Namespace";

/// The others are left alone.
pub const LOOSE: &str = "isolation: Tiers
     tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}],
              from: [{pods: {podSelector: {matchLabels: {app: two}}}}]}]";

pub fn row() -> [Server; 4] {
    [
        Server::new("web", &[8080]),
        Server::new("api", &[8081, 9090]),
        Server::new("db", &[5432]),
        Server::new("stranger", &[7070]),
    ]
}

pub fn same() -> [Server; 3] {
    [
        Server::new("api", &[8080]),
        Server::new("one", &[7001]),
        Server::new("two", &[7002]).labelled(json!({"team": "two"})),
    ]
}

pub fn loose() -> [Server; 3] {
    [Server::new("api", &[8080]), Server::new("one", &[7001]), Server::new("two", &[7002])]
}

#[test]
fn three_tiers_are_open_in_the_declared_direction_only() {
    let _quiet = QUIET.read();
    let place = Place::new("tiers");
    place.start(&row());
    let (web, api, admin, db) =
        (place.tcp("web", 8080), place.tcp("api", 8081), place.tcp("api", 9090), place.tcp("db", 5432));
    let all = [("web", &api), ("api", &db), ("web", &admin), ("web", &db), ("db", &api), ("db", &web), ("api", &web)];
    let strangers = [("stranger", &web), ("stranger", &api), ("stranger", &db)];
    let every: Vec<_> = all.iter().chain(&strangers).map(|(pod, target)| (*pod, target.as_str(), Open)).collect();
    place.expect("without a profile", &every);

    place.profile(ROW);
    let declared = |pod: &str, target: &String| (pod == "web" && *target == api) || (pod == "api" && *target == db);
    let now: Vec<_> = all
        .iter()
        .chain(&strangers)
        .map(|(pod, target)| (*pod, target.as_str(), if declared(pod, target) { Open } else { Shut }))
        .collect();
    place.expect("with the profile", &now);
}

#[test]
fn pods_of_the_same_namespace_that_no_tier_names_cannot_call_each_other() {
    let _quiet = QUIET.read();
    let place = Place::new("same");
    place.start(&same());
    let (one, two, api) = (place.tcp("one", 7001), place.tcp("two", 7002), place.tcp("api", 8080));
    place.expect("without a profile", &[("one", &two, Open), ("two", &one, Open), ("one", &api, Open)]);
    place.profile(SAME);
    // `two` is named as a caller, but belongs to no tier, so it has no way out: the status names it as unassigned.
    place.expect(
        "with the profile",
        &[("one", &two, Shut), ("two", &one, Shut), ("one", &api, Shut), ("two", &api, Shut)],
    );
}

#[test]
fn only_the_tiers_are_isolated_when_the_profile_says_so() {
    let _quiet = QUIET.read();
    let place = Place::new("loose");
    place.start(&loose());
    let (one, two, api) = (place.tcp("one", 7001), place.tcp("two", 7002), place.tcp("api", 8080));
    place.profile(LOOSE);
    place.expect(
        "with the profile",
        &[("two", &api, Open), ("one", &api, Shut), ("api", &one, Shut), ("one", &two, Open), ("two", &one, Open)],
    );
}
