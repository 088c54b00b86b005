//! The writes of a plan, one by one and in order, for changes whose order matters.

#[path = "stages/bridges.rs"]
mod bridges;
#[path = "flows/mod.rs"]
mod flows;
#[path = "properties/simulation.rs"]
#[allow(dead_code)]
mod simulation;
#[path = "properties/worlds.rs"]
mod worlds;

use std::collections::BTreeMap;

use appnet::{
    api::{AppNetworkProfile, PolicyKind},
    model::{Platform, parse},
    observe::{PolicyRow, PolicySpec, World},
    plan::Write,
    policy::{self, Desired},
};
use simulation::Cluster;
use worlds::on_cilium;

const ONE_TIER: &str =
    "tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]";
const TWO_TIERS: &str = "tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}, \
                         {name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8081}]}]";
const DNS: &str = "dns: {mode: Explicit, resolvers: [{cidr: 192.0.2.53/32}]}";

fn desired(spec: &str) -> Desired {
    desired_in(spec, &World::default())
}

fn desired_in(spec: &str, world: &World) -> Desired {
    let mut profile: AppNetworkProfile = serde_saphyr::from_str(&format!(
        "{{apiVersion: appnet.dev/v1alpha1, kind: AppNetworkProfile, metadata: {{name: shop, namespace: app}}, spec: {{{spec}}}}}"
    ))
    .expect("a profile");
    profile.metadata.uid = Some("profile-uid".into());
    profile.metadata.generation = Some(1);
    let model = parse(&profile, &Platform::default()).expect("it is right");
    let resolved = policy::resolve(&model, &Platform::default(), world);
    policy::build(&model, &resolved)
}

fn shown(write: &Write) -> String {
    let name = write.name();
    match write {
        Write::Create { body, .. } => {
            let spec = serde_json::to_string(&body.content.spec.standard()).expect("it can be written");
            let asleep = if spec.contains("DoesNotExist") { ", isolating nobody" } else { "" };
            format!("create {name}{asleep}")
        }
        Write::Update { fields, .. } => format!("update {name}: {}", fields.join(", ")),
        Write::Delete { .. } => format!("delete {name}"),
    }
}

/// Stage after stage until nothing is left to do: the writes of each, in a line.
fn stages(cluster: &mut Cluster, desired: &Desired) -> Vec<String> {
    let mut all = Vec::new();
    let mut more = true;
    for _ in 0..9 {
        let stage = cluster.stage(desired);
        if stage.writes.is_empty() {
            return all;
        }
        assert!(more, "the stage before was to be the last: {all:#?}");
        more = stage.more;
        all.push(stage.writes.iter().map(shown).collect::<Vec<_>>().join("; "));
        let mut session = cluster.session();
        for write in stage.writes {
            if !cluster.refused.contains(write.name()) {
                assert!(cluster.apply(write, &mut session));
            }
        }
    }
    panic!("it comes to no end: {all:#?}");
}

fn from_nothing(spec: &str) -> Vec<String> {
    stages(&mut Cluster::default(), &desired(spec))
}

#[test]
fn a_deny_is_created_isolating_nobody_and_armed_by_a_stage_of_its_own() {
    assert_eq!(
        from_nothing(&format!("{DNS}, {ONE_TIER}")),
        [
            "create shop-default-deny, isolating nobody; create shop-allow-dns, isolating nobody; create shop-allow-api; update shop-allow-dns: spec.podSelector",
            "update shop-default-deny: spec.podSelector.matchExpressions",
        ]
    );
}

#[test]
fn where_only_tiers_are_isolated_they_come_and_nothing_else() {
    assert_eq!(
        from_nothing(&format!("{DNS}, isolation: Tiers, {TWO_TIERS}")),
        ["create shop-allow-api; create shop-allow-web"]
    );
}

#[test]
fn a_tier_that_a_companion_of_cilium_goes_after_is_armed_when_the_companion_is_there() {
    let calls = "tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}], to: [{name: kube, apiServer: {}}]}]";
    let wanted = desired_in(&format!("{DNS}, {calls}"), &on_cilium());
    assert_eq!(
        stages(&mut Cluster::default(), &wanted),
        [
            "create shop-default-deny, isolating nobody; create shop-allow-dns, isolating nobody; create shop-allow-api, isolating nobody; \
             create shop-apiserver-api; update shop-allow-api: spec.podSelector; update shop-allow-dns: spec.podSelector",
            "update shop-default-deny: spec.podSelector.matchExpressions",
        ]
    );
}

#[test]
fn what_would_be_called_like_a_policy_of_someone_else_is_told_and_without_a_deny_nothing_is_written() {
    let wanted = desired(&format!("{DNS}, {TWO_TIERS}"));
    let foreign = |name: &str| PolicyRow { name: name.into(), uid: "theirs".into(), ..PolicyRow::default() };
    let mut cluster = Cluster::default();
    cluster.rows.push(foreign("shop-default-deny"));
    let stage = cluster.stage(&wanted);
    assert_eq!((stage.writes.len(), stage.taken), (0, vec!["shop-default-deny".to_owned()]));

    let mut cluster = Cluster::default();
    cluster.rows.push(foreign("shop-allow-web"));
    // DNS selects every Pod, and would cut those of the tier that cannot come.
    assert_eq!(
        stages(&mut cluster, &wanted),
        ["create shop-default-deny, isolating nobody; create shop-allow-dns, isolating nobody; create shop-allow-api"]
    );
    let stage = cluster.stage(&wanted);
    assert_eq!(
        (stage.writes.len(), stage.taken),
        (0, vec!["shop-allow-web".to_owned()]),
        "the deny waits for every tier"
    );
    assert!(wanted.policy(PolicyKind::NetworkPolicy, "shop-allow-web").is_some());
}

/// A cluster in which all of this is in place.
fn converged(spec: &str, world: &World) -> Cluster {
    let mut cluster = Cluster::default();
    let wanted = desired_in(spec, world);
    stages(&mut cluster, &wanted);
    assert!(cluster.changes(&wanted).is_empty());
    cluster
}

/// Someone else makes a policy isolate nobody.
fn disarm(cluster: &mut Cluster, name: &str) {
    let row = cluster.rows.iter_mut().find(|row| row.name == name).expect("it is there");
    let PolicySpec::Standard(spec) = &mut row.spec else { panic!("{row:?}") };
    spec.pod_selector = Some(policy::disarmed_selector());
}

const WEB_AND_ONE_THAT_CALLS_THE_API_SERVER: &str = "tiers: [{name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8081}]}, \
     {name: api, podSelector: {matchLabels: {app: api}}, to: [{name: kube, apiServer: {}}]}]";
const WEB: &str = "tiers: [{name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8081}]}]";

#[test]
fn a_deny_that_sleeps_is_armed_before_a_tier_goes_and_one_that_is_left_asleep_keeps_the_tier() {
    let (both, one) = (format!("{DNS}, {TWO_TIERS}"), format!("{DNS}, {ONE_TIER}"));
    let mut cluster = converged(&both, &World::default());
    disarm(&mut cluster, "shop-default-deny");
    let mut left = cluster.clone();
    assert_eq!(
        stages(&mut cluster, &desired(&one)),
        ["update shop-default-deny: spec.podSelector.matchExpressions", "delete shop-allow-web"]
    );
    left.held.insert("shop-default-deny".to_owned());
    assert_eq!(stages(&mut left, &desired(&one)), [""; 0], "without the deny a tier that goes would open its Pods");
}

#[test]
fn a_deny_that_is_not_wanted_goes_first_and_while_it_cannot_go_nothing_else_does() {
    let (namespace, tiers) = (format!("{DNS}, {ONE_TIER}"), format!("{DNS}, isolation: Tiers, {ONE_TIER}"));
    let mut cluster = converged(&namespace, &World::default());
    let mut refused = cluster.clone();
    assert_eq!(stages(&mut cluster, &desired(&tiers)), ["delete shop-default-deny", "delete shop-allow-dns"]);
    refused.failed.insert("shop-default-deny".to_owned());
    assert_eq!(stages(&mut refused, &desired(&tiers)), [""; 0]);
}

#[test]
fn what_could_not_be_written_and_is_not_there_any_more_holds_nothing_up() {
    let tiers = |tiers: &str| format!("{DNS}, isolation: Tiers, {tiers}");
    let mut cluster = converged(&tiers(TWO_TIERS), &World::default());
    cluster.failed.insert("shop-allow-dns".to_owned());
    assert_eq!(stages(&mut cluster, &desired(&tiers(ONE_TIER))), ["delete shop-allow-web"]);
}

#[test]
fn a_companion_goes_after_its_tier_at_once_and_stays_with_a_tier_that_stays() {
    let mut cluster = converged(&format!("{DNS}, {WEB_AND_ONE_THAT_CALLS_THE_API_SERVER}"), &on_cilium());
    let mut refused = cluster.clone();
    let wanted = desired_in(&format!("{DNS}, {WEB}"), &on_cilium());
    assert_eq!(stages(&mut cluster, &wanted), ["delete shop-allow-api; delete shop-apiserver-api"]);
    refused.failed.insert("shop-allow-api".to_owned());
    assert_eq!(stages(&mut refused, &wanted), [""; 0]);
}

#[test]
fn a_tier_that_was_left_asleep_comes_like_a_new_one_before_those_that_change() {
    let spec =
        format!("{DNS}, {TWO_TIERS}").replacen("port: 8080}]", "port: 8080}], from: [{pods: {allPods: true}}]", 1);
    let mut cluster = converged(&spec, &World::default());
    disarm(&mut cluster, "shop-allow-web");
    let awake = "update shop-allow-web: spec.podSelector.matchExpressions, spec.podSelector.matchLabels";
    let changed = "update shop-allow-api: metadata.annotations[appnet.dev/explanation], spec.ingress[0].ports[0].port";
    assert_eq!(stages(&mut cluster, &desired(&spec.replace("8080", "9090"))), [format!("{awake}; {changed}")]);
}

#[test]
fn where_every_pod_is_isolated_dns_comes_though_a_tier_cannot() {
    let mut cluster = converged(&format!("{DNS}, {ONE_TIER}"), &World::default());
    cluster.rows.retain(|row| row.name != "shop-allow-dns");
    cluster.rows.push(PolicyRow { name: "shop-allow-web".into(), uid: "theirs".into(), ..PolicyRow::default() });
    assert_eq!(
        stages(&mut cluster, &desired(&format!("{DNS}, {TWO_TIERS}"))),
        [
            "create shop-allow-dns, isolating nobody; update shop-allow-api: metadata.ownerReferences; update shop-allow-dns: spec.podSelector"
        ]
    );
}

#[test]
fn what_someone_changed_and_is_left_alone_is_in_place_unless_it_could_not_be_written() {
    let spec = format!("{DNS}, {ONE_TIER}");
    let mut cluster = converged(&spec, &World::default());
    disarm(&mut cluster, "shop-allow-api");
    disarm(&mut cluster, "shop-default-deny");
    cluster.held.insert("shop-allow-api".to_owned());
    let mut refused = cluster.clone();
    assert_eq!(stages(&mut cluster, &desired(&spec)), ["update shop-default-deny: spec.podSelector.matchExpressions"]);
    refused.failed.insert("shop-allow-api".to_owned());
    assert_eq!(stages(&mut refused, &desired(&spec)), [""; 0]);
}

#[test]
fn the_copy_of_a_companion_that_changes_goes_after_every_tier_when_the_profile_is_deleted() {
    let spec = format!("{DNS}, {WEB_AND_ONE_THAT_CALLS_THE_API_SERVER}");
    let cluster = converged(&spec, &on_cilium());
    let writes = cluster.stage(&desired_in(&spec.replace("app: api", "app: other"), &on_cilium())).writes;
    let copy = writes.iter().find_map(|write| match write {
        Write::Create { body, .. } if write.kind() == PolicyKind::CiliumNetworkPolicy => Some(body),
        _ => None,
    });
    let owners = copy.unwrap_or_else(|| panic!("{writes:#?}")).owners(&BTreeMap::new());
    for name in ["shop-default-deny", "shop-allow-dns", "shop-allow-web", "shop-allow-api"] {
        let row = cluster.rows.iter().find(|row| row.name == name).expect("it is there");
        assert!(owners.iter().any(|owner| owner.uid == row.uid), "{name}: {owners:#?}");
    }
}
