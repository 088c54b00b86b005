//! Pods with the proxy of a mesh: it calls the mesh's control plane, and is called at ports of its own.

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::{Protocol, Reason},
    explain::{name_of, name_of_workload},
    model::Labels,
    observe::Mesh,
    reach::{Direction, End, Outcome, Pod, PodId},
};

/// The control plane of a mesh: its Pods' label, and the port at which proxies call it.
struct ControlPlane {
    mesh: Mesh,
    name: &'static str,
    label: (&'static str, &'static str),
    port: u16,
}

const KNOWN: [ControlPlane; 4] = [
    ControlPlane { mesh: Mesh::Istio, name: "istiod", label: ("app", "istiod"), port: 15012 },
    ControlPlane {
        mesh: Mesh::Linkerd,
        name: "Linkerd's destination",
        label: ("linkerd.io/control-plane-component", "destination"),
        port: 8086,
    },
    ControlPlane {
        mesh: Mesh::Linkerd,
        name: "Linkerd's policy",
        label: ("linkerd.io/control-plane-component", "destination"),
        port: 8090,
    },
    ControlPlane {
        mesh: Mesh::Linkerd,
        name: "Linkerd's identity",
        label: ("linkerd.io/control-plane-component", "identity"),
        port: 8080,
    },
];

/// The port through which Istio's ambient mode carries every call between Pods (istio/istio#56659).
const TUNNEL: u16 = 15008;

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let kinds = scene.kinds_of_pods();
    let mut all = Vec::new();
    for (id, pod) in &kinds {
        if let Some(mesh) = scene.details.pod(&pod.namespace, &pod.name).and_then(|details| details.mesh) {
            all.extend(control_plane(scene, (*id, pod), mesh));
        }
    }
    all.extend(tunnels(scene, &kinds));
    all
}

/// Every part of it that may not be called: with one missing the proxy does not start, and whoever mends one does not want to ask again.
fn control_plane(scene: &Scene<'_>, (id, pod): (PodId, &Pod), mesh: Mesh) -> Vec<Diagnosis> {
    let everyone = scene.kinds_of_all_pods();
    let of_part = |known: &ControlPlane| {
        let (key, value) = known.label;
        let (to, server) = everyone.iter().find(|(_, pod)| pod.labels.get(key).is_some_and(|own| own == value))?;
        let port = (Protocol::Tcp, known.port);
        (scene.outcome(id, End::Pod(*to), port) == Outcome::Denied).then(|| {
            found(
                (Symptom::NotPolicy, Severity::Error, Reason::MeshPortsBlocked),
                name_of_workload(pod),
                format!(
                    "the Pods have the proxy of a mesh, which must call {} ({}) at TCP {}, and policies do not let it: the proxy does not start",
                    known.name,
                    name_of_workload(server),
                    known.port
                ),
                scene.fix(&name_of(pod), &name_of(server), port),
            )
        })
    };
    KNOWN.iter().filter(|known| known.mesh == mesh).filter_map(of_part).collect()
}

/// Namespaces of Istio's ambient mode, where every call comes at one port.
fn tunnels(scene: &Scene<'_>, kinds: &[(PodId, &Pod)]) -> Vec<Diagnosis> {
    let mode = |labels: &Labels| labels.get("istio.io/dataplane-mode").map(|mode| mode == "ambient");
    // A Pod may say otherwise than its namespace.
    let ambient = |pod: &Pod| {
        let of_namespace = || scene.setting.picture.namespaces.get(&pod.namespace).and_then(mode);
        mode(&pod.labels).or_else(of_namespace).unwrap_or(false)
    };
    let closed = kinds.iter().filter(|(id, pod)| {
        ambient(pod)
            && scene.is_isolated(*id, Direction::Ingress)
            && !scene.setting.reach.open_to_someone(*id).spans(Protocol::Tcp).is_empty()
            && !scene.setting.reach.open_to_someone(*id).contains(Protocol::Tcp, TUNNEL)
    });
    closed
        .map(|(id, pod)| {
            let policies = scene.isolating(*id, Direction::Ingress).join(", ");
            found(
                (Symptom::NotPolicy, Severity::Error, Reason::MeshPortsBlocked),
                name_of_workload(pod),
                format!(
                    "the namespace is in the ambient mode of Istio, where calls come through a tunnel at TCP {TUNNEL}, and {policies} lets \
                     nobody in there"
                ),
                // Opening the tunnel to everybody would void every other rule for those in the mesh.
                Fix::Do(format!(
                    "add TCP {TUNNEL} to the ports of the rules for callers in the mesh; inside the tunnel Istio's own policies decide about ports"
                )),
            )
        })
        .collect()
}
