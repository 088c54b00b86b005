//! What must hold for every profile: properties, on random ones.

#[path = "properties/collector.rs"]
mod collector;
#[path = "properties/deletion.rs"]
mod deletion;
#[path = "flows/mod.rs"]
mod flows;
#[path = "properties/profiles.rs"]
mod profiles;
#[path = "properties/simulation.rs"]
mod simulation;
#[path = "properties/worlds.rs"]
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use appnet::{
    api::{ApiServerPeer, AppNetworkProfileSpec, Destination, PolicyKind},
    model::{Platform, parse},
    observe::{PolicyRow, PolicySpec},
    policy::{self, Desired, Role, normal, policy_name},
};
use flows::{End, Flow, address, pod};
use profiles::{profile, promised, tiers_of};
use proptest::{collection::vec, option, prelude::*, test_runner::TestRng};
use simulation::Cluster;
use worlds::on_cilium;

/// So many cases, if `PROPTEST_CASES` says nothing else, and as many steps towards the smallest that fails as one has patience
/// for, if `PROPTEST_MAX_SHRINK_ITERS` says nothing else.
fn config(cases: u32) -> ProptestConfig {
    let said = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: said("PROPTEST_CASES").unwrap_or(cases),
        max_shrink_iters: said("PROPTEST_MAX_SHRINK_ITERS").unwrap_or(4_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn build(spec: AppNetworkProfileSpec) -> Desired {
    let profile = profile("shop", "app", spec);
    let model = parse(&profile, &Platform::default()).unwrap_or_else(|problems| panic!("{problems}\n{profile:#?}"));
    let world = on_cilium();
    let resolved = policy::resolve(&model, &Platform::default(), &world);
    assert!(resolved.dns.is_some(), "the random profiles name their resolvers");
    policy::build(&model, &resolved)
}

/// Random profiles, some of whose tiers call the API server.
fn spec() -> impl Strategy<Value = AppNetworkProfileSpec> {
    (profiles::spec(), vec(prop::bool::weighted(0.4), 4)).prop_map(|(mut spec, asks)| {
        let to = Destination { name: "kube-api".into(), api_server: Some(ApiServerPeer {}), ..Destination::default() };
        for (tier, _) in spec.tiers.iter_mut().zip(&asks).filter(|(_, asks)| **asks) {
            tier.to.push(to.clone());
        }
        spec.telemetry.extend((asks.iter().filter(|asks| **asks).count() == 3).then_some(to));
        spec
    })
}

/// Every connection that the random profiles can be about.
fn universe() -> Vec<Flow> {
    let mut flows = profiles::universe();
    let pods: BTreeMap<_, _> = flows.iter().map(|flow| (format!("{:?}", flow.from), flow.from.clone())).collect();
    flows.extend(pods.into_values().map(|from| Flow { from, to: End::ApiServer, protocol: "TCP", port: 6443 }));
    flows
}

/// The same needs with every list in another order: tiers, their ports, callers and destinations, and the platform's.
fn in_other_order(spec: &AppNetworkProfileSpec, mut chance: TestRng) -> AppNetworkProfileSpec {
    fn shuffle<T>(list: &mut [T], chance: &mut TestRng) {
        (1..list.len()).for_each(|last| list.swap(last, chance.random_range(0..=last)));
    }
    let mut other = spec.clone();
    for tier in &mut other.tiers {
        shuffle(&mut tier.ports, &mut chance);
        shuffle(&mut tier.from, &mut chance);
        shuffle(&mut tier.to, &mut chance);
    }
    shuffle(&mut other.tiers, &mut chance);
    shuffle(&mut other.telemetry, &mut chance);
    other.monitoring.iter_mut().for_each(|need| shuffle(&mut need.from, &mut chance));
    other.ingress_controller.iter_mut().for_each(|need| shuffle(&mut need.from, &mut chance));
    other
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn after_applying_the_plan_the_plan_is_empty(spec in spec()) {
        let desired = build(spec);
        let mut cluster = Cluster::default();
        cluster.converge(&desired, |_| ());
        prop_assert!(cluster.stage(&desired).writes.is_empty());
        prop_assert!(cluster.changes(&desired).is_empty());
    }

    #[test]
    fn rendering_is_the_same_every_time_and_does_not_depend_on_the_order_of_entries(
        (spec, other) in spec().prop_perturb(|spec, chance| (spec.clone(), in_other_order(&spec, chance))),
    ) {
        // Explanations name the fields by their places, and so follow the order; what the policies say does not.
        let specs = |desired: &Desired| desired.policies().map(|policy| (policy.name.clone(), policy.spec.clone())).collect::<BTreeMap<_, _>>();
        let desired = build(spec.clone());
        prop_assert_eq!(&desired, &build(spec));
        prop_assert_eq!(specs(&desired), specs(&build(other)));
    }

    #[test]
    fn names_fit_and_do_not_collide(spec in spec()) {
        let desired = build(spec);
        let names: BTreeSet<_> = desired.policies().map(|policy| &policy.name).collect();
        prop_assert_eq!(names.len(), desired.len());
        prop_assert!(names.iter().all(|name| name.len() <= 63));
        for policy in desired.policies() {
            prop_assert!(policy.labels.values().all(|value| value.len() <= 63));
        }
    }

    #[test]
    fn two_different_policies_never_get_the_same_name(
        a in ("[a-z](allow|-allow|-apiserver|-|dns|[a-z0-9]){0,8}[a-z]", "[a-z](allow-|-allow|-apiserver|-default-deny|-|dns|[a-z0-9]){0,8}[a-z]"),
        b in ("[a-z](allow|-allow|-apiserver|-|dns|[a-z0-9]){0,8}[a-z]", "[a-z](allow-|-allow|-apiserver|-default-deny|-|dns|[a-z0-9]){0,8}[a-z]"),
    ) {
        let all = |(profile, tier): &(String, String)| [Role::Tier(tier.clone()), Role::Dns, Role::ApiServer(tier.clone()), Role::DefaultDeny]
            .map(|role| ((profile.clone(), role.clone()), policy_name(profile, &role)));
        for (thing, name) in all(&a) {
            prop_assert!(name.len() <= 63, "{}", name);
            for (other_thing, other_name) in all(&b) {
                prop_assert_eq!(thing == other_thing, name == other_name, "{:?} {:?} {}", &thing, &other_thing, &name);
            }
        }
    }

    #[test]
    fn no_rendered_rule_has_empty_peers_or_ports_and_both_directions_are_always_named(spec in spec()) {
        for policy in build(spec).policies() {
            // Those of Cilium the evaluator reads strictly.
            let PolicySpec::Standard(rules) = &policy.spec else { continue };
            for rule in rules.ingress.iter().flatten() {
                prop_assert!(rule.from.as_ref().is_some_and(|peers| !peers.is_empty()));
                prop_assert!(rule.ports.as_ref().is_some_and(|ports| !ports.is_empty() && ports.iter().all(|port| port.port.is_some())));
            }
            for rule in rules.egress.iter().flatten() {
                prop_assert!(rule.to.as_ref().is_some_and(|peers| !peers.is_empty()));
                prop_assert!(rule.ports.as_ref().is_some_and(|ports| !ports.is_empty() && ports.iter().all(|port| port.port.is_some())));
            }
            let types = rules.policy_types.clone().unwrap_or_default();
            let expected: &[&str] = if policy.role == Role::Dns { &["Egress"] } else { &["Ingress", "Egress"] };
            prop_assert_eq!(types, expected);
            prop_assert_eq!(&normal(rules), rules);
        }
    }

    #[test]
    fn reading_a_rendered_policy_back_gives_the_same_policy(spec in spec()) {
        for policy in build(spec).policies() {
            if policy.kind() == PolicyKind::CiliumNetworkPolicy {
                prop_assert!(policy::only_to_api_server(&policy.spec), "{:?}", policy.spec);
                continue;
            }
            let shape = policy::read(&policy.spec, "app").expect("what we write we can read");
            prop_assert_eq!(shape.egress.is_some(), true);
            prop_assert_eq!(shape.ingress.is_some(), policy.role != Role::Dns);
        }
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn no_revision_on_the_way_cuts_or_opens_anything(old in spec(), new in spec()) {
        let (was, will) = (old.clone(), new.clone());
        let (old, new) = (build(old), build(new));
        let mut cluster = Cluster::default();
        cluster.converge(&old, |_| ());
        let before = cluster.policies();
        let after = {
            let mut other = Cluster::default();
            other.converge(&new, |_| ());
            other.policies()
        };
        let flows = promised(&universe(), (&was, &before), (&will, &after));
        let mut wrong = None;
        cluster.converge(&new, |now| {
            if let Some((flow, expected)) = flows.iter().find(|(flow, expected)| flows::allowed(now, flow) != *expected) {
                wrong.get_or_insert_with(|| format!("{} {flow:?}\nwith {now:#?}", if *expected { "cut" } else { "opened" }));
            }
        });
        prop_assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        prop_assert_eq!(cluster.policies().len(), after.len());
    }

}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 8000, ..config(300) })]

    #[test]
    fn a_refused_write_cuts_nothing_whichever_it_is(old in option::of(spec()), new in spec(), which in any::<u8>()) {
        let overlapping = old.iter().chain([&new]).any(|spec| universe().iter().any(|flow| tiers_of(spec, &flow.from) > 1));
        // Pods in several tiers get their policies one by one; `LabelsMatched` warns of it.
        prop_assume!(!overlapping);
        let mut cluster = Cluster::default();
        if let Some(old) = old {
            cluster.converge(&build(old), |_| ());
        }
        let before = cluster.policies();
        let new = build(new);
        let after = {
            let mut other = Cluster::default();
            other.converge(&new, |_| ());
            other.policies()
        };
        let names: Vec<_> = new.policies().map(|policy| policy.name.clone()).collect();
        let refused = &names[usize::from(which) % names.len()];
        // Without its companion a tier cannot call the API server, and that alone is lost.
        let companion = new.companions.iter().any(|policy| policy.name == *refused);
        cluster.refused.insert(refused.clone());
        let flows: Vec<_> = universe().into_iter().filter(|flow| !(companion && flow.to == End::ApiServer))
            .filter(|flow| flows::allowed(&before, flow) && flows::allowed(&after, flow)).collect();
        let mut cut = None;
        cluster.converge(&new, |now| {
            if let Some(flow) = flows.iter().find(|flow| !flows::allowed(now, flow)) {
                cut.get_or_insert_with(|| format!("{flow:?} refused {refused}\n{now:#?}"));
            }
        });
        prop_assert!(cut.is_none(), "{}", cut.unwrap_or_default());
    }
}

#[test]
fn a_pod_that_moves_to_a_tier_whose_write_is_refused_keeps_its_old_policy() {
    let tier = |name: &str, app: &str| {
        format!(
            "{{name: {name}, podSelector: {{matchLabels: {{app: {app}}}}}, ports: [{{name: web, port: 8080}}], to: [{{name: out, cidr: 203.0.113.0/24, ports: [{{port: 443}}]}}]}}"
        )
    };
    let spec = |tiers: &[String]| {
        serde_saphyr::from_str(&format!("{{dns: {{mode: None}}, tiers: [{}]}}", tiers.join(", "))).expect("a spec")
    };
    let old = build(spec(&[tier("first", "moves")]));
    let new = build(spec(&[tier("first", "other"), tier("second", "moves")]));
    let mut cluster = Cluster::default();
    cluster.converge(&old, |_| ());
    cluster.refused.insert("shop-allow-second".to_owned());
    let flow = Flow { from: pod("app", &[("app", "moves")]), to: address("203.0.113.5"), protocol: "TCP", port: 443 };
    cluster.converge(&new, |now| assert!(flows::allowed(now, &flow), "cut by {now:#?}"));
    assert!(flows::allowed(&cluster.policies(), &flow));
}

#[test]
fn a_companion_stays_while_the_one_that_takes_its_place_is_refused() {
    let spec = |name: &str| {
        let tier = format!(
            "{{name: {name}, podSelector: {{matchLabels: {{app: runner}}}}, to: [{{name: kube-api, apiServer: {{}}}}]}}"
        );
        serde_saphyr::from_str(&format!("{{dns: {{mode: None}}, tiers: [{tier}]}}")).expect("a spec")
    };
    let (old, new) = (build(spec("first")), build(spec("second")));
    let mut cluster = Cluster::default();
    cluster.converge(&old, |_| ());
    cluster.refused.insert("shop-apiserver-second".to_owned());
    let flow = Flow { from: pod("app", &[("app", "runner")]), to: End::ApiServer, protocol: "TCP", port: 6443 };
    cluster.converge(&new, |now| assert!(flows::allowed(now, &flow), "cut by {now:#?}"));
    let left: Vec<_> =
        cluster.policies().iter().filter(|(_, rules)| matches!(rules, flows::Rules::Cilium(_))).cloned().collect();
    assert_eq!(left.len(), 1, "all else is as wanted: {left:#?}");
    assert_eq!(cluster.policies().len(), 3);
}

/// The tier of the Pods that leave waits for the one that is refused. It keeps them until then, and so does its companion.
#[test]
fn a_companion_stays_as_it_was_while_its_tier_waits_for_one_that_is_refused() {
    let old = "{dns: {mode: None}, tiers: [{name: jobs, podSelector: {matchLabels: {part: batch}}, to: [{name: kube-api, apiServer: {}}]}]}";
    let new = "{isolation: Tiers, dns: {mode: None}, tiers: [{name: jobs, podSelector: {matchLabels: {app: runner}}, to: [{name: kube-api, apiServer: {}}]}, {name: web, podSelector: {matchLabels: {app: web}}, ports: [{name: http, port: 8080}]}]}";
    let spec = |text: &str| build(serde_saphyr::from_str(text).expect("a spec"));
    let mut cluster = Cluster::default();
    cluster.converge(&spec(old), |_| ());
    cluster.refused.insert("shop-allow-web".to_owned());
    let leaver = pod("app", &[("app", "report"), ("part", "batch")]);
    let flow = Flow { from: leaver, to: End::ApiServer, protocol: "TCP", port: 6443 };
    cluster.converge(&spec(new), |now| assert!(flows::allowed(now, &flow), "cut by {now:#?}"));
    (cluster.refused, cluster.failed) = Default::default();
    cluster.converge(&spec(new), |now| assert!(flows::allowed(now, &flow), "cut by {now:#?}"));
    assert_eq!(cluster.policies().len(), 3, "no copy is left: {:#?}", cluster.policies());
}

#[test]
fn what_somebody_made_of_a_companion_is_not_kept_for_a_name_that_somebody_took() {
    let tiers = |web: &str| {
        let jobs = "{name: jobs, podSelector: {matchLabels: {part: batch}}, to: [{name: kube-api, apiServer: {}}]}";
        build(serde_saphyr::from_str(&format!("{{dns: {{mode: None}}, tiers: [{jobs}{web}]}}")).expect("a spec"))
    };
    let wider = "{isolation: Tiers, dns: {mode: None}, tiers: [{name: jobs, podSelector: {matchLabels: {app: everyone}}, to: [{name: kube-api, apiServer: {}}]}]}";
    let wider = build(serde_saphyr::from_str(wider).expect("a spec")).companions[0].spec.clone();
    let mut cluster = Cluster::default();
    cluster.converge(&tiers(""), |_| ());
    let theirs = PolicyRow { name: "shop-allow-web".into(), uid: "theirs".into(), ..PolicyRow::default() };
    cluster.rows.push(theirs);
    let companion = cluster.rows.iter_mut().find(|row| row.name == "shop-apiserver-jobs").expect("it is there");
    companion.spec = wider;
    cluster.converge(&tiers(", {name: web, podSelector: {matchLabels: {app: web}}}"), |_| ());
    let names: Vec<_> = cluster.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), 4, "no copy: {names:?}");
}
