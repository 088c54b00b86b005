//! Ingress controllers as their usual installations label their Pods.

use crate::model::Labels;

/// A controller of ingresses.
pub(crate) struct KnownController {
    /// The name that `IngressClasses` give it.
    pub(crate) controller: &'static str,
    /// The class when no `IngressClass` was read.
    pub(crate) class: &'static str,
    /// A label of its Pods: one of these, by the way that it was installed.
    pub(crate) labels: &'static [(&'static str, &'static str)],
}

/// The controllers that are known.
pub(crate) const KNOWN_CONTROLLERS: [KnownController; 7] = [
    KnownController {
        controller: "k8s.io/ingress-nginx",
        class: "nginx",
        labels: &[("app.kubernetes.io/name", "ingress-nginx"), ("app", "ingress-nginx")],
    },
    KnownController {
        controller: "nginx.org/ingress-controller",
        class: "nginx",
        labels: &[("app.kubernetes.io/name", "nginx-ingress"), ("app", "nginx-ingress")],
    },
    KnownController {
        controller: "traefik.io/ingress-controller",
        class: "traefik",
        labels: &[("app.kubernetes.io/name", "traefik"), ("app", "traefik")],
    },
    KnownController {
        controller: "haproxy.org/ingress-controller/haproxy",
        class: "haproxy",
        labels: &[("app.kubernetes.io/name", "kubernetes-ingress"), ("run", "haproxy-ingress")],
    },
    KnownController {
        controller: "projectcontour.io/ingress-controller",
        class: "contour",
        labels: &[("app", "envoy"), ("app.kubernetes.io/component", "envoy")],
    },
    KnownController {
        controller: "ingress-controllers.konghq.com/kong",
        class: "kong",
        labels: &[("app.kubernetes.io/name", "kong"), ("app.kubernetes.io/name", "ingress")],
    },
    KnownController {
        controller: "openshift.io/ingress-to-route",
        class: "openshift-default",
        labels: &[("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "default")],
    },
];

/// A page for what nobody serves: it calls nobody.
pub(crate) fn is_default_backend(labels: &Labels) -> bool {
    labels.get("app.kubernetes.io/component").is_some_and(|part| part == "default-backend")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_what_nobody_serves_is_known_by_its_component() {
        let labels = |part: &str| Labels::from([("app.kubernetes.io/component".into(), part.into())]);
        assert!(is_default_backend(&labels("default-backend")));
        assert!(!is_default_backend(&labels("controller")) && !is_default_backend(&Labels::default()));
    }
}
