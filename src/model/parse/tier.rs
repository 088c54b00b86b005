//! Tiers: their Pods, their ports, and who may call them.

use super::{Collector, destination, peer, port::range};
use crate::{
    api::{self, rules::text},
    model::{Caller, NamedPort, NonEmpty, Peer, Port, Tier},
};

pub(super) fn tiers(tiers: &[api::Tier], namespace: &str, collect: &mut Collector<'_>) -> Option<NonEmpty<Tier>> {
    collect.unique("spec.tiers", ".name", tiers.iter().map(|tier| tier.name.as_str()));
    let names: Vec<_> = tiers.iter().map(|tier| tier.name.as_str()).collect();
    let parsed: Vec<_> = tiers
        .iter()
        .enumerate()
        .map(|(position, tier)| one(&format!("spec.tiers[{position}]"), tier, &names, namespace, collect))
        .collect();
    NonEmpty::new(parsed.into_iter().collect::<Option<_>>()?)
}

fn one(path: &str, tier: &api::Tier, tiers: &[&str], namespace: &str, collect: &mut Collector<'_>) -> Option<Tier> {
    let selector = peer::selector(&format!("{path}.podSelector"), &tier.pod_selector, collect);
    let ports = declared(&format!("{path}.ports"), &tier.ports, collect);
    if tier.ports.is_empty() && (!tier.from.is_empty() || tier.exposed.is_some() || tier.metrics.is_some()) {
        collect.refuse::<()>(path, text::CALLERS_NEED_DECLARED_PORTS);
    }
    let declaring =
        Declaring { names: tier.ports.iter().map(|port| port.name.as_str()).collect(), ports: ports.as_deref() };
    let from: Vec<_> = tier
        .from
        .iter()
        .enumerate()
        .map(|(i, source)| caller(&format!("{path}.from[{i}]"), source, &declaring, tiers, collect))
        .collect();
    let exposed = port_use(
        &format!("{path}.exposed"),
        tier.exposed.as_ref(),
        &declaring,
        text::EXPOSED_NAMES_DECLARED_PORTS,
        collect,
    );
    let metrics = port_use(
        &format!("{path}.metrics"),
        tier.metrics.as_ref(),
        &declaring,
        text::METRICS_NAMES_DECLARED_PORTS,
        collect,
    );
    let to = destination::list(&format!("{path}.to"), &tier.to, namespace, collect);
    Some(Tier {
        name: tier.name.clone(),
        path: path.into(),
        selector: selector?,
        ports: ports?,
        from: from.into_iter().collect::<Option<_>>()?,
        exposed: exposed?,
        metrics: metrics?,
        to: to?,
    })
}

fn declared(path: &str, ports: &[api::DeclaredPort], collect: &mut Collector<'_>) -> Option<Vec<NamedPort>> {
    collect.unique(path, ".name", ports.iter().map(|port| port.name.as_str()));
    let parsed: Vec<_> = ports
        .iter()
        .enumerate()
        .map(|(i, port)| {
            let range = range(&format!("{path}[{i}]"), &port.port, port.end_port, collect)?;
            Some(NamedPort { name: port.name.clone(), port: Port { protocol: port.protocol, range } })
        })
        .collect();
    parsed.into_iter().collect()
}

/// The declared ports of these names; left out, all of them. Never "any port".
fn used(
    path: &str,
    names: Option<&Vec<String>>,
    tier: &Declaring<'_>,
    sentence: &str,
    collect: &mut Collector<'_>,
) -> Option<NonEmpty<Port>> {
    if let Some(names) = names {
        collect.unique(&format!("{path}.ports"), "", names.iter().map(String::as_str));
        // A tier that declares nothing has been told so already.
        let unknown = names.iter().position(|name| !tier.names.is_empty() && !tier.names.contains(&name.as_str()));
        if let Some(position) = unknown {
            let declared: Vec<_> = tier.names.iter().map(|name| format!("'{name}'")).collect();
            let message = format!("{sentence}; '{}' is not one of {}", names[position], declared.join(", "));
            return collect.refuse(&format!("{path}.ports[{position}]"), &message);
        }
    }
    let wanted = |port: &&NamedPort| names.is_none_or(|names| names.contains(&port.name));
    NonEmpty::new(tier.ports?.iter().filter(wanted).map(|port| port.port.clone()).collect())
}

/// The ports that a tier declares: the names as written, and the ports where all of them could be read.
struct Declaring<'a> {
    names: Vec<&'a str>,
    ports: Option<&'a [NamedPort]>,
}

/// Outer nothing: given up. Inner nothing: the tier does not have this need.
#[allow(clippy::option_option)]
fn port_use(
    path: &str,
    need: Option<&api::PortUse>,
    tier: &Declaring<'_>,
    sentence: &str,
    collect: &mut Collector<'_>,
) -> Option<Option<NonEmpty<Port>>> {
    match need {
        None => Some(None),
        Some(need) => used(path, need.ports.as_ref(), tier, sentence, collect).map(Some),
    }
}

fn caller(
    path: &str,
    source: &api::Source,
    tier: &Declaring<'_>,
    tiers: &[&str],
    collect: &mut Collector<'_>,
) -> Option<Caller> {
    let ports = used(path, source.ports.as_ref(), tier, text::FROM_NAMES_DECLARED_PORTS, collect);
    let except_without_cidr = source.cidr.is_none() && !source.except.is_empty();
    if except_without_cidr {
        collect.refuse::<()>(path, text::EXCEPT_NEEDS_CIDR);
    }
    let path_of = path.to_owned();
    match (&source.tier, &source.pods, &source.cidr) {
        (Some(name), None, None) => {
            if let Some(tier) = tiers.iter().position(|tier| tier == name) {
                Some(Caller::Tier { tier, ports: ports?, path: path_of })
            } else {
                let known: Vec<_> = tiers.iter().map(|tier| format!("'{tier}'")).collect();
                let message = format!("{}; '{name}' is not one of {}", text::TIERS_IN_FROM_EXIST, known.join(", "));
                collect.refuse(&format!("{path}.tier"), &message)
            }
        }
        (None, Some(pods), None) => {
            let peer = peer::pods(&format!("{path}.pods"), pods, collect).map(Peer::Pods);
            Some(Caller::Other { peer: peer?, ports: ports?, path: path_of })
        }
        (None, None, Some(cidr)) => {
            let peer = peer::block(path, cidr, &source.except, collect);
            Some(Caller::Other { peer: peer?, ports: ports?, path: path_of })
        }
        _ => collect.refuse(path, text::ONE_KIND_OF_SOURCE),
    }
}
