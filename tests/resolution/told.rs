//! What is refused, told or left alone.

use appnet::{
    api::{Cni, OperatorConfig, Reason},
    diagnose::{self, Enforcement, Input, TellingKind},
    model::{Platform, parse},
    observe::{CiliumConfig, NetworkSigns, PodClass, World},
    policy::{self, normal},
};
use k8s_openapi::api::networking::v1::NetworkPolicySpec;

use super::{
    cluster::{class, deployment, run},
    profile, tier,
};

#[test]
fn a_profile_is_refused_where_dns_runs_and_in_a_namespace_that_the_platform_protects() {
    // Pitfall 30. Pitfall 58.
    let config: OperatorConfig = serde_saphyr::from_str("protectedNamespaces: [monitoring]").expect("valid");
    let platform = Platform::parse(&config).expect("valid");
    let verdict = |namespace: &str| {
        let mut profile = profile(&tier("ports: []"));
        profile.metadata.namespace = Some(namespace.into());
        parse(&profile, &platform).map_err(|problems| problems.to_string())
    };
    for with_dns in ["kube-system", "openshift-dns"] {
        let said = verdict(with_dns).expect_err("refused");
        assert!(said.contains(with_dns) && said.contains("cut DNS for the whole cluster"), "{said}");
    }
    assert!(verdict("monitoring").expect_err("refused").contains("the platform protects it"));
    assert!(verdict("app").is_ok() && verdict("openshift-dns-operator").is_ok());
}

#[test]
fn metadata_of_the_profile_is_not_copied_to_its_policies() {
    // Pitfall 45.
    let mut profile = profile(&tier("ports: []"));
    let tracking = [("argocd.argoproj.io/tracking-id".to_owned(), "shop".to_owned())];
    profile.metadata.labels = Some(tracking.clone().into());
    profile.metadata.annotations = Some(tracking.into());
    let model = parse(&profile, &Platform::default()).expect("valid");
    let resolved = policy::resolve(&model, &Platform::default(), &World::typical());
    for policy in policy::build(&model, &resolved).policies() {
        let meta = policy.manifest("app").metadata().clone();
        let keys = meta.labels.into_iter().chain(meta.annotations).flat_map(std::collections::BTreeMap::into_keys);
        let others: Vec<_> =
            keys.filter(|key| !key.starts_with("appnet.dev/") && !key.ends_with("managed-by")).collect();
        assert!(others.is_empty(), "{others:?}");
    }
}

#[test]
fn policies_that_say_the_same_are_the_same_and_a_missing_rule_is_no_empty_rule() {
    // Pitfall 4. Pitfall 46.
    let read = |text: &str| normal(&serde_saphyr::from_str::<NetworkPolicySpec>(text).expect("a policy"));
    let missing = read("{podSelector: {}, policyTypes: [Ingress]}");
    assert_eq!(missing, read("{podSelector: {matchLabels: {}}, ingress: [], policyTypes: [Ingress]}"));
    assert_eq!(missing, read("{podSelector: {}}"), "types that are left out");
    assert_ne!(missing, read("{podSelector: {}, ingress: [{}], policyTypes: [Ingress]}"), "an empty rule allows all");
    assert_eq!(read("{podSelector: {}, ingress: [{from: [], ports: []}]}"), read("{podSelector: {}, ingress: [{}]}"));
    let tcp = read("{podSelector: {}, ingress: [{ports: [{port: 80, protocol: TCP}]}]}");
    assert_eq!(tcp, read("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"));
    let everywhere = read("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}");
    assert_ne!(everywhere, read("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"), "nil is not empty");
}

#[test]
fn requirements_with_other_values_are_not_the_same_and_no_values_are_as_good_as_none() {
    // Pitfall 46.
    let read = |requirement: &str| {
        let text = format!("{{podSelector: {{matchExpressions: [{{key: track, {requirement}}}]}}}}");
        normal(&serde_saphyr::from_str::<NetworkPolicySpec>(&text).expect("a policy"))
    };
    assert_ne!(read("operator: In, values: [stable]"), read("operator: In, values: [canary]"));
    assert_eq!(read("operator: Exists, values: []"), read("operator: Exists"));
}

/// A Pod on the host network.
fn agent(key: &str, value: &str) -> PodClass {
    PodClass { host_network: true, ..class(&[(key, value)], &[]) }
}

#[test]
fn a_cni_that_does_not_enforce_or_is_not_known_is_told() {
    // Pitfall 51.
    let reason = |setting, pods: &[(&str, &str)]| {
        let mut world = World::default();
        for (name, value) in pods {
            run(&mut world, &format!("kube-system/{value}"), agent(name, value));
        }
        diagnose::enforcement(setting, &world).reason
    };
    assert_eq!(reason(Cni::Auto, &[("app", "flannel")]), Reason::CniDoesNotEnforce);
    assert_eq!(reason(Cni::Auto, &[("app", "flannel"), ("k8s-app", "canal")]), Reason::CniDetected);
    assert_eq!(reason(Cni::Auto, &[("k8s-app", "aws-node")]), Reason::CniUnknown, "it enforces when it is told to");
    assert_eq!(reason(Cni::Auto, &[]), Reason::CniUnknown);
    assert_eq!(reason(Cni::Standard, &[]), Reason::CniDetected);
}

fn network(pods: &[(&str, &str)], network: NetworkSigns) -> Enforcement {
    let mut world = World { network, ..World::default() };
    for (name, value) in pods {
        run(&mut world, &format!("kube-system/{value}"), agent(name, value));
    }
    diagnose::enforcement(Cni::Auto, &world)
}

#[test]
fn a_cni_that_is_told_not_to_enforce_is_told_with_what_switches_it_on() {
    // Pitfall 51.
    let cilium = |policy: &str| {
        let (enable_policy, takes_network_policies) = (policy.to_owned(), true);
        let config = CiliumConfig { namespace: "cilium".into(), enable_policy, takes_network_policies };
        NetworkSigns { cilium: Some(config), ..NetworkSigns::default() }
    };
    let aws = |on| NetworkSigns { aws_agent: Some(on), ..NetworkSigns::default() };
    let kindnet = |day| NetworkSigns { kindnet: Some(day), ..NetworkSigns::default() };
    let (c, a, k) = (("k8s-app", "cilium"), ("k8s-app", "aws-node"), ("app", "kindnet"));

    let never = network(&[c], cilium("never"));
    assert_eq!(never.reason, Reason::CniDoesNotEnforce);
    assert!(never.message().contains("policies are applied but traffic is still allowed; kubectl -n cilium patch"));
    assert_eq!(network(&[c], cilium("always")).reason, Reason::CniDetected);
    let mut others = cilium("default");
    others.cilium.as_mut().expect("there").takes_network_policies = false;
    let others = network(&[c], others).message();
    assert!(others.contains("`enable-k8s-networkpolicy` is 'false'"), "{others}");
    assert!(others.contains(r#"'{"data":{"enable-k8s-networkpolicy":"true"}}'"#), "{others}");
    let off = network(&[a], aws(false));
    assert!(off.reason == Reason::CniDoesNotEnforce && off.found.contains("--enable-network-policy=true"), "{off:?}");
    assert_eq!(network(&[a], aws(true)).found, "found the AWS VPC CNI with `--enable-network-policy=true`");
    assert_eq!(network(&[k], kindnet(20_240_812)).reason, Reason::CniDoesNotEnforce);
    assert_eq!(network(&[k], kindnet(20_240_813)).reason, Reason::CniDetected);
    assert_eq!(network(&[k], NetworkSigns::default()).reason, Reason::CniDetected);
    let without_controller = network(&[a], NetworkSigns { aws_controller: Some(false), ..aws(true) });
    assert_eq!(without_controller.reason, Reason::CniDoesNotEnforce, "{without_controller:?}");
    let agent_unknown = NetworkSigns { aws_controller: Some(true), ..NetworkSigns::default() };
    assert_eq!(network(&[a], agent_unknown).reason, Reason::CniUnknown);
    // What is left of one that is gone.
    assert_eq!(network(&[], cilium("never")).reason, Reason::CniUnknown);
    assert_eq!(network(&[], aws(true)).reason, Reason::CniUnknown);

    // Another one may enforce in its place.
    assert_eq!(network(&[a, ("k8s-app", "calico-node")], aws(false)).found, "found Calico");
    let mut both = cilium("never");
    both.add(aws(false));
    let both = network(&[c, a], both);
    assert!(both.found.contains("'never'") && both.found.contains("the AWS VPC CNI runs without"), "{both:?}");
}

#[test]
fn only_what_lies_beside_a_cni_that_runs_is_asked_about_it() {
    // Pitfall 51.
    let mut world = World::default();
    assert_eq!(diagnose::telling(&world), []);
    run(&mut world, "shop/mine", agent("k8s-app", "cilium"));
    run(&mut world, "calico-system/mine", class(&[("k8s-app", "cilium")], &[]));
    assert_eq!(diagnose::telling(&world), [], "anybody can run such a Pod");
    run(&mut world, "cilium/agent", agent("k8s-app", "cilium"));
    run(&mut world, "cilium/kindnet", agent("app", "kindnet"));
    run(&mut world, "kube-system/aws-node-x", agent("k8s-app", "aws-node"));
    let told: Vec<_> = diagnose::telling(&world).iter().map(|one| (one.kind, one.namespace, one.name)).collect();
    let expected = [
        (TellingKind::ConfigMap, "cilium", "cilium-config"),
        (TellingKind::ConfigMap, "kube-system", "amazon-vpc-cni"),
        (TellingKind::DaemonSet, "kube-system", "aws-node"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn pods_of_one_workload_with_other_labels_are_told_apart() {
    // Pitfall 56.
    let mut world = World::typical();
    run(&mut world, "app/api-1", deployment("api", &[("app", "api")]));
    run(&mut world, "app/api-2", deployment("api", &[("app", "api"), ("track", "canary")]));
    run(&mut world, "app/api-3", deployment("api", &[("app", "detached")]));
    let model = parse(&profile(&tier("ports: []")), &Platform::default()).expect("valid");
    let resolved = policy::resolve(&model, &Platform::default(), &world);
    let input = Input { profile: &model, resolved: &resolved, world: &world, discreet: true };
    assert!(diagnose::run(&input).is_empty());
    let unassigned = diagnose::unassigned(&input).expect("one Pod is in no tier");
    assert_eq!(unassigned.names, ["Deployment 'api'"]);
}
