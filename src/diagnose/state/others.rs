//! Policies that say more than one thinks, and those that are not evaluated: of others, of other APIs, in places where they hurt,
//! and beyond what a CNI can do.

use std::collections::BTreeMap;

use super::{Diagnosis, Fix, Scene, Severity, Symptom, scene::found};
use crate::{
    api::Reason,
    model::PodMatch,
    policy::pods_and,
    reach::{Direction, PodsOf, Policy},
};

/// Namespaces whose isolation cuts others.
const GUARDED: [(&str, &str); 7] = [
    ("kube-system", "DNS and what runs the cluster"),
    ("openshift-dns", "DNS"),
    ("openshift-ingress", "the ingress controllers"),
    ("ingress-nginx", "the ingress controllers"),
    ("monitoring", "monitoring"),
    ("openshift-monitoring", "monitoring"),
    ("cert-manager", "webhooks that the API server calls"),
];

pub(super) fn check(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = not_evaluated(scene);
    all.extend(of_others(scene));
    all.extend(guarded(scene));
    all.extend(limits(scene));
    all
}

/// Policies of other APIs, which may deny or allow beside what was evaluated.
fn not_evaluated(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for other in &scene.setting.picture.not_evaluated {
        if other.namespace.is_empty() || scene.scope.has(&other.namespace) {
            let place = if other.namespace.is_empty() { String::new() } else { format!("{}/", other.namespace) };
            by_kind.entry(&other.kind).or_default().push(format!("{place}{}", other.name));
        }
    }
    by_kind
        .into_iter()
        .map(|(kind, names)| {
            let first: Vec<_> = names.iter().take(3).map(String::as_str).collect();
            let more = names.len() - first.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            // Others have a kind of the same name: the group tells them apart.
            let (name, group) = kind.split_once('.').map_or((kind, ""), |(name, group)| (name, group));
            let resource = match (name.to_lowercase().strip_suffix('y'), group) {
                (Some(stem), "") => format!("{stem}ies"),
                (Some(stem), group) => format!("{stem}ies.{group}"),
                (None, _) => name.to_lowercase(),
            };
            found(
                (Symptom::StillAllowed, Severity::Note, Reason::NotEvaluated),
                format!("{kind} {}{more}", first.join(", ")),
                "policies of another API may allow or deny beside NetworkPolicies, and are not evaluated here"
                    .to_owned(),
                Fix::Ask(format!("kubectl get {resource} -A -o yaml")),
            )
        })
        .collect()
}

/// Policies that no profile wrote and that select Pods of its tiers.
fn of_others(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for known in
        scene.setting.profiles.known().iter().filter(|known| scene.scope.has(&known.profile.identity.namespace))
    {
        let identity = &known.profile.identity;
        let others = scene.setting.picture.policies.iter().filter(|policy| {
            policy.namespace == identity.namespace
                && scene.setting.profiles.of_policy(&policy.namespace, &policy.name).is_none()
        });
        for policy in others {
            let subject = match &policy.subject {
                PodsOf::All => PodMatch::All,
                PodsOf::Selected(selector) => PodMatch::Selected(selector.clone()),
            };
            let tiers: Vec<_> = known
                .profile
                .tiers
                .iter()
                .filter(|tier| pods_and(&PodMatch::Selected(tier.selector.clone()), &subject).is_some())
                .map(|tier| format!("'{}'", tier.name))
                .collect();
            let rules: usize = [Direction::Ingress, Direction::Egress]
                .iter()
                .map(|direction| policy.rules(*direction).unwrap_or_default().len())
                .sum();
            if tiers.is_empty() {
                continue;
            }
            let does =
                if rules == 0 { "isolates them and allows nothing" } else { "allows more than the profile says" };
            all.push(found(
                (Symptom::StillAllowed, Severity::Warning, Reason::PolicyOfOthers),
                format!("policy {}/{}", policy.namespace, policy.name),
                format!(
                    "no profile wrote it, and it selects Pods of profile '{}', tier {}: it {does}",
                    identity.name,
                    tiers.join(", ")
                ),
                Fix::Ask(format!("kubectl get networkpolicy -n {} {} -o yaml", policy.namespace, policy.name)),
            ));
        }
    }
    all
}

/// A policy for every Pod of a namespace on which others depend.
fn guarded(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let mut all = Vec::new();
    for (namespace, what) in GUARDED {
        let isolates = |policy: &&Policy| {
            policy.namespace == namespace
                && policy.subject == PodsOf::All
                && policy.rules(Direction::Ingress).is_some_and(<[_]>::is_empty)
        };
        // Who allows what is needed beside it knows what they do.
        let lets_in = |policy: &Policy| {
            policy.namespace == namespace && policy.ingress.as_ref().is_some_and(|rules| !rules.is_empty())
        };
        let allowed = picture.policies.iter().any(lets_in);
        if let Some(policy) = picture.policies.iter().find(isolates).filter(|_| scene.scope.has(namespace) && !allowed)
        {
            all.push(found(
                (Symptom::Dns, Severity::Warning, Reason::ProtectedNamespace),
                format!("policy {namespace}/{}", policy.name),
                format!("it isolates every Pod of a namespace on which the whole cluster depends for {what}"),
                Fix::Do(
                    "select the Pods that have to be protected, and allow what the cluster needs of them first"
                        .to_owned(),
                ),
            ));
        }
    }
    all
}

/// Policies that some CNIs cannot hold, or misread.
fn limits(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let picture = scene.setting.picture;
    let aws = scene.world.network.aws_enforces() == Some(true);
    let cilium = scene.all_pods().any(|(_, pod)| pod.labels.get("k8s-app").is_some_and(|app| app == "cilium"));
    let mut all = Vec::new();
    for policy in picture.policies.iter().filter(|policy| scene.scope.has(&policy.namespace)) {
        let about = format!("policy {}/{}", policy.namespace, policy.name);
        let rules =
            [Direction::Ingress, Direction::Egress].map(|direction| policy.rules(direction).unwrap_or_default());
        // aws/amazon-network-policy-controller-k8s#136
        let most = rules.iter().flat_map(|rules| rules.iter()).map(ports_in).max().unwrap_or_default();
        if aws && most > 24 {
            all.push(found(
                (Symptom::NotPolicy, Severity::Warning, Reason::CniLimits),
                about.clone(),
                format!("one of its rules has {most} ports, and the AWS VPC CNI takes 24 for one peer"),
                Fix::Do("use ranges of ports (`endPort`), or split the rule".to_owned()),
            ));
        }
        // cilium/cilium#48027: the key `host` switches enforcement off on Cilium 1.20.0.
        let host = |selector: Option<&crate::model::Selector>| {
            selector.is_some_and(|selector| selector.labels().contains_key("host"))
        };
        let peers = rules.iter().flat_map(|rules| rules.iter()).flat_map(|rule| rule.peers.listed());
        let mut pods_of = peers.filter_map(|peer| match peer {
            crate::reach::Peer::Pods { pods, .. } => pods.selector(),
            crate::reach::Peer::Block { .. } => None,
        });
        if cilium && (host(policy.subject.selector()) || pods_of.any(|selector| host(Some(selector)))) {
            all.push(found(
                (Symptom::StillAllowed, Severity::Warning, Reason::CniLimits),
                about,
                "it selects Pods by a label with the key `host`, with which Cilium 1.20.0 enforces nothing (cilium/cilium#48027)".to_owned(),
                Fix::Do("use a label with another key".to_owned()),
            ));
        }
    }
    all
}

fn ports_in(rule: &crate::reach::Rule) -> usize {
    if rule.ports.numbers.is_all() {
        return 0;
    }
    let spans = crate::reach::PROTOCOLS.iter().map(|protocol| rule.ports.numbers.spans(*protocol).len());
    spans.sum::<usize>() + rule.ports.names.len()
}
