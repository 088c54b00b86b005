//! DNS, as clusters have it.

use appnet::{
    api::OperatorConfig,
    model::Platform,
    observe::{PodClass, World},
};

use super::{
    calls,
    cluster::{class, dns_service, run, service},
    flows::{address, pod},
    looked_up, policies, tier,
};

#[test]
fn dns_is_udp_and_tcp_even_where_the_service_forgot_tcp() {
    // Pitfall 26.
    let mut world = World::default();
    let spec = "{selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}]}";
    service(&mut world, "kube-system/kube-dns", spec);
    let policies = policies(&tier("ports: []"), &world);
    let dns = || pod("kube-system", &[("k8s-app", "kube-dns")]);
    let verdict = |protocol| calls(&policies, dns(), protocol, 53);
    assert_eq!(["UDP", "TCP", "SCTP"].map(verdict), [true, true, false]);
}

#[test]
fn dns_pods_under_other_labels_are_found_by_what_the_service_selects() {
    // Pitfall 27.
    let mut world = World::default();
    dns_service(
        &mut world,
        "kube-system/rke2-coredns",
        ("k8s-app", "kube-dns"),
        ("app.kubernetes.io/name", "rke2"),
        53,
    );
    let labelled = policies(&tier("ports: []"), &world);
    let mut world = World::default();
    dns_service(&mut world, "kube-system/coredns", ("of", "service"), ("app.kubernetes.io/name", "rke2"), 53);
    let named = policies(&tier("ports: []"), &world);
    for policies in [labelled, named] {
        assert!(calls(&policies, pod("kube-system", &[("app.kubernetes.io/name", "rke2")]), "UDP", 53));
        for of_the_service in [("k8s-app", "kube-dns"), ("of", "service")] {
            assert!(!calls(&policies, pod("kube-system", &[of_the_service]), "UDP", 53));
        }
    }
}

#[test]
fn dns_of_openshift_is_asked_on_5353() {
    // Pitfall 28.
    let mut world = World::default();
    let spec = "{selector: {dns: default}, ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, \
                {name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp}]}";
    service(&mut world, "openshift-dns/dns-default", spec);
    run(
        &mut world,
        "openshift-dns/dns-1",
        class(&[("dns", "default")], &[("dns", "UDP", 5353), ("dns-tcp", "TCP", 5353)]),
    );
    let policies = policies(&tier("ports: []"), &world);
    for protocol in ["UDP", "TCP"] {
        let verdict = |port| calls(&policies, pod("openshift-dns", &[("dns", "default")]), protocol, port);
        assert_eq!([5353, 53].map(verdict), [true, false], "{protocol}");
    }
}

#[test]
fn caches_on_the_node_are_allowed_by_address_beside_the_dns_pods() {
    // Pitfall 29.
    let mut world = World::default();
    let spec =
        "{clusterIPs: [10.96.0.10, 'fd00::a'], selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}";
    service(&mut world, "kube-system/kube-dns", spec);
    let without = policies(&tier("ports: []"), &world);
    assert!(!calls(&without, address("169.254.20.10"), "UDP", 53));
    run(&mut world, "kube-system/cache", class(&[("k8s-app", "node-local-dns")], &[]));
    let found = policies(&tier("ports: []"), &world);
    for to in ["169.254.20.10", "10.96.0.10", "fd00::a"] {
        assert_eq!(["UDP", "TCP"].map(|protocol| calls(&found, address(to), protocol, 53)), [true, true], "{to}");
    }
    assert!(calls(&found, pod("kube-system", &[("k8s-app", "kube-dns")]), "UDP", 53), "the cluster's own as well");
    assert!(!calls(&found, address("169.254.169.254"), "UDP", 53));

    let config: OperatorConfig = serde_saphyr::from_str("dns: {nodeLocal: [169.254.25.10/32]}").expect("valid");
    let (set, _) = looked_up(&tier("ports: []"), &Platform::parse(&config).expect("valid"), &world);
    assert!(calls(&set, address("169.254.25.10"), "UDP", 53) && !calls(&set, address("169.254.20.10"), "UDP", 53));
}

#[test]
fn resolvers_outside_the_cluster_are_listed_by_address_and_nothing_else_resolves() {
    // Pitfall 31.
    let spec = format!("{}\ndns: {{mode: Explicit, resolvers: [{{cidr: 192.0.2.53/32}}]}}", tier("ports: []"));
    let policies = policies(&spec, &World::typical());
    assert_eq!(["UDP", "TCP"].map(|protocol| calls(&policies, address("192.0.2.53"), protocol, 53)), [true, true]);
    assert!(!calls(&policies, pod("kube-system", &[("k8s-app", "kube-dns")]), "UDP", 53));
}

#[test]
fn where_no_dns_is_found_that_is_told_instead_of_cutting_it() {
    // Pitfall 7.
    let (_, resolved) = looked_up(&tier("ports: []"), &Platform::default(), &World::default());
    assert!(resolved.dns.is_none() && resolved.unresolved[0].path == "spec.dns");
}

#[test]
fn dns_pods_on_the_host_network_are_no_dns_that_a_selector_could_allow() {
    // Pitfall 35.
    let mut world = World::default();
    dns_service(&mut world, "kube-system/kube-dns", ("k8s-app", "kube-dns"), ("k8s-app", "kube-dns"), 53);
    assert!(
        looked_up(&tier("ports: []"), &Platform::default(), &world).1.dns.is_some(),
        "before they run, nothing is known against it"
    );
    run(&mut world, "kube-system/coredns-1", on_the_host(("k8s-app", "kube-dns")));
    // Something else serves DNS there too. Nobody said that it is the cluster's, and it would pass for it.
    dns_service(&mut world, "kube-system/zones", ("app", "zones"), ("app", "zones"), 53);
    assert!(
        looked_up(&tier("ports: []"), &Platform::default(), &world).1.dns.is_none(),
        "nothing may be written that would cut DNS"
    );
}

fn on_the_host(label: (&str, &str)) -> PodClass {
    PodClass { host_network: true, ..class(&[label], &[]) }
}

#[test]
fn of_two_services_that_are_the_clusters_dns_both_are_and_no_other_is() {
    // Pitfall 27.
    let mut world = World::default();
    let label = ("k8s-app", "kube-dns");
    dns_service(&mut world, "kube-system/dns-blue", label, ("dns", "blue"), 53);
    dns_service(&mut world, "kube-system/dns-green", label, ("dns", "green"), 1053);
    // The usual label on a Service of somebody else's namespace says nothing, nor does a usual name beside the label.
    dns_service(&mut world, "app/kube-dns", label, ("dns", "forged"), 53);
    dns_service(&mut world, "kube-system/coredns", ("of", "old"), ("dns", "old"), 53);
    let policies = policies(&tier("ports: []"), &world);
    let verdicts = |namespace: &str, which: &str| {
        [53, 1053].map(|port| calls(&policies, pod(namespace, &[("dns", which)]), "UDP", port))
    };
    assert_eq!(verdicts("kube-system", "blue"), [true, false]);
    assert_eq!(verdicts("kube-system", "green"), [false, true]);
    assert_eq!(verdicts("kube-system", "old"), [false, false]);
    assert_eq!(verdicts("app", "forged"), [false, false]);
    assert_eq!(verdicts("app", "blue"), [false, false]);
}

#[test]
fn a_dns_service_on_the_host_network_does_not_hide_the_one_after_it() {
    // Pitfall 35.
    let mut world = World::default();
    let label = ("k8s-app", "kube-dns");
    dns_service(&mut world, "kube-system/dns-a", label, ("dns", "a"), 53);
    dns_service(&mut world, "kube-system/dns-b", label, ("dns", "b"), 53);
    run(&mut world, "kube-system/a-1", on_the_host(("dns", "a")));
    run(&mut world, "kube-system/b-1", class(&[("dns", "b")], &[]));
    let found = looked_up(&tier("ports: []"), &Platform::default(), &world).0;
    let verdicts = ["a", "b"].map(|which| calls(&found, pod("kube-system", &[("dns", which)]), "TCP", 53));
    assert_eq!(verdicts, [false, true]);
    // A Pod whose node names the first one is cut, and nobody could see that from the policies.
    let told = looked_up(&tier("ports: []"), &Platform::default(), &world).1.unresolved;
    assert_eq!((told.len(), told[0].path.as_str()), (1, "spec.dns"));
    assert!(told[0].message.contains("the DNS Service kube-system/dns-a are on the host network"), "{told:?}");
    // A cache on the node answers for both.
    run(&mut world, "kube-system/cache", class(&[("k8s-app", "node-local-dns")], &[]));
    assert_eq!(looked_up(&tier("ports: []"), &Platform::default(), &world).1.unresolved, vec![]);
    // The same where only the name tells the second.
    let mut world = World::default();
    dns_service(&mut world, "kube-system/dns-a", label, ("dns", "a"), 53);
    dns_service(&mut world, "kube-system/coredns", ("of", "service"), ("dns", "b"), 53);
    run(&mut world, "kube-system/a-1", on_the_host(("dns", "a")));
    let found = looked_up(&tier("ports: []"), &Platform::default(), &world).0;
    assert!(calls(&found, pod("kube-system", &[("dns", "b")]), "TCP", 53));
}

#[test]
fn a_labelled_service_that_leads_nowhere_does_not_hide_what_serves_dns() {
    // Pitfall 27.
    let leads_nowhere = "{clusterIP: None, clusterIPs: [None], ports: [{port: 53, protocol: UDP}]}";
    for (other, label) in [("kube-system/coredns", ("of", "service")), ("kube-system/resolver", ("of", "service"))] {
        let mut world = World::default();
        service(&mut world, "kube-system/kube-dns", leads_nowhere);
        dns_service(&mut world, other, label, ("dns", "b"), 53);
        let policies = policies(&tier("ports: []"), &world);
        assert!(calls(&policies, pod("kube-system", &[("dns", "b")]), "UDP", 53), "{other}");
    }
}

#[test]
fn caches_on_the_node_may_answer_at_the_address_of_every_dns_service() {
    // Pitfall 29.
    // The usual set-up of such caches has a second Service for the same Pods, by which the caches ask (`kube-dns-upstream`).
    let mut world = World::default();
    for (name, address) in [("kube-dns", "10.96.0.10"), ("coredns", "10.96.7.53")] {
        let spec =
            format!("{{clusterIPs: [{address}], selector: {{dns: both}}, ports: [{{port: 53, protocol: UDP}}]}}");
        service(&mut world, &format!("kube-system/{name}"), &spec);
    }
    run(&mut world, "kube-system/cache", class(&[("k8s-app", "node-local-dns")], &[]));
    let (found, resolved) = looked_up(&tier("ports: []"), &Platform::default(), &world);
    for to in ["169.254.20.10", "10.96.0.10", "10.96.7.53"] {
        assert!(calls(&found, address(to), "UDP", 53), "{to}");
    }
    assert!(calls(&found, pod("kube-system", &[("dns", "both")]), "UDP", 53));
    assert_eq!(resolved.dns.expect("found").len(), 2, "the Pods once, and the addresses");
}

#[test]
fn resolvers_that_the_platform_names_are_asked_in_place_of_the_clusters_dns() {
    // Pitfall 31.
    let (found, resolved) = looked_up(&tier("ports: []"), &with_resolvers(), &World::typical());
    for protocol in ["UDP", "TCP"] {
        let verdict = |port| calls(&found, address("192.0.2.54"), protocol, port);
        assert_eq!([5354, 53].map(verdict), [true, false], "{protocol}");
        assert!(!calls(&found, pod("kube-system", &[("k8s-app", "kube-dns")]), protocol, 53), "{protocol}");
    }
    assert_eq!(resolved.unresolved, vec![]);
}

fn with_resolvers() -> Platform {
    let config: OperatorConfig =
        serde_saphyr::from_str("dns: {resolvers: [{cidr: 192.0.2.54/32, port: 5354}]}").expect("valid");
    Platform::parse(&config).expect("valid")
}

#[test]
fn dns_pods_on_the_host_network_are_told_only_to_those_that_would_ask_them() {
    // Pitfall 35.
    let mut world = World::default();
    dns_service(&mut world, "kube-system/kube-dns", ("k8s-app", "kube-dns"), ("k8s-app", "kube-dns"), 53);
    run(&mut world, "kube-system/coredns-1", on_the_host(("k8s-app", "kube-dns")));
    let told = |dns: &str, platform: &Platform| {
        looked_up(&format!("{}\n{dns}", tier("ports: []")), platform, &world).1.unresolved.len()
    };
    assert_eq!(told("", &Platform::default()), 1);
    assert_eq!(told("dns: {mode: Explicit, resolvers: [{cidr: 192.0.2.53/32}]}", &Platform::default()), 0);
    assert_eq!(told("dns: {mode: None}", &Platform::default()), 0);
    assert_eq!(told("", &with_resolvers()), 0);
}

#[test]
fn a_service_beside_the_clusters_dns_serves_dns_only_at_53_over_udp() {
    // Pitfall 27.
    let found = |port: &str| {
        let mut world = World::default();
        service(&mut world, "kube-system/other", &format!("{{selector: {{app: other}}, ports: [{{{port}}}]}}"));
        looked_up(&tier("ports: []"), &Platform::default(), &world).1.dns.is_some()
    };
    let ports = ["port: 53, protocol: UDP", "port: 53, protocol: TCP", "port: 161, protocol: UDP", "port: 443"];
    assert_eq!(ports.map(found), [true, false, false, false]);
}

#[test]
fn the_number_of_a_named_dns_port_is_not_mixed_up_with_other_ports_of_the_pods() {
    // Pitfall 28.
    let mut world = World::default();
    let spec = "{selector: {dns: default}, ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, \
                {name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp}]}";
    service(&mut world, "openshift-dns/dns-default", spec);
    let ports = [("dns", "UDP", 5353), ("zones", "UDP", 5356), ("dns-tcp", "TCP", 5354), ("metrics", "TCP", 9153)];
    run(&mut world, "openshift-dns/dns-1", class(&[("dns", "default")], &ports));
    let policies = policies(&tier("ports: []"), &world);
    // To a Pod without names of ports: a rule that names the port would not allow it.
    let verdicts = |protocol| {
        [5353, 5356, 5354, 9153]
            .map(|port| calls(&policies, pod("openshift-dns", &[("dns", "default")]), protocol, port))
    };
    assert_eq!(verdicts("UDP"), [true, false, false, false]);
    assert_eq!(verdicts("TCP"), [false, false, true, false]);
}
