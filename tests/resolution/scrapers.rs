//! Scrapers that nobody names: only those of the platform count, by monitors of the profile's own namespace or of the platform.

use super::{
    End, called,
    callers::{INSTALLED, told, world},
    pod, tier,
};

const NAMESPACES: &str = "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: app, labels: {team: shop}}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: watch, labels: {team: ops}}}";
const POD_MONITOR: &str = "\n---\n{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, metadata: {namespace: app, name: api, labels: {release: main}}, spec: {selector: {matchLabels: {app: api}}, podMetricsEndpoints: [{port: telemetry}]}}";
const SERVICE_MONITOR: &str = "\n---\n{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {namespace: watch, name: api, labels: {release: main}}, spec: {namespaceSelector: {matchNames: [app]}, selector: {matchExpressions: [{key: part, operator: In, values: [front]}]}, endpoints: [{port: telemetry}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {namespace: app, name: api, labels: {part: front}}, spec: {selector: {app: api}, ports: [{port: 9100}]}}";
const WATCH: &str = "protectedNamespaces: [watch]";

fn prometheus(spec: &str) -> String {
    format!(
        "\n---\n{{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {{namespace: watch, name: main}}, spec: {{{spec}}}}}"
    )
}

fn scraped() -> String {
    tier("ports: [{name: http, port: 8080}, {name: telemetry, port: 9100}], metrics: {ports: [telemetry]}")
}

fn scraper(namespace: &str, name: &str) -> End {
    pod(namespace, &[("app.kubernetes.io/name", "prometheus"), ("operator.prometheus.io/name", name)])
}

#[test]
fn a_prometheus_of_the_platform_that_reads_a_monitor_of_the_tier_is_the_scraper_and_no_other() {
    // Pitfall 58.
    for (monitor, spec, reads) in [
        (POD_MONITOR, "podMonitorSelector: {}, podMonitorNamespaceSelector: {}", true),
        (
            POD_MONITOR,
            "podMonitorSelector: {matchLabels: {release: main}}, podMonitorNamespaceSelector: {matchLabels: {team: shop}}",
            true,
        ),
        (POD_MONITOR, "podMonitorSelector: {}, podMonitorNamespaceSelector: {}, ignoreNamespaceSelectors: true", true),
        (POD_MONITOR, "podMonitorSelector: {matchLabels: {release: other}}, podMonitorNamespaceSelector: {}", false),
        (POD_MONITOR, "podMonitorSelector: {}, podMonitorNamespaceSelector: {matchLabels: {team: ops}}", false),
        (POD_MONITOR, "podMonitorSelector: {}", false),
        (
            POD_MONITOR,
            "podMonitorNamespaceSelector: {}, serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}",
            false,
        ),
        (SERVICE_MONITOR, "serviceMonitorSelector: {}", true),
        (SERVICE_MONITOR, "serviceMonitorSelector: {matchLabels: {release: main}}", true),
        (SERVICE_MONITOR, "serviceMonitorSelector: {}, ignoreNamespaceSelectors: true", false),
        (
            SERVICE_MONITOR,
            "serviceMonitorNamespaceSelector: {}, podMonitorSelector: {}, podMonitorNamespaceSelector: {}",
            false,
        ),
    ] {
        let world = world(&[INSTALLED, NAMESPACES, monitor, &prometheus(spec)]);
        let (policies, found, missing) = told(&scraped(), WATCH, &world);
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
}

#[test]
fn neither_a_monitor_nor_a_prometheus_of_another_tenant_opens_a_tier() {
    // Pitfall 58.
    let all = "podMonitorSelector: {}, podMonitorNamespaceSelector: {}";
    let theirs = POD_MONITOR
        .replace("namespace: app", "namespace: rogue")
        .replace("podMetricsEndpoints", "namespaceSelector: {any: true}, podMetricsEndpoints");
    let nowhere = "no PodMonitor and no ServiceMonitor here or of the platform asks for the tier";
    let of_another = POD_MONITOR.replace("{app: api}", "{app: web}");
    let own = prometheus(all).replace("namespace: watch", "namespace: rogue");
    let on_host = format!("{all}, hostNetwork: true");
    for (monitor, prometheus, expected) in [
        (theirs.as_str(), prometheus(all), nowhere),
        (&of_another, prometheus(all), nowhere),
        (
            POD_MONITOR,
            own,
            "Prometheus rogue/main reads PodMonitor app/api, and its namespace is not among the platform's",
        ),
        (
            POD_MONITOR,
            prometheus(&on_host),
            "Prometheus watch/main reads PodMonitor app/api, and no selector matches its Pods",
        ),
    ] {
        let (policies, found, missing) =
            told(&scraped(), WATCH, &world(&[INSTALLED, NAMESPACES, monitor, &prometheus]));
        assert!(found.is_empty() && missing.contains(expected), "{expected}\n{missing}");
        assert!(["watch", "rogue"].iter().all(|namespace| !called(&policies, scraper(namespace, "main"), "TCP", 9100)));
    }
    // Names of objects may be longer than the values of labels.
    for (length, expected) in [(63, true), (64, false), (65, false)] {
        let long = "m".repeat(length);
        let prometheus = prometheus(all).replace("name: main", &format!("name: {long}"));
        let (policies, ..) = told(&scraped(), WATCH, &world(&[INSTALLED, NAMESPACES, POD_MONITOR, &prometheus]));
        assert_eq!(called(&policies, scraper("watch", &long), "TCP", 9100), expected, "{length}");
    }
    let off = format!("{WATCH}\ndiscovery: None");
    let (_, found, missing) = told(&scraped(), &off, &world(&[INSTALLED, NAMESPACES, POD_MONITOR, &prometheus(all)]));
    assert!(
        found.is_empty() && missing.ends_with("nor the platform names a scraper; name it in `spec.monitoring`"),
        "{missing}"
    );
}
