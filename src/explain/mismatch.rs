//! Why somebody is not among the peers of a rule: what its selector asks, and what there is instead.

use std::net::IpAddr;

use super::{find::name_of, near::is_near};
use crate::{
    model::{Labels, NAMESPACE_NAME, Selector, selector::Expression},
    reach::{NamespacesOf, Peer, Peers, Picture, Pod, PodsOf},
};

/// The other end of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Other<'p> {
    /// A Pod of the picture.
    Pod(&'p Pod),
    /// An address.
    Address(IpAddr),
}

/// What is wrong with the peer that comes closest; the smaller the number the closer. Nothing when somebody matches.
#[must_use]
pub fn closest(peers: &Peers, own: &str, other: Other<'_>, picture: &Picture) -> Option<(usize, String)> {
    let Peers::These(peers) = peers else { return None };
    let mut least: Option<(usize, String)> = None;
    for peer in peers {
        let reason = of_peer(peer, own, other, picture)?;
        if least.as_ref().is_none_or(|(distance, _)| reason.0 < *distance) {
            least = Some(reason);
        }
    }
    least
}

/// Far: another sort of peer. Nearer: another namespace. Nearest: labels.
fn of_peer(peer: &Peer, own: &str, other: Other<'_>, picture: &Picture) -> Option<(usize, String)> {
    match (peer, other) {
        (Peer::Pods { .. }, Other::Address(address)) => Some((100, format!("is about Pods, and {address} is none"))),
        (Peer::Pods { .. }, Other::Pod(pod)) if pod.host_network => Some((
            90,
            format!("is about Pods, and {} is on the host network, where no selector finds it", name_of(pod)),
        )),
        (Peer::Pods { namespaces, pods }, Other::Pod(pod)) => {
            let place = of_namespace(namespaces, own, pod, picture);
            let labels = of_pods(pods, pod);
            match (place, labels) {
                (None, None) => None,
                (Some(place), None) => Some((20, place)),
                (None, Some((count, labels))) => Some((count.min(19), labels)),
                (Some(place), Some((count, labels))) => Some((20 + count, format!("{place}; and {labels}"))),
            }
        }
        (Peer::Block { cidr, except }, Other::Address(address)) => {
            match except.iter().find(|hole| hole.contains(&address)) {
                _ if !cidr.contains(&address) => Some((50, format!("is about {cidr}, which does not hold {address}"))),
                Some(hole) => Some((1, format!("is about {cidr}, and {address} is in {hole}, which it leaves out"))),
                None => None,
            }
        }
        (Peer::Block { cidr, .. }, Other::Pod(pod)) if pod.host_network => {
            Some((100, format!("is about the addresses {cidr}, and whether blocks match nodes is up to the CNI")))
        }
        (Peer::Block { cidr, .. }, Other::Pod(_)) => {
            Some((100, format!("is about the addresses {cidr}, and blocks of addresses select no Pods")))
        }
    }
}

fn of_namespace(namespaces: &NamespacesOf, own: &str, pod: &Pod, picture: &Picture) -> Option<String> {
    let Pod { namespace, .. } = pod;
    match namespaces {
        NamespacesOf::All => None,
        NamespacesOf::Own => (namespace != own)
            .then(|| format!("asks for Pods of its own namespace '{own}', and {} is in '{namespace}'", name_of(pod))),
        NamespacesOf::Selected(selector) => {
            let mut labels = picture.namespaces.get(namespace).cloned().unwrap_or_default();
            labels.insert(NAMESPACE_NAME.to_owned(), namespace.clone());
            let (_, differs) = differs(selector, &labels)?;
            Some(format!("asks for namespaces with {selector}, and namespace '{namespace}' {differs}"))
        }
    }
}

/// Why a Pod is not among those of a selector; with how many labels differ.
#[must_use]
pub fn of_pods(pods: &PodsOf, pod: &Pod) -> Option<(usize, String)> {
    let selector = pods.selector()?;
    let (count, differs) = differs(selector, &pod.labels)?;
    Some((count, format!("asks for Pods with {selector}, and {} {differs}", name_of(pod))))
}

/// Is a Pod left out of a selector by what may be a typing error: one label that is almost right, or missing?
#[must_use]
pub fn may_be_a_typing_error(pods: &PodsOf, pod: &Pod) -> bool {
    let Some(selector) = pods.selector() else { return false };
    let mut broken = selector.labels().iter().filter(|(key, value)| pod.labels.get(*key) != Some(value));
    let one = broken.next().filter(|_| differs(selector, &pod.labels).is_some_and(|(count, _)| count == 1));
    one.is_some_and(|(key, value)| pod.labels.get(key).is_none_or(|has| is_near(value, has)))
}

/// How many requirements do not hold, and the first of them in words.
fn differs(selector: &Selector, labels: &Labels) -> Option<(usize, String)> {
    let has = |key: &str| match labels.get(key) {
        Some(value) => format!("has {key}={value}"),
        None => format!("has no label '{key}'"),
    };
    let equal = selector.labels().iter().filter(|(key, value)| labels.get(*key) != Some(value)).map(|(key, _)| key);
    let holds = |expression: &&Expression| match expression {
        Expression::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
        Expression::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
        Expression::Exists(key) => labels.contains_key(key),
        Expression::DoesNotExist(key) => !labels.contains_key(key),
    };
    let broken =
        selector.expressions().iter().filter(|expression| !holds(expression)).map(|expression| match expression {
            Expression::In(key, _)
            | Expression::NotIn(key, _)
            | Expression::Exists(key)
            | Expression::DoesNotExist(key) => key,
        });
    let mut keys = equal.chain(broken);
    let first = keys.next()?;
    Some((1 + keys.count(), has(first)))
}
