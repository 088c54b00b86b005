//! Peers: Pods by namespace and labels, and blocks of addresses.

use super::Collector;
use crate::{
    api::{self, RequirementOperator, rules::text},
    model::{Cidr, NamespaceMatch, Peer, PodMatch, PodsMatch, Resolver, Selector},
};

/// A selector. What single values break was reported by their own rules.
pub(super) fn selector(path: &str, selector: &api::LabelSelector, collect: &mut Collector<'_>) -> Option<Selector> {
    if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
        return collect.refuse(path, text::SELECTOR_NOT_EMPTY);
    }
    for (i, requirement) in selector.match_expressions.iter().enumerate() {
        let path = format!("{path}.matchExpressions[{i}]");
        let takes_values = matches!(requirement.operator, RequirementOperator::In | RequirementOperator::NotIn);
        if takes_values && requirement.values.is_empty() {
            collect.refuse::<()>(&path, text::OPERATOR_NEEDS_VALUES);
        }
        if !takes_values && !requirement.values.is_empty() {
            collect.refuse::<()>(&path, text::OPERATOR_TAKES_NO_VALUES);
        }
        collect.unique(&format!("{path}.values"), "", requirement.values.iter().map(String::as_str));
    }
    Selector::parse(selector)
}

fn namespace(
    path: &str,
    name: Option<&String>,
    labels: Option<&api::LabelSelector>,
    collect: &mut Collector<'_>,
) -> Option<NamespaceMatch> {
    match (name, labels) {
        (None, None) => Some(NamespaceMatch::Own),
        (Some(name), None) => Some(NamespaceMatch::Named(name.clone())),
        (None, Some(labels)) => {
            selector(&format!("{path}.namespaceSelector"), labels, collect).map(NamespaceMatch::Selected)
        }
        (Some(_), Some(_)) => collect.refuse(path, text::ONE_KIND_OF_NAMESPACE),
    }
}

pub(super) fn pods(path: &str, peer: &api::PodsPeer, collect: &mut Collector<'_>) -> Option<PodsMatch> {
    let namespace = namespace(path, peer.namespace.as_ref(), peer.namespace_selector.as_ref(), collect);
    let pods = match (&peer.pod_selector, peer.all_pods) {
        (Some(labels), false) => selector(&format!("{path}.podSelector"), labels, collect).map(PodMatch::Selected),
        (None, true) => Some(PodMatch::All),
        _ => collect.refuse(path, text::PODS_ARE_SELECTED),
    };
    Some(PodsMatch { namespace: namespace?, pods: pods? })
}

/// A block with its exceptions.
pub(super) fn block(path: &str, cidr: &str, except: &[String], collect: &mut Collector<'_>) -> Option<Peer> {
    collect.unique(&format!("{path}.except"), "", except.iter().map(String::as_str));
    let cidr = Cidr::parse(cidr)?;
    collect.ceiling(&format!("{path}.cidr"), &cidr);
    let mut blocks = except.iter().map(|text| Cidr::parse(text)).collect::<Option<Vec<_>>>()?;
    if let Some(outside) = blocks.iter().position(|block| !cidr.strictly_contains(block)) {
        return collect.refuse(&format!("{path}.except[{outside}]"), text::EXCEPT_INSIDE_CIDR);
    }
    blocks.sort();
    Some(Peer::Block { cidr, except: blocks })
}

pub(super) fn platform(path: &str, peer: &api::PlatformPeer, collect: &mut Collector<'_>) -> Option<Peer> {
    let by_namespace = peer.namespace.is_some() || peer.namespace_selector.is_some();
    match (&peer.cidr, &peer.pod_selector, peer.all_pods) {
        (Some(cidr), None, false) if !by_namespace => block(path, cidr, &[], collect),
        (None, Some(_), false) | (None, None, true) => {
            let peer = api::PodsPeer {
                namespace: peer.namespace.clone(),
                namespace_selector: peer.namespace_selector.clone(),
                pod_selector: peer.pod_selector.clone(),
                all_pods: peer.all_pods,
            };
            pods(path, &peer, collect).map(Peer::Pods)
        }
        _ => collect.refuse(path, text::ONE_KIND_OF_PLATFORM_PEER),
    }
}

pub(super) fn resolvers(path: &str, resolvers: &[api::Resolver], collect: &mut Collector<'_>) -> Option<Vec<Resolver>> {
    let parsed: Vec<_> = resolvers
        .iter()
        .enumerate()
        .map(|(i, resolver)| {
            let path = format!("{path}[{i}]");
            let peer = match (&resolver.pods, &resolver.cidr) {
                (Some(peer), None) => pods(&format!("{path}.pods"), peer, collect).map(Peer::Pods),
                (None, Some(cidr)) => block(&path, cidr, &[], collect),
                _ => collect.refuse(&path, text::ONE_KIND_OF_RESOLVER),
            };
            Some(Resolver { peer: peer?, port: u16::try_from(resolver.port).ok()? })
        })
        .collect();
    parsed.into_iter().collect()
}
