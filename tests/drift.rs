//! What counts as drift, whose a policy is, and when two writers fight: the pure decisions, without a cluster.

use std::{collections::BTreeSet, time::Duration};

use appnet::{
    api::{AppNetworkProfile, PolicyKind, PolicyStatus},
    model::{Platform, parse},
    observe::{PolicyRow, PolicySpec, World, Writer},
    plan::{Content, Drift, FightVerdict, Fighting, Ownership, content_hash, drift, observed_hash, ownership},
    policy::{self, ADOPT_ANNOTATION, Desired, FIELD_MANAGER},
};
use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{OwnerReference, Time},
    jiff::Timestamp,
};

const UID: &str = "uid-of-the-profile";
const ALLOW: &str = "shop-allow-api";

fn desired() -> Desired {
    let mut profile: AppNetworkProfile = serde_saphyr::from_str(
        "{apiVersion: appnet.dev/v1alpha1, kind: AppNetworkProfile, metadata: {name: shop, namespace: app}, spec: {dns: {mode: None}, tiers: [
          {name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}], from: [{pods: {podSelector: {matchLabels: {app: web}}}}]}]}}",
    )
    .expect("a profile");
    profile.metadata.uid = Some(UID.into());
    profile.metadata.generation = Some(1);
    let model = parse(&profile, &Platform::default()).expect("it is right");
    let resolved = policy::resolve(&model, &Platform::default(), &World::default());
    policy::build(&model, &resolved)
}

fn owner(uid: &str, controller: Option<bool>) -> OwnerReference {
    OwnerReference { uid: uid.into(), controller, kind: "AppNetworkProfile".into(), ..OwnerReference::default() }
}

/// A policy as it was written.
fn row(desired: &Desired, name: &str) -> PolicyRow {
    let wanted = desired.policy(PolicyKind::NetworkPolicy, name).expect("it is wanted");
    let Content { labels, annotations, spec } = Content::of(wanted, &desired.identity, desired.orphan);
    let owners = vec![owner(UID, Some(true))];
    PolicyRow {
        name: name.into(),
        uid: format!("uid-of-{name}"),
        labels,
        annotations,
        owners,
        spec,
        ..PolicyRow::default()
    }
}

fn record(row: &PolicyRow) -> PolicyStatus {
    PolicyStatus {
        name: row.name.clone(),
        kind: row.kind(),
        uid: row.uid.clone(),
        role: "tier".into(),
        hash: observed_hash(row),
    }
}

/// What is found of the policy of the tier, when it was written as it should be and looks like this now.
fn found(now: &[PolicyRow]) -> Vec<Drift> {
    let desired = desired();
    let written = row(&desired, ALLOW);
    drift(&desired, &[record(&written)], &now.iter().collect::<Vec<_>>())
}

fn changed(change: impl FnOnce(&mut PolicyRow)) -> Vec<Drift> {
    let mut now = row(&desired(), ALLOW);
    change(&mut now);
    found(&[now])
}

fn writer(manager: &str, second: i64) -> Writer {
    Writer { manager: manager.into(), time: Some(Time(Timestamp::from_second(second).expect("a time"))) }
}

fn allow_everybody(row: &mut PolicyRow) {
    let PolicySpec::Standard(spec) = &mut row.spec else { panic!("a standard policy") };
    spec.ingress.as_mut().expect("ingress")[0].from = None;
}

#[test]
fn a_hash_is_of_what_a_policy_says_of_our_labels_and_of_our_explanation() {
    let desired = desired();
    let wanted = desired.policy(PolicyKind::NetworkPolicy, ALLOW).expect("it is wanted");
    let hash = content_hash(&Content::of(wanted, &desired.identity, desired.orphan));
    let written = row(&desired, ALLOW);
    assert_eq!(observed_hash(&written), hash);
    assert_ne!(observed_hash(&row(&desired, "shop-default-deny")), hash);
    let with = |change: fn(&mut PolicyRow)| {
        let mut row = written.clone();
        change(&mut row);
        observed_hash(&row)
    };
    assert_ne!(with(allow_everybody), hash);
    assert_ne!(with(|row| drop(row.labels.remove("appnet.dev/tier"))), hash);
    assert_ne!(with(|row| drop(row.annotations.remove("appnet.dev/explanation"))), hash);
    // Those of others are none of ours.
    assert_eq!(with(|row| drop(row.labels.insert("team".into(), "sales".into()))), hash);
}

#[test]
fn what_is_as_it_was_written_has_not_drifted() {
    assert_eq!(changed(|_| ()), []);
}

#[test]
fn a_changed_rule_is_drift_with_its_field_and_with_whoever_wrote_last() {
    let drifts = changed(|row| {
        allow_everybody(row);
        row.writers =
            vec![writer("kube-controller-manager", 50), writer("kubectl-edit", 40), writer(FIELD_MANAGER, 40)];
    });
    let [one] = &drifts[..] else { panic!("{drifts:?}") };
    assert_eq!(
        (one.policy.as_str(), one.kind, one.manager.as_str()),
        (ALLOW, PolicyKind::NetworkPolicy, "kubectl-edit")
    );
    assert_eq!(one.fields, ["spec.ingress[0].from"]);
    assert_eq!(one.to_string(), "kubectl-edit changed spec.ingress[0].from of policy 'shop-allow-api'");
}

#[test]
fn whoever_wrote_before_us_did_not_do_it() {
    let drifts = changed(|row| {
        allow_everybody(row);
        row.writers = vec![writer(FIELD_MANAGER, 41), writer("kubectl-edit", 40)];
    });
    assert_eq!(drifts[0].manager, "");
    assert_eq!(drifts[0].to_string(), "someone changed spec.ingress[0].from of policy 'shop-allow-api'");
}

#[test]
fn a_stripped_reference_is_drift_unless_the_policy_was_offered() {
    assert_eq!(changed(|row| row.owners.clear())[0].fields, ["metadata.ownerReferences"]);
    let offered = |row: &mut PolicyRow| {
        row.owners.clear();
        row.annotations.insert(ADOPT_ANNOTATION.into(), "shop".into());
    };
    assert_eq!(changed(offered), []);
    // Someone else took it.
    assert_eq!(
        changed(|row| row.owners = vec![owner("uid-of-another", Some(true))])[0].fields,
        ["metadata.ownerReferences"]
    );
}

#[test]
fn a_deleted_policy_is_drift_and_one_that_we_wrote_anew_is_not() {
    let gone = found(&[]);
    assert_eq!(gone.len(), 1);
    assert_eq!(
        (gone[0].fields.join(","), gone[0].manager.as_str(), gone[0].policy.as_str()),
        ("deleted".into(), "", ALLOW)
    );
    assert_eq!(gone[0].to_string(), "someone deleted policy 'shop-allow-api'");
    let anew = PolicyRow { uid: "another".into(), ..row(&desired(), ALLOW) };
    assert_eq!(found(std::slice::from_ref(&anew)), []);
    // Another's of that name, and ours of another name, do not stand for it.
    let foreign = PolicyRow { owners: Vec::new(), ..anew.clone() };
    let other = PolicyRow { name: "shop-default-deny".into(), ..anew };
    assert_eq!((found(&[foreign]).len(), found(&[other]).len()), (1, 1));
}

#[test]
fn what_is_no_longer_wanted_cannot_drift() {
    let desired = desired();
    let mut old = row(&desired, ALLOW);
    old.name = "shop-allow-gone".into();
    assert_eq!(drift(&desired, &[record(&old)], &[]), []);
}

#[test]
fn a_policy_is_ours_by_its_controller_or_by_its_uid_and_never_by_name_or_label() {
    let desired = desired();
    let whose = |owners: Vec<OwnerReference>, known: &[&str], adopt: Option<&str>| {
        let mut row = PolicyRow { owners, ..row(&desired, ALLOW) };
        row.annotations.extend(adopt.map(|name| (ADOPT_ANNOTATION.to_owned(), name.to_owned())));
        ownership(&row, &desired.identity, &known.iter().map(|uid| (*uid).to_owned()).collect::<BTreeSet<_>>())
    };
    let of_us = "uid-of-shop-allow-api";
    assert_eq!(whose(vec![owner(UID, Some(true))], &[], None), Ownership::Ours);
    assert_eq!(whose(vec![], &[of_us], None), Ownership::Ours);
    assert_eq!(whose(vec![], &[], None), Ownership::Foreign);
    assert_eq!(whose(vec![owner(UID, None)], &["uid-of-another"], None), Ownership::Foreign);
    assert_eq!(whose(vec![], &[], Some("shop")), Ownership::Offered);
    assert_eq!(whose(vec![], &[], Some("blog")), Ownership::Foreign);
    // Whoever controls it now keeps it, whatever the status says.
    assert_eq!(whose(vec![owner("uid-of-another", Some(true))], &[of_us], Some("shop")), Ownership::Foreign);
    assert_eq!(whose(vec![owner("uid-of-another", Some(false))], &[of_us], None), Ownership::Ours);
}

#[test]
fn a_fight_slows_down_to_a_longest_pause_and_is_forgotten_after_ten_minutes() {
    let at = Duration::from_secs;
    let mut fighting = Fighting::default();
    (0..3).for_each(|second| fighting.repaired("deny", at(second)));
    assert!(!fighting.is_on("deny", at(3)));
    fighting.repaired("deny", at(3));
    assert!(fighting.is_on("deny", at(3)) && !fighting.is_on("allow", at(3)));
    // The pause doubles from five seconds, up to five minutes.
    for (repairs, pause) in [(4, 5), (5, 10), (6, 20), (9, 160), (10, 300), (40, 300), (100, 300)] {
        let mut fighting = Fighting::default();
        (0..repairs).for_each(|_| fighting.repaired("deny", at(7)));
        assert_eq!(fighting.verdict("deny", at(7)), FightVerdict::Wait(at(pause)), "{repairs}");
        assert_eq!(fighting.verdict("deny", at(6 + pause)), FightVerdict::Wait(at(1)), "{repairs}");
        assert_eq!(fighting.verdict("deny", at(7 + pause)), FightVerdict::Repair, "{repairs}");
    }
    assert!(fighting.is_on("deny", at(599)));
    assert!(!fighting.is_on("deny", at(600)), "the first repair is ten minutes ago");
    // What is forgotten no longer counts.
    fighting.repaired("deny", at(700));
    assert_eq!(fighting.verdict("deny", at(700)), FightVerdict::Repair);
}
