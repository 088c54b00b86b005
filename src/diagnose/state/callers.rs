//! Who calls from beyond the app: the Pods of ingress controllers and scrapers, as far as their usual installation tells.

use super::Scene;
use crate::{
    model::Labels,
    reach::{Pod, PodId},
};

/// A controller of ingresses by the name that an `IngressClass` gives it, and the label of its Pods.
struct Known {
    controller: &'static str,
    /// The class when no `IngressClass` was read.
    class: &'static str,
    labels: &'static [(&'static str, &'static str)],
}

const KNOWN: [Known; 7] = [
    Known {
        controller: "k8s.io/ingress-nginx",
        class: "nginx",
        labels: &[("app.kubernetes.io/name", "ingress-nginx"), ("app", "ingress-nginx")],
    },
    Known {
        controller: "nginx.org/ingress-controller",
        class: "nginx",
        labels: &[("app.kubernetes.io/name", "nginx-ingress"), ("app", "nginx-ingress")],
    },
    Known {
        controller: "traefik.io/ingress-controller",
        class: "traefik",
        labels: &[("app.kubernetes.io/name", "traefik"), ("app", "traefik")],
    },
    Known {
        controller: "haproxy.org/ingress-controller/haproxy",
        class: "haproxy",
        labels: &[("app.kubernetes.io/name", "kubernetes-ingress"), ("run", "haproxy-ingress")],
    },
    Known {
        controller: "projectcontour.io/ingress-controller",
        class: "contour",
        labels: &[("app", "envoy"), ("app.kubernetes.io/component", "envoy")],
    },
    Known {
        controller: "ingress-controllers.konghq.com/kong",
        class: "kong",
        labels: &[("app.kubernetes.io/name", "kong"), ("app.kubernetes.io/name", "ingress")],
    },
    Known {
        controller: "openshift.io/ingress-to-route",
        class: "openshift-default",
        labels: &[("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "default")],
    },
];

fn has(labels: &Labels, wanted: &[(&str, &str)]) -> bool {
    wanted.iter().any(|(key, value)| labels.get(*key).is_some_and(|own| own == value))
}

fn first_of_each<'a>(scene: &Scene<'a>, is: impl Fn(&Pod) -> bool) -> Vec<(PodId, &'a Pod)> {
    scene.kinds_of_all_pods().into_iter().filter(|(_, pod)| is(pod)).collect()
}

/// The Pods that serve a class of ingresses; those of every known controller where the class is unknown or not named.
pub(super) fn controllers<'a>(scene: &Scene<'a>, class: Option<&str>) -> Vec<(PodId, &'a Pod)> {
    let controller = class.and_then(|class| scene.details.classes.get(class));
    let of_class = |known: &&Known| match (controller, class) {
        (Some(controller), _) => known.controller == controller,
        (None, Some(class)) => known.class == class,
        (None, None) => true,
    };
    let mut wanted: Vec<_> = KNOWN.iter().filter(of_class).collect();
    // A class that nothing is known of may have any name.
    if wanted.is_empty() && controller.is_none() {
        wanted = KNOWN.iter().collect();
    }
    let beside =
        |pod: &Pod| pod.labels.get("app.kubernetes.io/component").is_some_and(|part| part == "default-backend");
    first_of_each(scene, |pod| !beside(pod) && wanted.iter().any(|known| has(&pod.labels, known.labels)))
}

/// The Pods that a controller made for a Gateway.
pub(super) fn gateways<'a>(scene: &Scene<'a>, (namespace, name): (&str, &str)) -> Vec<(PodId, &'a Pod)> {
    const ENVOY: [&str; 2] =
        ["gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace"];
    first_of_each(scene, |pod| {
        let label = |key: &str, value: &str| pod.labels.get(key).is_some_and(|own| own == value);
        (pod.namespace == namespace && label("gateway.networking.k8s.io/gateway-name", name))
            || (label(ENVOY[0], name) && label(ENVOY[1], namespace))
    })
}

/// The Pods that scrape.
pub(super) fn scrapers<'a>(scene: &Scene<'a>) -> Vec<(PodId, &'a Pod)> {
    const LABELS: [(&str, &str); 6] = [
        ("app.kubernetes.io/name", "prometheus"),
        ("app.kubernetes.io/name", "prometheus-agent"),
        ("app.kubernetes.io/name", "vmagent"),
        ("app", "prometheus"),
        ("app", "prometheus-agent"),
        ("app.kubernetes.io/name", "grafana-agent"),
    ];
    first_of_each(scene, |pod| has(&pod.labels, &LABELS))
}
