//! Services and the API server as destinations.

use appnet::{
    api::Cni,
    model::Platform,
    observe::{Availability, World},
};

use super::{
    alone, calls,
    cluster::{endpoints, service},
    flows::{End, address, pod},
    looked_up, missing, policies, tier,
};

#[test]
fn a_service_is_its_pods_at_their_own_port_and_never_at_the_services() {
    // Pitfall 18. Pitfall 19.
    let mut world = World::typical();
    service(&mut world, "mail/smtp", "{selector: {app: postfix}, ports: [{name: a, port: 25, targetPort: 2525}]}");
    // A name is looked up on each Pod, so unequal Pods cannot open one another's ports.
    service(&mut world, "mail/imap", "{selector: {app: dovecot}, ports: [{port: 143, targetPort: imap}]}");
    let to = "to: [{name: smtp, service: {namespace: mail, name: smtp}}, {name: imap, service: {namespace: mail, name: imap}}]";
    let policies = policies(&tier(to), &world);
    let postfix = || pod("mail", &[("app", "postfix")]);
    assert_eq!([2525, 25].map(|port| calls(&policies, postfix(), "TCP", port)), [true, false]);
    let End::Pod(mut dovecot) = pod("mail", &[("app", "dovecot")]) else { unreachable!("it is a Pod") };
    dovecot.ports.push(("imap".into(), "TCP".into(), 1143));
    let verdict = |port| calls(&policies, End::Pod(dovecot.clone()), "TCP", port);
    assert_eq!([1143, 143].map(verdict), [true, false]);
}

#[test]
fn headless_external_name_and_selectorless_services_are_told_apart() {
    // Pitfall 20.
    let mut world = World::typical();
    service(&mut world, "app/db", "{clusterIP: None, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]}");
    service(&mut world, "app/pay", "{type: ExternalName, externalName: pay.example.com, ports: [{port: 443}]}");
    service(&mut world, "app/legacy", "{ports: [{name: sql, port: 1433}]}");
    let to = |name: &str| alone(&format!("to: [{{name: it, service: {{name: {name}}}}}]"));

    let headless = policies(&to("db"), &world);
    let verdict = |port| calls(&headless, pod("app", &[("app", "db")]), "TCP", port);
    assert_eq!([5432, 80].map(verdict), [true, false], "nothing translates the port of a headless Service");

    assert!(missing(&to("pay"), &world).contains("spec.tiers[0].to[0]: Service 'pay' in namespace 'app' is a name"));
    assert!(missing(&to("legacy"), &world).contains("neither a selector nor endpoints"));
    endpoints(&mut world, "app/legacy", &["198.51.100.7", "2001:db8::7"], ("sql", 1434));
    let by_hand = policies(&to("legacy"), &world);
    for host in ["198.51.100.7", "2001:db8::7"] {
        assert_eq!([1434, 1433].map(|port| calls(&by_hand, address(host), "TCP", port)), [true, false], "{host}");
    }
    assert!(!calls(&by_hand, address("198.51.100.8"), "TCP", 1434));
}

#[test]
fn the_api_server_is_allowed_at_its_endpoints_of_both_families_and_at_its_service() {
    // Pitfall 32. Pitfall 47.
    let mut world = World::typical();
    let to = tier("to: [{name: kube-api, apiServer: {}}]");
    assert!(missing(&to, &world).contains("no address of its API server"));
    let spec = "{clusterIPs: [10.96.0.1, 'fd00::1'], ports: [{name: https, port: 443, targetPort: 6443}]}";
    service(&mut world, "default/kubernetes", spec);
    endpoints(&mut world, "default/kubernetes", &["192.0.2.11", "192.0.2.12", "2001:db8::11"], ("https", 6443));
    let found = policies(&to, &world);
    for host in ["192.0.2.11", "192.0.2.12", "2001:db8::11"] {
        assert_eq!([6443, 443].map(|port| calls(&found, address(host), "TCP", port)), [true, false], "{host}");
    }
    for service in ["10.96.0.1", "fd00::1"] {
        assert_eq!([443, 6443].map(|port| calls(&found, address(service), "TCP", port)), [true, false], "{service}");
    }
    assert!(!calls(&found, address("192.0.2.13"), "TCP", 6443) && !calls(&found, address("10.96.0.2"), "TCP", 443));
}

#[test]
fn where_cilium_enforces_the_api_server_is_allowed_by_what_it_is_at_its_own_ports_only() {
    // Pitfall 13. Pitfall 19. Pitfall 32. Pitfall 55.
    let mut world = World { cilium: Availability::Served, ..World::typical() };
    service(
        &mut world,
        "default/kubernetes",
        "{clusterIPs: [10.96.0.1], ports: [{name: https, port: 443, targetPort: 6443}]}",
    );
    let spec = tier("to: [{name: kube-api, apiServer: {}}]");
    let at = |world: &World| [6443, 8443, 443].map(|port| calls(&policies(&spec, world), End::ApiServer, "TCP", port));
    assert_eq!(at(&world), [false; 3], "it publishes no address, so nobody knows its port");
    endpoints(&mut world, "default/kubernetes", &["192.0.2.11"], ("https", 6443));
    assert_eq!(at(&world), [true, false, false]);
    endpoints(&mut world, "default/kubernetes", &["192.0.2.11"], ("https", 8443));
    assert_eq!(at(&world), [false, true, false]);
    // Those that may not be listed are wanted all the same.
    world.cilium = Availability::Hidden;
    assert_eq!(at(&world), [false, true, false]);
    world.cilium = Availability::NotServed;
    assert_eq!(at(&world), [false; 3]);

    world.cilium = Availability::Served;
    let platform = |cni| Platform { cni, ..Platform::default() };
    let companions = |cni| looked_up(&spec, &platform(cni), &world).1.companions;
    assert!(companions(Cni::Standard)[0].is_none() && companions(Cni::Cilium) == companions(Cni::Auto));
    let telemetry = format!("{}\ntelemetry: [{{name: kube-api, apiServer: {{}}}}]", tier("ports: []"));
    let (_, resolved) = looked_up(&telemetry, &platform(Cni::Auto), &world);
    assert_eq!(
        resolved.companions[0].as_ref().map(|need| need.paths.clone()),
        Some(vec!["spec.telemetry[0]".to_owned()])
    );
    assert!(looked_up(&tier("ports: []"), &platform(Cni::Cilium), &world).1.companions[0].is_none());
}

#[test]
fn a_port_that_the_service_does_not_have_is_told_and_nothing_else_is_allowed_for_it() {
    // Pitfall 18. Pitfall 20.
    let mut world = World::typical();
    service(&mut world, "mail/smtp", "{selector: {app: postfix}, ports: [{port: 25, targetPort: 2525}]}");
    let to = tier("to: [{name: smtp, service: {namespace: mail, name: smtp}, ports: [{port: 25}, {port: 2525}]}]");
    assert!(missing(&to, &world).contains("has no such port"));
}

#[test]
fn endpoints_that_someone_lists_do_not_reach_beyond_the_platforms_ceiling() {
    // Pitfall 20.
    let mut world = World::default();
    service(&mut world, "app/bank", "{ports: [{name: https, port: 443}]}");
    endpoints(&mut world, "app/bank", &["203.0.113.7", "198.51.100.7"], ("https", 8443));
    let ceiling = appnet::api::OperatorConfig { cidr_ceiling: vec!["203.0.113.0/24".into()], ..Default::default() };
    let platform = appnet::model::Platform::parse(&ceiling).expect("a configuration");
    let spec = format!("{}\ndns: {{mode: None}}", tier("to: [{name: bank, service: {name: bank}}]"));
    let (_, resolved) = looked_up(&spec, &platform, &world);
    let said = resolved.unresolved.first().map(|missing| missing.message.clone()).unwrap_or_default();
    assert!(said.contains("the endpoint 198.51.100.7, outside of what the platform allows"), "{said}");
    assert!(resolved.destinations[0].is_empty(), "{resolved:?}");
}
