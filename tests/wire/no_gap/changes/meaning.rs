//! What the steps say of flows, held against a naive reading of the policies that each spec becomes. It needs no node: a
//! step that says something wrong is found before the probes find it.

use std::collections::{BTreeMap, BTreeSet};

use appnet::{
    api::{AppNetworkProfile, Protocol},
    model::{Platform, ServiceRef, parse},
    observe::{Availability, EndpointPort, Endpoints, PolicySpec, ServiceRow, World},
    policy,
};
use serde_json::{Value, json};

use super::{base, changes};
use crate::{
    no_gap::{
        flows::{FLOWS, Flow, Home, Names, OUTSIDE_PORT, SERVICES, To, WORLD, all, labels, not_declared},
        journal::Wanted,
    },
    reading::{self, End, Policy, Rules},
};

fn pod(namespace: &str, labels: Value, ports: &[(&str, u16)]) -> End {
    let labels: BTreeMap<String, String> = serde_json::from_value(labels).expect("labels");
    let name = |key: &str| (key.to_owned(), namespace.to_owned());
    End::Pod(reading::Pod {
        namespace: namespace.to_owned(),
        labels,
        namespace_labels: [name("kubernetes.io/metadata.name"), name("place")].into(),
        ports: ports.iter().map(|(name, port)| ((*name).to_owned(), "TCP".to_owned(), *port)).collect(),
        address: None,
    })
}

fn connection(flow: &Flow, names: &Names) -> reading::Flow {
    let of = |home: Home, name: &str| match home {
        Home::World => reading::address(WORLD),
        home => pod(names.of(home), labels(name), if name == "db" { &[("sql", 5432)] } else { &[] }),
    };
    let dns = || pod("kube-system", json!({"k8s-app": "kube-dns", "role": "kube-dns"}), &[]);
    let (to, protocol, port) = match flow.to {
        To::Pod(home, name, port) => (of(home, name), "TCP", port),
        To::Dns => (dns(), "UDP", 53),
        To::DnsTcp => (dns(), "TCP", 53),
        To::ApiServer => (End::ApiServer, "TCP", 6443),
        To::Outside(address) => (reading::address(address), "TCP", OUTSIDE_PORT),
    };
    reading::Flow { from: of(flow.from.0, flow.from.1), to, protocol, port }
}

/// The cluster as far as a profile can refer to it.
fn world(names: &Names) -> World {
    let mut world = World::typical();
    world.cilium = Availability::Served;
    let service = |namespace: &str, name: &str| ServiceRef { namespace: namespace.into(), name: name.into() };
    let row = |spec: Value| ServiceRow::read(BTreeMap::new(), serde_json::from_value(spec).expect("a Service"), None);
    for (home, name, pod, port) in SERVICES {
        let spec = json!({"selector": {"app": pod}, "ports": [{"port": 80, "targetPort": port}]});
        world.services.insert(service(names.of(*home), name), row(spec));
    }
    let kubernetes = service("default", "kubernetes");
    let spec = json!({"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
        "ports": [{"name": "https", "port": 443, "targetPort": 6443}]});
    world.services.insert(kubernetes.clone(), row(spec));
    let port = EndpointPort { name: "https".into(), protocol: Protocol::Tcp, number: 6443 };
    let addresses = vec!["10.213.0.2".parse().expect("an address")];
    world.endpoints.insert("default", "kubernetes", Endpoints { service: kubernetes, addresses, ports: vec![port] });
    world
}

fn policies(spec: &Value, names: &Names, world: &World) -> Vec<Policy> {
    let mut profile = AppNetworkProfile::new("shop", serde_json::from_value(spec.clone()).expect("a spec"));
    profile.metadata.namespace = Some(names.of(Home::App).to_owned());
    profile.metadata.uid = Some("00000000-0000-0000-0000-000000000000".into());
    let platform = Platform::default();
    let model = parse(&profile, &platform).unwrap_or_else(|problems| panic!("{problems:#?}\n{spec:#}"));
    let resolved = policy::resolve(&model, &platform, world);
    let desired = policy::build(&model, &resolved);
    let rules = |spec: &PolicySpec| match spec {
        PolicySpec::Standard(spec) => spec.clone().into(),
        PolicySpec::Cilium(rules) => Rules::Cilium(rules.spec.clone()),
    };
    desired.policies().map(|policy| (names.of(Home::App).to_owned(), rules(&policy.spec))).collect()
}

#[test]
fn every_step_opens_and_shuts_what_it_says() {
    let names = Names::plain();
    let (world, mut spec, mut wanted) = (world(&names), base(&names), Wanted::new(all()));
    wanted.change(&[], &not_declared());
    let mut now = policies(&spec, &names, &world);
    let check = |what: &str, policies: &[Policy], wanted: &Wanted| {
        let open = FLOWS.iter().filter(|flow| reading::allowed(policies, &connection(flow, &names)));
        let open: BTreeSet<_> = open.map(|flow| flow.name).collect();
        let wanted: BTreeSet<_> = all().into_iter().filter(|flow| wanted.holds(flow)).collect();
        let (too_many, too_few) = (open.difference(&wanted), wanted.difference(&open));
        let (too_many, too_few): (Vec<_>, Vec<_>) = (too_many.collect(), too_few.collect());
        assert!(
            too_many.is_empty() && too_few.is_empty(),
            "{what}: open against what it says: {too_many:?}, shut: {too_few:?}"
        );
    };
    check("the profile is created", &now, &wanted);
    for change in changes(&names) {
        (change.edit)(&mut spec);
        let news: BTreeSet<_> = change.opens.iter().chain(change.shuts).filter(|flow| !all().contains(*flow)).collect();
        assert!(news.is_empty(), "{}: no such flow: {news:?}", change.what);
        match spec["mode"].as_str() {
            Some("Disabled") => now.clear(),
            Some("Enforce") if spec["suspend"] != true => now = policies(&spec, &names, &world),
            _ => {}
        }
        wanted.change(change.opens, change.shuts);
        check(change.what, &now, &wanted);
    }
}
