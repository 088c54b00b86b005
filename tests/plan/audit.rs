//! What a profile in Audit mode says that enforcing it would cut and open.

use std::collections::BTreeSet;

use appnet::{
    api::{AppNetworkProfile, FlowStatus},
    model::{Platform, parse},
    observe::{CiliumRules, ContainerPort, PodClass, PolicyRow, PolicySpec, Workload, World},
    plan::{Situation, changes, flows},
    policy,
};

const PROFILE: &str = "
apiVersion: appnet.dev/v1alpha1
kind: AppNetworkProfile
metadata: {name: shop, namespace: app}
spec:
  mode: Audit
  dns: {mode: None}
  isolation: Tiers
  tiers:
  - name: api
    podSelector: {matchLabels: {app: api}}
    ports: [{name: http, port: 8080}]
    from: [{pods: {namespace: partner, podSelector: {matchLabels: {app: caller}}}}]
    to: [{name: kube, apiServer: {}}]
";

fn pod(world: &mut World, namespace: &str, app: &str) {
    let class = PodClass {
        workload: Workload { kind: "Deployment".into(), name: app.into() },
        labels: [("app".to_owned(), app.to_owned())].into(),
        ports: vec![ContainerPort { name: "http".into(), number: 8080, protocol: appnet::api::Protocol::Tcp }],
        host_network: false,
    };
    world.pods.insert(namespace, &format!("{app}-1"), class);
    world.namespaces.insert(namespace, [("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())].into());
}

fn api_and_web() -> World {
    let mut world = World::default();
    pod(&mut world, "app", "api");
    pod(&mut world, "app", "web");
    world
}

fn policy(world: &mut World, namespace: &str, name: &str, owned: bool, spec: &str) {
    let spec = PolicySpec::Standard(serde_saphyr::from_str(spec).expect("a spec"));
    put(world, namespace, name, owned, spec);
}

fn put(world: &mut World, namespace: &str, name: &str, owned: bool, spec: PolicySpec) {
    let uid = format!("uid-of-{name}-{:?}", spec.kind());
    let mut row = PolicyRow { name: name.into(), uid, spec, ..PolicyRow::default() };
    if owned {
        let profile = appnet::policy::profile_reference(&appnet::model::Identity {
            namespace: namespace.into(),
            name: "shop".into(),
            uid: "uid-of-shop".into(),
        });
        row.owners.push(profile);
    }
    world.policies.insert(namespace, row);
}

fn audited(world: &World) -> appnet::api::FlowsStatus {
    let mut profile: AppNetworkProfile = serde_saphyr::from_str(PROFILE).expect("a profile");
    profile.metadata.uid = Some("uid-of-shop".into());
    let model = parse(&profile, &Platform::default()).expect("it is right");
    let desired = policy::build(&model, &policy::resolve(&model, &Platform::default(), world));
    let observed: Vec<_> = world.policies.of("app").collect();
    let nobody = BTreeSet::new();
    let situation =
        Situation { desired: &desired, observed: &observed, known: &nobody, held: &nobody, failed: &nobody };
    flows::audit(&situation, &changes(&situation), &profile.spec, world)
}

fn flow(from: &str, to: &str, ports: &str) -> FlowStatus {
    FlowStatus { from: from.into(), to: to.into(), ports: ports.into() }
}

#[test]
fn flows_between_namespaces_that_the_profile_names_are_named_and_others_are_counted() {
    let mut world = World::default();
    for (namespace, app) in [("app", "api"), ("app", "web"), ("partner", "caller"), ("other", "stranger")] {
        pod(&mut world, namespace, app);
    }
    // The api may call nobody already, so that only its callers change.
    policy(&mut world, "app", "closed", false, "{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress]}");
    let status = audited(&world);
    let api = "app/api[Deployment]";
    assert!(status.cut.contains(&flow("app/web[Deployment]", api, "all ports")), "{status:#?}");
    assert!(
        status
            .cut
            .iter()
            .any(|cut| cut.from == "partner/caller[Deployment]" && cut.to == api && cut.ports != "all ports"),
        "{status:#?}"
    );
    assert!(status.cut.iter().all(|cut| !cut.from.contains("stranger")), "{status:#?}");
    // web, the caller, the stranger, and addresses outside.
    assert_eq!((status.cut_count, status.cut_elsewhere, status.opened), (4, 1, 0), "{status:#?}");
    assert_eq!(status.cut.len(), 3, "{status:#?}");
}

#[test]
fn a_policy_of_ours_that_goes_or_is_written_anew_is_gone_and_a_name_that_is_taken_changes_nothing() {
    let mut world = api_and_web();
    let closed = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}";
    // A tier that the profile no longer has: its Pods are open again.
    policy(&mut world, "app", "shop-allow-web", true, closed);
    let going = audited(&world);
    assert!(going.opened > 0, "{going:#?}");

    // The policy of the tier belongs to somebody else: nothing can be enforced, so nothing is cut.
    let mut world = api_and_web();
    policy(&mut world, "app", "shop-allow-api", false, closed);
    let taken = audited(&world);
    assert_eq!((taken.cut_count, taken.opened), (0, 0), "{taken:#?}");

    // Ours, and more open than wanted: what is written takes its place.
    let mut world = api_and_web();
    let open = "{podSelector: {matchLabels: {app: api}}, ingress: [{}], egress: [{}], policyTypes: [Ingress, Egress]}";
    policy(&mut world, "app", "shop-allow-api", true, open);
    let changed = audited(&world);
    assert!(changed.cut.contains(&flow("app/web[Deployment]", "app/api[Deployment]", "all ports")), "{changed:#?}");
}

#[test]
fn a_policy_of_cilium_that_goes_takes_none_of_its_name_along() {
    let mut world = api_and_web();
    let closed = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}";
    policy(&mut world, "app", "shop-apiserver-old", false, closed);
    put(&mut world, "app", "shop-apiserver-old", true, PolicySpec::Cilium(CiliumRules::default()));
    let status = audited(&world);
    assert_eq!(status.opened, 0, "{status:#?}");
}
