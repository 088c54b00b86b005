//! Who calls from beyond the app: the Pods of ingress controllers and scrapers, as far as their usual installation tells.

use super::Scene;
use crate::{
    model::Labels,
    policy::{KNOWN_CONTROLLERS, KnownController, is_default_backend},
    reach::{Pod, PodId},
};

fn has(labels: &Labels, wanted: &[(&str, &str)]) -> bool {
    wanted.iter().any(|(key, value)| labels.get(*key).is_some_and(|own| own == value))
}

fn first_of_each<'a>(scene: &Scene<'a>, is: impl Fn(&Pod) -> bool) -> Vec<(PodId, &'a Pod)> {
    scene.kinds_of_all_pods().into_iter().filter(|(_, pod)| is(pod)).collect()
}

/// The Pods that serve a class of ingresses; those of every known controller where the class is unknown or not named.
pub(super) fn controllers<'a>(scene: &Scene<'a>, class: Option<&str>) -> Vec<(PodId, &'a Pod)> {
    let controller = class.and_then(|class| Some(&scene.world.callers.class(class)?.controller));
    let of_class = |known: &&KnownController| match (controller, class) {
        (Some(controller), _) => known.controller == controller,
        (None, Some(class)) => known.class == class,
        (None, None) => true,
    };
    let mut wanted: Vec<_> = KNOWN_CONTROLLERS.iter().filter(of_class).collect();
    // A class that nothing is known of may have any name.
    if wanted.is_empty() && controller.is_none() {
        wanted = KNOWN_CONTROLLERS.iter().collect();
    }
    first_of_each(scene, |pod| {
        !is_default_backend(&pod.labels) && wanted.iter().any(|known| has(&pod.labels, known.labels))
    })
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
