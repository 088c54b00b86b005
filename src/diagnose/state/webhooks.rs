//! Services that the API server calls: its calls come from nodes or tunnels, which no selector matches.

use super::{
    Diagnosis, Scene, Severity, Symptom,
    scene::{found, manifest},
};
use crate::{
    api::{Protocol, Reason},
    explain::name_of_workload,
    reach::{BackendPort, Direction, Peer, Peers, PodId, Rule},
};

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for webhook in scene.details.webhooks.iter().filter(|webhook| scene.scope.has(&webhook.service.namespace)) {
        let picture = scene.setting.picture;
        let Some(row) = picture.services.get(&webhook.service) else { continue };
        let behind = scene.setting.reach.behind(picture, (&webhook.service, row), &BackendPort::Number(webhook.port));
        let Some((pod, port)) =
            behind.iter().find_map(|(pod, ports)| Some((*pod, ports.spans(Protocol::Tcp).first()?.0)))
        else {
            continue;
        };
        if !scene.is_isolated(pod, Direction::Ingress) || lets_in_addresses(scene, pod, port) {
            continue;
        }
        let answers = &picture.pods[pod as usize];
        let policies = scene.isolating(pod, Direction::Ingress).join(", ");
        let name =
            scene.setting.free_name(&answers.namespace, &format!("allow-api-server-to-{}", webhook.service.name));
        let object = serde_json::json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": answers.namespace},
            "spec": {
                "podSelector": {"matchLabels": Scene::lasting_labels(answers)},
                "policyTypes": ["Ingress"],
                "ingress": [{"ports": [{"port": port, "protocol": "TCP"}]}],
            },
        });
        all.push(found(
            (Symptom::NotPolicy, Severity::Warning, Reason::WebhookBlocked),
            format!("{} {}", webhook.kind, webhook.name),
            format!(
                "the API server calls {} at TCP {port} through Service {}/{}, from nodes or a tunnel that no selector matches, and {policies} \
                 lets in no addresses there: requests that need the webhook fail or hang (the fix lets everyone in at that port, since nobody can \
                 name the API server)",
                name_of_workload(answers),
                webhook.service.namespace,
                webhook.service.name
            ),
            manifest(&object),
        ));
    }
    all
}

/// Is there a rule for everyone, or for any addresses, at this port?
fn lets_in_addresses(scene: &Scene<'_>, pod: PodId, port: u16) -> bool {
    let about_addresses = |rule: &&Rule| {
        rule.peers == Peers::Any || rule.peers.listed().iter().any(|peer| matches!(peer, Peer::Block { .. }))
    };
    let rules = scene.policies(pod, Direction::Ingress).filter_map(|policy| policy.rules(Direction::Ingress)).flatten();
    let named = |rule: &Rule| {
        let pod = &scene.setting.picture.pods[pod as usize];
        pod.ports
            .iter()
            .any(|one| one.number == port && rule.ports.names.iter().any(|(_, name)| name.as_str() == one.name))
    };
    rules.filter(about_addresses).any(|rule| rule.ports.numbers.contains(Protocol::Tcp, port) || named(rule))
}
