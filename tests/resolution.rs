//! What a profile refers to becomes rules that mean what its author means: the pitfalls of `docs/pitfalls.md`, one by one.
//!
//! The pictures of the cluster are made by hand. Verdicts are those of the naive evaluator, which shares no code with the
//! product.

#[path = "resolution/callers.rs"]
mod callers;
#[path = "resolution/cluster.rs"]
mod cluster;
#[path = "resolution/dns.rs"]
mod dns;
#[path = "flows/mod.rs"]
mod flows;
#[path = "resolution/routes.rs"]
mod routes;
#[path = "resolution/scrapers.rs"]
mod scrapers;
#[path = "resolution/services.rs"]
mod services;
#[path = "resolution/told.rs"]
mod told;

use appnet::{
    api::AppNetworkProfile,
    model::{Labels, Platform, Problems, parse},
    observe::{PolicySpec, World},
    policy::{self, Resolved},
};
use cluster::labels;
use flows::{End, Flow, Policy, Rules, address, allowed, pod};
use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// A profile `shop` in the namespace `app`.
fn profile(spec: &str) -> AppNetworkProfile {
    let spec = serde_saphyr::from_str(spec).unwrap_or_else(|error| panic!("{error}\n{spec}"));
    let mut profile = AppNetworkProfile::new("shop", spec);
    profile.metadata.namespace = Some("app".into());
    profile
}

/// One tier, the Pods with `app=api`, with these further fields.
fn tier(fields: &str) -> String {
    format!("tiers: [{{name: api, podSelector: {{matchLabels: {{app: api}}}}, {fields}}}]")
}

/// The same, with no other Pod of the namespace isolated: its neighbours may do anything.
fn alone(fields: &str) -> String {
    format!("{}\nisolation: Tiers", tier(fields))
}

fn rules(spec: &PolicySpec) -> Rules {
    match spec {
        PolicySpec::Standard(spec) => spec.clone().into(),
        PolicySpec::Cilium(rules) => Rules::Cilium(rules.spec.clone()),
    }
}

fn looked_up(spec: &str, platform: &Platform, world: &World) -> (Vec<Policy>, Resolved) {
    let model = parse(&profile(spec), platform).unwrap_or_else(|problems| panic!("{problems}\n{spec}"));
    let resolved = policy::resolve(&model, platform, world);
    let desired = policy::build(&model, &resolved);
    (desired.policies().map(|policy| ("app".to_owned(), rules(&policy.spec))).collect(), resolved)
}

fn policies(spec: &str, world: &World) -> Vec<Policy> {
    let (policies, resolved) = looked_up(spec, &Platform::default(), world);
    assert!(resolved.unresolved.is_empty(), "{:#?}", resolved.unresolved);
    policies
}

/// What could not be looked up, in words.
fn missing(spec: &str, world: &World) -> String {
    let (_, resolved) = looked_up(spec, &Platform::default(), world);
    let said: Vec<_> =
        resolved.unresolved.iter().map(|missing| format!("{}: {}", missing.path, missing.message)).collect();
    said.join("\n")
}

fn refused(spec: &str) -> Problems {
    parse(&profile(spec), &Platform::default()).expect_err("it must be refused")
}

fn api() -> End {
    pod("app", &[("app", "api")])
}

/// May the api call this?
fn calls(policies: &[Policy], to: End, protocol: &'static str, port: u16) -> bool {
    allowed(policies, &Flow { from: api(), to, protocol, port })
}

/// May this call the api?
fn called(policies: &[Policy], from: End, protocol: &'static str, port: u16) -> bool {
    allowed(policies, &Flow { from, to: api(), protocol, port })
}

#[test]
fn a_peer_without_a_namespace_is_of_the_own_namespace_and_one_of_another_is_not_of_the_own() {
    // Pitfall 1. Pitfall 3.
    let from = |peer: &str| alone(&format!("ports: [{{name: http, port: 80}}], from: [{{pods: {peer}}}]"));
    let world = World::typical();
    let verdicts = |peer: &str| {
        let policies = policies(&from(peer), &world);
        ["app", "jobs"].map(|namespace| called(&policies, pod(namespace, &[("app", "web")]), "TCP", 80))
    };
    assert_eq!(verdicts("{podSelector: {matchLabels: {app: web}}}"), [true, false]);
    assert_eq!(verdicts("{allPods: true}"), [true, false]);
    assert_eq!(verdicts("{namespace: jobs, allPods: true}"), [false, true]);
    assert_eq!(verdicts("{namespace: jobs, podSelector: {matchLabels: {app: web}}}"), [false, true]);
    assert_eq!(verdicts("{namespace: jobs, podSelector: {matchLabels: {app: other}}}"), [false, false]);
}

#[test]
fn ports_that_are_left_out_are_the_declared_ones_and_never_all() {
    // Pitfall 4. Pitfall 7.
    let spec = alone("ports: [{name: http, port: 80}, {name: admin, port: 81}], from: [{pods: {allPods: true}}]");
    let policies = policies(&spec, &World::typical());
    let web = || pod("app", &[("app", "web")]);
    let open = [80, 81, 82, 443].map(|port| called(&policies, web(), "TCP", port));
    assert_eq!(open, [true, true, false, false]);
    assert!(!called(&policies, web(), "UDP", 80), "a protocol that is left out is TCP");
}

#[test]
fn a_range_of_a_named_port_and_one_that_ends_before_it_begins_are_refused() {
    // Pitfall 8.
    for port in ["port: http, endPort: 90", "port: 80, endPort: 79"] {
        let problems = refused(&tier(&format!("ports: [{{name: main, {port}}}]"))).to_string();
        assert!(problems.contains("endPort"), "{problems}");
    }
}

#[test]
fn a_named_port_is_looked_up_on_each_pod_and_never_used_with_a_block() {
    // Pitfall 9.
    let to = "to: [{name: db, pods: {podSelector: {matchLabels: {app: db}}}, ports: [{port: sql}]}]";
    let policies = policies(&alone(to), &World::typical());
    let db = |protocol: &str, number: u16| {
        let End::Pod(mut db) = pod("app", &[("app", "db")]) else { unreachable!("it is a Pod") };
        db.ports.push(("sql".into(), protocol.into(), number));
        End::Pod(db)
    };
    let verdict = |to, port| calls(&policies, to, "TCP", port);
    assert_eq!([verdict(db("TCP", 5432), 5432), verdict(db("TCP", 6432), 6432)], [true, true]);
    assert_eq!([verdict(db("TCP", 5432), 6432), verdict(db("UDP", 5432), 5432)], [false, false]);
    refused(&tier("to: [{name: pay, cidr: 203.0.113.0/24, ports: [{port: https}]}]"));
}

#[test]
fn sctp_stays_sctp() {
    // Pitfall 10.
    let spec = alone("ports: [{name: diameter, port: 3868, protocol: SCTP}], from: [{pods: {allPods: true}}]");
    let policies = policies(&spec, &World::typical());
    let verdict = |protocol| called(&policies, pod("app", &[("app", "web")]), protocol, 3868);
    assert_eq!(["SCTP", "TCP", "UDP"].map(verdict), [true, false, false]);
}

#[test]
fn an_exception_outside_its_block_or_of_the_other_family_is_refused() {
    // Pitfall 11.
    for except in ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/64"] {
        let to = format!("to: [{{name: pay, cidr: 203.0.113.0/24, except: ['{except}'], ports: [{{port: 443}}]}}]");
        let problems = refused(&tier(&to)).to_string();
        assert!(problems.contains("except[0]"), "{problems}");
    }
}

#[test]
fn selectors_with_not_in_and_does_not_exist_match_pods_without_the_key() {
    // Pitfall 15.
    let spec = "tiers: [{name: api, podSelector: {matchLabels: {app: api}, matchExpressions: [
        {key: track, operator: NotIn, values: [canary]}, {key: legacy, operator: DoesNotExist}]}}]";
    let model = parse(&profile(spec), &Platform::default()).expect("valid");
    let (policies, _) = looked_up(spec, &Platform::default(), &World::typical());
    let rendered = policies[0].1.standard().pod_selector.clone().expect("a selector");
    let read_back = policy::selected_pods(&NetworkPolicySpec { pod_selector: Some(rendered), ..Default::default() });
    let matches = |pairs: &[(&str, &str)]| {
        let labels: Labels = labels(pairs);
        let verdict = model.tiers[0].selector.matches(&labels);
        assert_eq!(read_back.as_ref().map(|pods| pods.matches(&labels)), Some(verdict), "{pairs:?}");
        verdict
    };
    assert!(matches(&[("app", "api")]) && matches(&[("app", "api"), ("track", "stable")]));
    assert!(!matches(&[("app", "api"), ("track", "canary")]) && !matches(&[("app", "api"), ("legacy", "")]));
    assert!(!matches(&[("track", "stable")]), "all labels must be on the same Pod");
}

#[test]
fn a_namespace_by_name_is_told_by_the_label_that_nobody_can_forge() {
    // Pitfall 16.
    let from = "ports: [{name: http, port: 80}], from: [{pods: {namespace: jobs, allPods: true}}]";
    let policies = policies(&tier(from), &World::typical());
    let peer = &policies[0].1.standard().ingress.as_ref().expect("rules")[0].from.as_ref().expect("peers")[0];
    let by = peer.namespace_selector.as_ref().and_then(|selector| selector.match_labels.clone()).expect("labels");
    assert_eq!(by, labels(&[("kubernetes.io/metadata.name", "jobs")]));
}

#[test]
fn several_ingress_controllers_in_several_namespaces_and_on_nodes_all_get_in() {
    // Pitfall 24. Pitfall 25.
    let spec = format!(
        "{}\ningressController: {{from: [{{namespace: edge, podSelector: {{matchLabels: {{app: nginx}}}}}}, \
         {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: gateways}}}}, allPods: true}}, \
         {{cidr: 192.0.2.16/28}}]}}",
        tier("ports: [{name: http, port: 80}, {name: admin, port: 81}], exposed: {ports: [http]}")
    );
    let policies = policies(&spec, &World::typical());
    let callers = [pod("edge", &[("app", "nginx")]), pod("gateways", &[("any", "label")]), address("192.0.2.20")];
    for caller in callers {
        assert!(called(&policies, caller.clone(), "TCP", 80), "{caller:?}");
        assert!(!called(&policies, caller.clone(), "TCP", 81), "{caller:?}");
    }
    assert!(!called(&policies, pod("edge", &[("app", "other")]), "TCP", 80));
}

#[test]
fn a_policy_for_dns_alone_leaves_ingress_alone_and_all_others_name_both_directions() {
    // Pitfall 5.
    for (_, rules) in policies(&tier("ports: []"), &World::typical()) {
        let spec = rules.standard();
        let dns_alone = spec.pod_selector == Some(LabelSelector::default()) && spec.egress.is_some();
        let types: &[&str] = if dns_alone { &["Egress"] } else { &["Ingress", "Egress"] };
        assert_eq!(spec.policy_types.as_deref().expect("always written"), types);
    }
}
