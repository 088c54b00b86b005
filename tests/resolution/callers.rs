//! Ingress controllers and scrapers that nobody names: only what a tenant cannot write tells them.

use appnet::{
    api::{OperatorConfig, Reason},
    model::Platform,
    objects::{Collection, Kind},
    observe::World,
};
use serde_json::Value;

use super::{End, Policy, called, looked_up, pod, tier};

/// Who serves, in namespaces of the platform, and who only looks like it.
const INSTALLED: &str = "
{apiVersion: v1, kind: Service, metadata: {namespace: kube-system, name: kube-dns, labels: {k8s-app: kube-dns}}, spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: app, name: front}, spec: {selector: {app: api}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: edge, name: proxy}, spec: {type: LoadBalancer, selector: {run: proxy}, ports: [{port: 443}]}, status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: rogue, name: proxy}, spec: {type: LoadBalancer, selector: {run: rogue}, externalIPs: [203.0.113.7], loadBalancerIP: 203.0.113.7, ports: [{port: 443}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: edge, name: proxy-1, labels: {run: proxy, app.kubernetes.io/name: ingress-nginx}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: rogue, name: proxy-1, labels: {run: proxy, app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}}}
---
";

const INGRESS: &str = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: app, name: web}, spec: {ingressClassName: nginx, rules: [{http: {paths: [{backend: {service: {name: front, port: {number: 80}}}}]}}]}}";

fn world(texts: &[&str]) -> World {
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

fn exposed() -> String {
    tier("ports: [{name: http, port: 8080}], exposed: {}")
}

fn proxy(namespace: &str) -> End {
    pod(namespace, &[("run", "proxy"), ("app.kubernetes.io/name", "ingress-nginx")])
}

/// The policies, who was found, and what was not.
fn told(spec: &str, config: &str, world: &World) -> (Vec<Policy>, String, String) {
    let config: OperatorConfig = serde_saphyr::from_str(config).expect("valid");
    let (policies, resolved) = looked_up(spec, &Platform::parse(&config).expect("valid"), world);
    let missing = resolved.unresolved.iter().map(|missing| format!("{}: {}", missing.path, missing.message));
    let reasons = [Reason::IngressControllerNotFound, Reason::MonitoringNotFound];
    assert!(resolved.unresolved.iter().all(|missing| reasons.contains(&missing.reason)));
    (policies, resolved.found.join("\n"), missing.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_service_whose_published_address_an_ingress_has_tells_the_controller_and_no_label_does() {
    let world = world(&[INSTALLED, &with_status("{ip: 203.0.113.7}")]);
    let (policies, found, missing) = told(&exposed(), "{}", &world);
    assert_eq!(missing, "");
    assert_eq!(
        found,
        "spec.tiers[0].exposed: Pods with run=proxy in namespace 'edge', because Ingress app/web has the address 203.0.113.7 of \
         Service edge/proxy"
    );
    let verdicts = ["edge", "rogue", "app"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
    assert_eq!(verdicts, [true, false, false], "addresses that anybody may ask for do not count");
    assert!(!called(&policies, proxy("edge"), "TCP", 9090), "the exposed port only");
}

#[test]
fn names_of_load_balancers_are_compared_as_names() {
    let services = INSTALLED.replace("[{ip: 203.0.113.7}]}}}", "[{hostname: LB-1.Example.com}]}}}");
    let world = world(&[&services, &with_status("{hostname: lb-1.example.com.}")]);
    let (policies, ..) = told(&exposed(), "{}", &world);
    assert!(called(&policies, proxy("edge"), "TCP", 8080) && !called(&policies, proxy("rogue"), "TCP", 8080));
}

#[test]
fn whoever_is_named_wins_and_whoever_does_not_want_it_has_it_not() {
    let world = world(&[INSTALLED, &with_status("{ip: 203.0.113.7}")]);
    let named = "{namespace: rogue, podSelector: {matchLabels: {run: proxy}}}";
    let of_profile = format!("{}\ningressController: {{from: [{named}]}}", exposed());
    let of_platform = format!("ingressControllers: [{named}]");
    for (spec, config, expected) in [
        (of_profile.as_str(), "{}", [false, true]),
        (exposed().as_str(), of_platform.as_str(), [false, true]),
        (of_profile.as_str(), "discovery: None", [false, true]),
        (exposed().as_str(), "discovery: None", [false, false]),
        (exposed().as_str(), "discovery: Auto", [true, false]),
    ] {
        let (policies, found, missing) = told(spec, config, &world);
        let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
        assert_eq!(verdicts, expected, "{config} {spec}");
        assert_eq!((found.is_empty(), missing.is_empty()), (!expected[0], expected != [false, false]), "{config}");
    }
}

#[test]
fn what_was_looked_at_in_vain_is_told_and_nobody_is_let_in() {
    let class = |annotation: &str| {
        format!(
            "\n---\n{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: nginx, annotations: {{{annotation}}}}}, spec: {{controller: k8s.io/ingress-nginx}}}}"
        )
    };
    let elsewhere = INGRESS.replace("name: front", "name: other");
    let on_host = INSTALLED.replace(
        "labels: {run: proxy, app.kubernetes.io/name: ingress-nginx}}",
        "labels: {run: proxy}}, spec: {hostNetwork: true}",
    );
    for (texts, expected) in [
        (vec![INSTALLED.to_owned()], "no Ingress and no route of this namespace leads to the tier"),
        (vec![INSTALLED.to_owned(), elsewhere], "no Ingress and no route of this namespace leads to the tier"),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned()],
            "Ingress app/web has no address; Ingress app/web has the unknown class 'nginx'",
        ),
        (
            vec![INSTALLED.to_owned(), with_status("{ip: 203.0.113.70}")],
            "Ingress app/web has the address 203.0.113.70, which is no Service's",
        ),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned(), class("")],
            "IngressClass nginx does not say that Helm installed it",
        ),
        (
            vec![INSTALLED.to_owned(), INGRESS.to_owned(), class("meta.helm.sh/release-namespace: empty")],
            "no Pod of the controller k8s.io/ingress-nginx of IngressClass nginx was found in namespace empty",
        ),
        (
            vec![on_host, with_status("{ip: 203.0.113.7}")],
            "whose Pods are on the host network, where no selector matches them",
        ),
    ] {
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let (policies, found, missing) = told(&exposed(), "{}", &world(&texts));
        let begins = "spec.tiers[0].exposed: neither the profile nor the platform names an ingress controller, and none was found (";
        assert!(missing.starts_with(begins) && missing.contains(expected), "{expected}\n{missing}");
        assert!(missing.ends_with("; name it in `spec.ingressController`"), "{missing}");
        assert_eq!(found, "");
        assert!(["edge", "rogue", "app"].iter().all(|namespace| !called(&policies, proxy(namespace), "TCP", 8080)));
    }
}

#[test]
fn a_class_that_helm_installed_tells_the_namespace_and_the_default_class_counts_where_none_is_named() {
    let class = "\n---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx, annotations: {meta.helm.sh/release-namespace: edge, ingressclass.kubernetes.io/is-default-class: 'true'}}, spec: {controller: k8s.io/ingress-nginx}}";
    let old = INGRESS.replace(
        "name: web}, spec: {ingressClassName: nginx, ",
        "name: web, annotations: {kubernetes.io/ingress.class: nginx}}, spec: {",
    );
    let classless = INGRESS.replace("ingressClassName: nginx, ", "");
    for ingress in [INGRESS, &old, &classless] {
        let (policies, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, ingress, class]));
        assert_eq!(missing, "", "{ingress}");
        assert!(
            found.ends_with("because Ingress app/web has the class nginx, which Helm installed from there"),
            "{found}"
        );
        let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, proxy(namespace), "TCP", 8080));
        assert_eq!(verdicts, [true, false], "{ingress}");
    }
    let of_another = INGRESS.replace("ingressClassName: nginx", "ingressClassName: traefik");
    let (policies, ..) = told(&exposed(), "{}", &world(&[INSTALLED, &of_another, class]));
    assert!(!called(&policies, proxy("edge"), "TCP", 8080));
}

#[test]
fn a_route_tells_its_gateway_which_has_an_address_or_pods_beside_it() {
    let route = "\n---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {namespace: app, name: web}, spec: {parentRefs: [{namespace: edge, name: public}], rules: [{backendRefs: [{name: front, port: 80}]}]}}";
    let gateway = |status: &str| {
        format!(
            "\n---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{namespace: edge, name: public}}, status: {{addresses: [{status}]}}}}"
        )
    };
    let (policies, found, _) = told(&exposed(), "{}", &world(&[INSTALLED, route, &gateway("{value: 203.0.113.7}")]));
    assert!(found.contains("because Gateway edge/public has the address 203.0.113.7 of Service edge/proxy"), "{found}");
    assert!(called(&policies, proxy("edge"), "TCP", 8080) && !called(&policies, proxy("rogue"), "TCP", 8080));

    let made = |namespace: &str| {
        format!(
            "\n---\n{{apiVersion: v1, kind: Pod, metadata: {{namespace: {namespace}, name: public-1, labels: {{gateway.networking.k8s.io/gateway-name: public}}}}}}"
        )
    };
    let of_gateway = |namespace: &str| pod(namespace, &[("gateway.networking.k8s.io/gateway-name", "public")]);
    let (policies, found, _) =
        told(&exposed(), "{}", &world(&[INSTALLED, route, &gateway(""), &made("edge"), &made("rogue")]));
    assert!(found.ends_with("because they are made for Gateway edge/public"), "{found}");
    let verdicts = ["edge", "rogue"].map(|namespace| called(&policies, of_gateway(namespace), "TCP", 8080));
    assert_eq!(verdicts, [true, false]);
    let (_, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, route, &gateway(""), &made("rogue")]));
    assert!(found.is_empty() && missing.contains("no Pod beside Gateway edge/public is labelled"), "{missing}");

    // Somebody else's route to the same Service is no word of the app's.
    let foreign = route
        .replace("namespace: app, name: web", "namespace: rogue, name: web")
        .replace("name: front,", "namespace: app, name: front,");
    let (_, found, missing) = told(&exposed(), "{}", &world(&[INSTALLED, &foreign, &gateway("{value: 203.0.113.7}")]));
    assert!(found.is_empty() && missing.contains("no Ingress and no route of this namespace"), "{missing}");
}

#[test]
fn a_prometheus_that_reads_a_monitor_of_the_tier_is_the_scraper_and_no_other() {
    let scraped =
        tier("ports: [{name: http, port: 8080}, {name: telemetry, port: 9100}], metrics: {ports: [telemetry]}");
    let namespaces = "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: app, labels: {team: shop}}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: watch, labels: {team: ops}}}";
    let pod_monitor = "\n---\n{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, metadata: {namespace: app, name: api, labels: {release: main}}, spec: {selector: {matchLabels: {app: api}}, podMetricsEndpoints: [{port: telemetry}]}}";
    let service_monitor = "\n---\n{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {namespace: watch, name: api, labels: {release: main}}, spec: {namespaceSelector: {matchNames: [app]}, selector: {matchExpressions: [{key: part, operator: In, values: [front]}]}, endpoints: [{port: telemetry}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {namespace: app, name: api, labels: {part: front}}, spec: {selector: {app: api}, ports: [{port: 9100}]}}";
    let prometheus = |spec: &str| {
        format!(
            "\n---\n{{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {{namespace: watch, name: main}}, spec: {{{spec}}}}}"
        )
    };
    let scraper = |namespace: &str, name: &str| {
        pod(namespace, &[("app.kubernetes.io/name", "prometheus"), ("operator.prometheus.io/name", name)])
    };
    for (monitor, spec, reads) in [
        (pod_monitor, "podMonitorSelector: {}, podMonitorNamespaceSelector: {}", true),
        (
            pod_monitor,
            "podMonitorSelector: {matchLabels: {release: main}}, podMonitorNamespaceSelector: {matchLabels: {team: shop}}",
            true,
        ),
        (pod_monitor, "podMonitorSelector: {matchLabels: {release: other}}, podMonitorNamespaceSelector: {}", false),
        (pod_monitor, "podMonitorSelector: {}, podMonitorNamespaceSelector: {matchLabels: {team: ops}}", false),
        (pod_monitor, "podMonitorSelector: {}", false),
        (
            pod_monitor,
            "podMonitorNamespaceSelector: {}, serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}",
            false,
        ),
        (service_monitor, "serviceMonitorSelector: {}", true),
        (service_monitor, "serviceMonitorSelector: {matchLabels: {release: main}}", true),
        (
            service_monitor,
            "serviceMonitorNamespaceSelector: {}, podMonitorSelector: {}, podMonitorNamespaceSelector: {}",
            false,
        ),
    ] {
        let (policies, found, missing) =
            told(&scraped, "{}", &world(&[INSTALLED, namespaces, monitor, &prometheus(spec)]));
        let verdicts = [("watch", "main"), ("watch", "other"), ("rogue", "main")]
            .map(|(namespace, name)| called(&policies, scraper(namespace, name), "TCP", 9100));
        assert_eq!(verdicts, [reads, false, false], "{spec}\n{missing}");
        assert!(!called(&policies, scraper("watch", "main"), "TCP", 8080), "the scraped port only");
        if reads {
            assert!(found.contains("because Prometheus watch/main reads "), "{found}");
        } else {
            assert!(missing.contains("names a scraper, and none was found (no Prometheus reads "), "{missing}");
        }
    }
    let of_another = pod_monitor.replace("{app: api}", "{app: web}");
    let all = prometheus("podMonitorSelector: {}, podMonitorNamespaceSelector: {}");
    let (_, found, missing) = told(&scraped, "{}", &world(&[INSTALLED, namespaces, &of_another, &all]));
    assert!(found.is_empty() && missing.contains("no PodMonitor and no ServiceMonitor asks for the tier"), "{missing}");
    let (_, found, missing) = told(&scraped, "discovery: None", &world(&[INSTALLED, namespaces, pod_monitor, &all]));
    assert!(
        found.is_empty() && missing.ends_with("nor the platform names a scraper; name it in `spec.monitoring`"),
        "{missing}"
    );
}
