//! Ingress controllers that nobody names: only what a tenant of another namespace can neither write nor choose tells them.

use appnet::{
    api::{OperatorConfig, Reason},
    model::Platform,
    objects::{Collection, Kind},
    observe::{Availability, SourceRef, World},
};
use serde_json::Value;

use super::{End, Policy, called, looked_up, pod, tier};

/// Who serves, in namespaces of the platform, and who only looks like it.
pub const INSTALLED: &str = "
{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: kube-dns, labels: {k8s-app: kube-dns}}, spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: app, name: front}, spec: {selector: {app: api}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: edge, name: proxy}, spec: {type: LoadBalancer, selector: {run: proxy}, ports: [{port: 443}]}, status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: rogue, name: proxy}, spec: {type: LoadBalancer, selector: {run: rogue}, externalIPs: [203.0.113.7], loadBalancerIP: 203.0.113.7, ports: [{port: 443}]}, status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: edge, name: proxy-1, labels: {run: proxy, app.kubernetes.io/name: ingress-nginx}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: rogue, name: proxy-1, labels: {run: proxy, app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}}}
---
";

const INGRESS: &str = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: app, name: web}, spec: {ingressClassName: nginx, rules: [{http: {paths: [{backend: {service: {name: front, port: {number: 80}}}}]}}]}}";

pub fn world(texts: &[&str]) -> World {
    let mut collection = Collection::default();
    for text in texts.concat().split("\n---\n").filter(|text| !text.trim().is_empty()) {
        let object: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let kind = Kind::of(object["apiVersion"].as_str().expect("one"), object["kind"].as_str().expect("one"));
        collection.add(kind.expect("a kind that is read").read(object, "").expect("an object"), ());
    }
    let gathered = collection.finish();
    gathered.picture.world(&gathered.endpoints)
}

fn with_status(addresses: &str) -> String {
    INGRESS.replacen("}]}}]}}", &format!("}}]}}}}]}}, status: {{loadBalancer: {{ingress: [{addresses}]}}}}}}"), 1)
}

pub fn exposed() -> String {
    tier("ports: [{name: http, port: 8080}], exposed: {}")
}

pub fn proxy(namespace: &str) -> End {
    pod(namespace, &[("run", "proxy"), ("app.kubernetes.io/name", "ingress-nginx")])
}

/// The platform vouches for the namespace of the controller.
pub const EDGE: &str = "protectedNamespaces: [edge]";

/// The policies, who was found, and what was not.
pub fn told(spec: &str, config: &str, world: &World) -> (Vec<Policy>, String, String) {
    let config: OperatorConfig = serde_saphyr::from_str(config).expect("valid");
    let (policies, resolved) = looked_up(spec, &Platform::parse(&config).expect("valid"), world);
    let missing = resolved.unresolved.iter().map(|missing| format!("{}: {}", missing.path, missing.message));
    let reasons = [Reason::IngressControllerNotFound, Reason::MonitoringNotFound];
    assert!(resolved.unresolved.iter().all(|missing| reasons.contains(&missing.reason)));
    (policies, resolved.found.join("\n"), missing.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_service_with_the_address_of_an_ingress_tells_the_controller_where_the_platform_vouches_for_its_namespace() {
    // Pitfall 25.
    let world = world(&[INSTALLED, &with_status("{ip: 203.0.113.7}")]);
    let (policies, found, missing) = told(&exposed(), EDGE, &world);
    assert_eq!(
        found,
        "spec.tiers[0].exposed: Pods with run=proxy in namespace 'edge', because Ingress app/web has the address 203.0.113.7 of \
         Service edge/proxy"
    );
    let verdicts = ["edge", "rogue", "app"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
    assert_eq!(verdicts, [true, false, false], "neither labels nor addresses that anybody may ask for count");
    assert!(!called(&policies, proxy("edge"), "TCP", 9090), "the exposed port only");
    // The other one who has the address is told: on its way, too, calls may arrive.
    assert_eq!(missing, "");

    let (policies, found, missing) = told(&exposed(), "{}", &world);
    assert!(["edge", "rogue"].iter().all(|namespace| !called(&policies, proxy(namespace), "TCP", 8080)));
    assert!(found.is_empty(), "{found}");
    for namespace in ["edge", "rogue"] {
        let said = format!(
            "203.0.113.7 of Service {namespace}/proxy, whose namespace is not among the platform's `protectedNamespaces`"
        );
        assert!(missing.contains(&said), "{missing}");
    }
}

#[test]
fn names_of_load_balancers_are_compared_as_names() {
    // Pitfall 25.
    let services = INSTALLED.replace("[{ip: 203.0.113.7}]}}}", "[{hostname: LB-1.Example.com}]}}}");
    let world = world(&[&services, &with_status("{hostname: lb-1.example.com.}")]);
    let (policies, ..) = told(&exposed(), EDGE, &world);
    assert!(called(&policies, proxy("edge"), "TCP", 8080) && !called(&policies, proxy("rogue"), "TCP", 8080));
}

#[test]
fn whoever_is_named_wins_and_whoever_does_not_want_it_has_it_not() {
    // Pitfall 25.
    let world = world(&[INSTALLED, &with_status("{ip: 203.0.113.7}")]);
    let named = "{namespace: rogue, podSelector: {matchLabels: {run: proxy}}}";
    let of_profile = format!("{}\ningressController: {{from: [{named}]}}", exposed());
    let of_platform = format!("{EDGE}\ningressControllers: [{named}]");
    let off = format!("{EDGE}\ndiscovery: None");
    for (spec, config, expected) in [
        (of_profile.as_str(), EDGE, [false, true]),
        (exposed().as_str(), of_platform.as_str(), [false, true]),
        (of_profile.as_str(), off.as_str(), [false, true]),
        (exposed().as_str(), off.as_str(), [false, false]),
        (exposed().as_str(), EDGE, [true, false]),
    ] {
        let (policies, found, missing) = told(spec, config, &world);
        let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
        assert_eq!(verdicts, expected, "{config} {spec}");
        assert_eq!((found.is_empty(), missing.is_empty()), (!expected[0], expected != [false, false]), "{config}");
    }
}

#[test]
fn what_was_looked_at_in_vain_is_told_and_nobody_is_let_in() {
    // Pitfall 25.
    let class = |controller: &str, annotation: &str| {
        format!(
            "\n---\n{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: nginx, annotations: {{{annotation}}}}}, spec: {{controller: {controller}}}}}"
        )
    };
    let elsewhere = INGRESS.replace("name: front", "name: other");
    let on_host = INSTALLED.replace(
        "labels: {run: proxy, app.kubernetes.io/name: ingress-nginx}}",
        "labels: {run: proxy}}, spec: {hostNetwork: true}",
    );
    // It selects Pods of the namespace, but none of the tier.
    let of_others = format!("{INSTALLED}{{apiVersion: v1, kind: Pod, metadata: {{namespace: app, name: db, labels: {{app: api, part: db}}}}}}\n---\n")
        .replace("selector: {app: api}", "selector: {part: db}");
    let mesh = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {namespace: app, name: web}, spec: {parentRefs: [{group: '', kind: Service, name: front}], rules: [{backendRefs: [{name: front, port: 80}]}]}}";
    let installed = "meta.helm.sh/release-namespace: edge, ingressclass.kubernetes.io/is-default-class: 'true'";
    for (texts, spec, expected) in [
        (vec![INSTALLED.to_owned()], exposed(), "no Ingress and no route of this namespace leads to the tier"),
        (
            vec![INSTALLED.to_owned(), elsewhere],
            exposed(),
            "no Ingress and no route of this namespace leads to the tier",
        ),
        (
            vec![of_others, with_status("{ip: 203.0.113.7}")],
            exposed().replace("{app: api}", "{app: web}"),
            "no Ingress and no route of this namespace leads to the tier",
        ),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned()],
            exposed(),
            "Ingress app/web has no address; Ingress app/web has the unknown class 'nginx'",
        ),
        (
            vec![INSTALLED.to_owned(), with_status("{ip: 203.0.113.70}")],
            exposed(),
            "Ingress app/web has the address 203.0.113.70, which no Service publishes",
        ),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned(), class("k8s.io/ingress-nginx", "")],
            exposed(),
            "IngressClass nginx was not installed by Helm",
        ),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned(), class("example.com/own", installed)],
            exposed(),
            "the controller example.com/own of IngressClass nginx is not known here",
        ),
        (
            vec![
                INSTALLED.to_owned(),
                INGRESS.replace("ingressClassName: nginx, ", ""),
                class("k8s.io/ingress-nginx", installed),
            ],
            exposed(),
            "Ingress app/web names no class",
        ),
        (
            vec![on_host, with_status("{ip: 203.0.113.7}")],
            exposed(),
            "whose Pods are on the host network, where no selector matches them",
        ),
        (
            vec![INSTALLED.to_owned(), mesh.to_owned(), class("k8s.io/ingress-nginx", installed)],
            exposed(),
            "HTTPRoute app/web names no Gateway",
        ),
    ] {
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let (policies, found, missing) = told(&spec, EDGE, &world(&texts));
        let begins = "spec.tiers[0].exposed: neither the profile nor the platform names an ingress controller, and none was found (";
        assert!(missing.starts_with(begins) && missing.contains(expected), "{expected}\n{missing}");
        assert!(missing.ends_with("; name it in `spec.ingressController`"), "{missing}");
        assert_eq!(found, "");
        assert!(["edge", "rogue", "app"].iter().all(|namespace| !called(&policies, proxy(namespace), "TCP", 8080)));
    }
}

#[test]
fn a_class_that_helm_installed_tells_the_namespace_of_a_controller_that_is_known() {
    // Pitfall 25.
    let class = "\n---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx, annotations: {meta.helm.sh/release-namespace: edge}}, spec: {controller: k8s.io/ingress-nginx}}";
    let old = INGRESS.replace(
        "name: web}, spec: {ingressClassName: nginx, ",
        "name: web, annotations: {kubernetes.io/ingress.class: nginx}}, spec: {",
    );
    for ingress in [INGRESS, &old] {
        let (policies, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, ingress, class]));
        assert_eq!(missing, "", "{ingress}");
        assert!(
            found.ends_with("because Ingress app/web has the class nginx, which Helm installed from there"),
            "{found}"
        );
        let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
        assert_eq!(verdicts, [true, false], "{ingress}");
    }
    let on_host = INSTALLED.replacen("ingress-nginx}}}", "ingress-nginx}}, spec: {hostNetwork: true}}", 1);
    let (policies, found, missing) = told(&exposed(), "{}", &world(&[&on_host, INGRESS, class]));
    assert!(
        missing
            .contains("(Pods of IngressClass nginx with app.kubernetes.io/name=ingress-nginx are on the host network"),
        "{found} {missing}"
    );
    assert!(!called(&policies, proxy("edge"), "TCP", 8080), "no selector matches them");
    let partly = on_host
        + "\n---\n{apiVersion: v1, kind: Pod, metadata: {namespace: edge, name: proxy-2, labels: {run: proxy, app.kubernetes.io/name: ingress-nginx}}}\n---\n";
    for (ingress, expected) in [
        (
            INGRESS.to_owned(),
            "(some Pods of IngressClass nginx with app.kubernetes.io/name=ingress-nginx are on the host network",
        ),
        (with_status("{ip: 203.0.113.7}"), "Service edge/proxy, some of whose Pods are on the host network"),
    ] {
        let (policies, found, missing) = told(&exposed(), "{}", &world(&[&partly, &ingress, class]));
        assert!(missing.contains(expected), "{found} {missing}");
        assert!(called(&policies, proxy("edge"), "TCP", 8080), "the others are let in");
    }
    // Its Service has the address: then that tells, without a word of the platform.
    let (_, found, _) = told(&exposed(), "{}", &world(&[INSTALLED, &with_status("{ip: 203.0.113.7}"), class]));
    assert!(
        found.contains("Pods with run=proxy in namespace 'edge', because Ingress app/web has the address"),
        "{found}"
    );
    let of_another = INGRESS.replace("ingressClassName: nginx", "ingressClassName: traefik");
    let (policies, ..) = told(&exposed(), "{}", &world(&[INSTALLED, &of_another, class]));
    assert!(!called(&policies, proxy("edge"), "TCP", 8080));
}

#[test]
fn kinds_that_may_not_be_listed_and_no_more_reasons_than_one_can_read_are_told() {
    // Pitfall 25.
    let more = ["a", "b", "c", "d"]
        .map(|name| format!("\n---\n{}", INGRESS.replace("name: web}", &format!("name: {name}}}"))));
    let mut world = world(&[INSTALLED, &more.concat()]);
    let (_, _, missing) = told(&exposed(), "{}", &world);
    assert!(
        missing.contains("none was found (Ingress app/a has no address; Ingress app/a has the unknown class 'nginx'; Ingress app/b has no address; 5 more); "),
        "{missing}"
    );
    world.callers.note("Ingress", Availability::Hidden);
    world.callers.note("PodMonitor", Availability::Hidden);
    world.callers.note("Gateway", Availability::Served);
    for entry in ["a", "b", "c", "d"] {
        let (kind, namespace, name) = ("Ingress".into(), "app".into(), entry.into());
        assert!(world.callers.remove(&SourceRef { kind, namespace, name }));
    }
    let (_, _, missing) = told(&exposed(), "{}", &world);
    assert!(
        missing.contains("(no Ingress and no route of this namespace leads to the tier; the operator may not list objects of kind Ingress); "),
        "{missing}"
    );
}

#[test]
fn one_way_in_of_two_whose_controller_is_not_found_is_told_beside_the_other() {
    // Pitfall 25.
    let second = INGRESS.replace("name: web}", "name: public}");
    let texts = [INSTALLED, &with_status("{ip: 203.0.113.7}"), "\n---\n", &second];
    let (policies, found, missing) = told(&exposed(), EDGE, &world(&texts));
    assert!(called(&policies, proxy("edge"), "TCP", 8080));
    assert!(found.contains("because Ingress app/web has the address"), "{found}");
    assert!(
        missing.starts_with("spec.tiers[0].exposed: an ingress controller was not found for all of it (Ingress app/public has no address; "),
        "{missing}"
    );
}
