//! Larger profiles, drawn at random: the same for the same number.

mod cluster;
mod profile;

use std::{collections::BTreeMap, env, time::Instant};

use appnet::api::{AppNetworkProfileSpec, Destination, DnsMode, Isolation, Source};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::{
    case::{Case, Profile},
    chance::Chance,
    compared::{self, Counts},
    words::selects,
};

pub use cluster::cluster;

/// The case with this number.
pub fn case(seed: u64) -> Case {
    let mut chance = Chance::new(seed);
    let mut case = cluster::cluster(&mut chance);
    case.profiles.push(Profile { namespace: "shop", name: "app", spec: profile::spec(&mut chance) });
    match chance.weighted(&[50, 30, 20]) {
        0 => {}
        1 => case.profiles.push(Profile { namespace: "shop", name: "other", spec: profile::spec(&mut chance) }),
        _ => case.profiles.push(Profile { namespace: "jobs", name: "app", spec: profile::spec(&mut chance) }),
    }
    case
}

fn number(variable: &str, default: u64) -> u64 {
    let number = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}"));
    env::var(variable).map_or(default, number)
}

#[test]
fn random_profiles_mean_what_they_declare() {
    let (cases, first) = (number("APPNET_DECLARED_CASES", 8000), number("APPNET_DECLARED_SEED", 0));
    let began = Instant::now();
    let mut counts = Counts::default();
    for seed in first..first + cases {
        // A difference is printed with the case; its number stands there to be run alone.
        compared::check(&case(seed), &mut counts)
            .unwrap_or_else(|difference| panic!("APPNET_DECLARED_SEED={seed} {difference}"));
    }
    println!(
        "random profiles: {cases} cases from seed {first}, {} profiles, {} policies, {} pairs of ends compared, {} partly allowed, 0 differences; {} s",
        counts.profiles,
        counts.policies,
        counts.pairs,
        counts.partly,
        began.elapsed().as_secs()
    );
}

/// What must not be rare: in so many of the first thousand cases, at least.
const LEAST: usize = 40;

type Feature = (&'static str, fn(&Case) -> bool);

const FEATURES: &[Feature] = &[
    ("eight tiers", |case| specs(case).any(|spec| spec.tiers.len() == 8)),
    ("two profiles in a namespace", |case| case.profiles.len() == 2 && case.profiles[1].namespace == "shop"),
    ("profiles in two namespaces", |case| case.profiles.iter().any(|profile| profile.namespace == "jobs")),
    ("only tiers are isolated", |case| specs(case).any(|spec| spec.isolation == Isolation::Tiers)),
    ("DNS as the cluster has it", |case| specs(case).any(|spec| spec.dns.mode == DnsMode::Auto)),
    ("DNS that is named", |case| specs(case).any(|spec| spec.dns.mode == DnsMode::Explicit)),
    ("no DNS", |case| specs(case).any(|spec| spec.dns.mode == DnsMode::None)),
    ("caches on the nodes", |case| case.node_local_dns),
    ("a tier calls itself", |case| {
        tiers(case).any(|tier| tier.from.iter().any(|source| source.tier.as_ref() == Some(&tier.name)))
    }),
    ("Pods that call", |case| sources(case).any(|source| source.pods.is_some())),
    ("addresses that call", |case| sources(case).any(|source| source.cidr.is_some())),
    ("an exception", |case| sources(case).any(|source| !source.except.is_empty())),
    ("Pods that are called", |case| destinations(case).any(|to| to.pods.is_some())),
    ("addresses that are called", |case| destinations(case).any(|to| to.cidr.is_some())),
    ("a Service that is called", |case| destinations(case).any(|to| to.service.is_some())),
    ("the API server", |case| destinations(case).any(|to| to.api_server.is_some())),
    ("telemetry", |case| specs(case).any(|spec| !spec.telemetry.is_empty())),
    ("exposed", |case| tiers(case).any(|tier| tier.exposed.is_some())),
    ("metrics", |case| tiers(case).any(|tier| tier.metrics.is_some())),
    ("a range of ports", |case| tiers(case).any(|tier| tier.ports.iter().any(|port| port.end_port.is_some()))),
    ("a port by name", |case| {
        tiers(case).any(|tier| tier.ports.iter().any(|port| matches!(port.port, IntOrString::String(_))))
    }),
    ("a Pod in no tier", |case| in_tiers(case).contains(&0)),
    ("a Pod in two tiers", |case| in_tiers(case).contains(&2)),
    ("IPv6", |case| sources(case).any(|source| source.cidr.as_ref().is_some_and(|cidr| cidr.contains(':')))),
];

fn specs(case: &Case) -> impl Iterator<Item = &AppNetworkProfileSpec> {
    case.profiles.iter().map(|profile| &profile.spec)
}

fn tiers(case: &Case) -> impl Iterator<Item = &appnet::api::Tier> {
    specs(case).flat_map(|spec| &spec.tiers)
}

fn sources(case: &Case) -> impl Iterator<Item = &Source> {
    tiers(case).flat_map(|tier| &tier.from)
}

fn destinations(case: &Case) -> impl Iterator<Item = &Destination> {
    specs(case).flat_map(|spec| spec.tiers.iter().flat_map(|tier| &tier.to).chain(&spec.telemetry))
}

/// In how many tiers of the first profile the Pods of its namespace are.
fn in_tiers(case: &Case) -> Vec<usize> {
    let tiers = &case.profiles[0].spec.tiers;
    let own = case.pods.iter().filter(|pod| pod.namespace == "shop");
    own.map(|pod| tiers.iter().filter(|tier| selects(&tier.pod_selector, &pod.labels)).count()).collect()
}

#[test]
fn the_random_profiles_hold_every_feature() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in (0..1000).map(case) {
        for (name, has) in FEATURES {
            *counts.entry(name).or_default() += usize::from(has(&case));
        }
    }
    let rare: Vec<_> = counts.iter().filter(|(_, found)| **found < LEAST).collect();
    assert!(rare.is_empty(), "in fewer than {LEAST} of a thousand: {rare:?}");
}
