//! The way through a Service: from its port to the ports of its Pods.

use std::net::IpAddr;

use serde::Serialize;

use super::{
    port::{At, Wanted, shown, target},
    untranslated::listens_elsewhere,
};
use crate::{
    model::{PortRange, ServiceRef},
    observe::{EndpointPort, ServiceKind, ServicePortRow, ServiceRow},
    reach::{End, Picture, PodId, Reach},
};

/// The Service between the two ends, as the answer shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceShown {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Does its name stand for the Pods' own addresses, so that nothing translates ports?
    pub headless: bool,
    /// How many Pods it selects, or are listed as its endpoints.
    pub pods: usize,
    /// Has it no selector, so that `EndpointSlices` say where it leads?
    pub listed: bool,
    /// Addresses outside the cluster that are listed as its endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// A sentence for each of its ports that matter: where it leads.
    pub ports: Vec<String>,
    /// The ports on which its Pods listen, where callers of a headless Service arrive at another one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listens: Vec<String>,
}

/// Where a Service leads.
#[derive(Debug)]
pub struct Hop {
    /// The Service.
    pub shown: ServiceShown,
    /// Its Pods, each with its ports that are called.
    pub pods: Vec<(PodId, Vec<At>)>,
    /// Addresses outside the cluster, each with its ports that are called.
    pub addresses: Vec<(IpAddr, Vec<At>)>,
    /// Why nothing can be said of what is behind it.
    pub unknown: Option<String>,
}

/// Follows a Service.
///
/// # Errors
/// When it has no such port; with those that it has.
pub fn follow(picture: &Picture, reach: &Reach, service: &ServiceRef, wanted: &Wanted) -> Result<Hop, String> {
    let Some(row) = picture.services.get(service) else {
        return Err(format!("there is no Service '{}' in namespace '{}'", service.name, service.namespace));
    };
    let ServiceRef { namespace, name } = service.clone();
    let mut hop = Hop {
        shown: ServiceShown {
            namespace,
            name,
            headless: row.headless,
            pods: 0,
            listed: row.kind == ServiceKind::Endpoints,
            addresses: Vec::new(),
            ports: Vec::new(),
            listens: Vec::new(),
        },
        pods: Vec::new(),
        addresses: Vec::new(),
        unknown: None,
    };
    let selector = match &row.kind {
        ServiceKind::ExternalName => {
            let why = "the Service is a DNS name outside the cluster (ExternalName), and policies know no names; ask for one \
                       of its addresses";
            return Ok(Hop { unknown: Some(why.to_owned()), ..hop });
        }
        ServiceKind::Endpoints if !picture.slices.contains_key(service) => {
            let why = "the Service has no selector, and none of its EndpointSlices was read, so nobody knows where it leads; \
                       read them too, or ask for one of their addresses";
            return Ok(Hop { unknown: Some(why.to_owned()), ..hop });
        }
        ServiceKind::Endpoints => None,
        ServiceKind::Pods(selector) => Some(selector),
    };
    let ports = Meant::of(row, wanted).ok_or_else(|| no_such_port(service, row, wanted))?;
    let Some(selector) = selector else {
        listed(&mut hop, &ports, reach.seats(picture, service));
        return Ok(hop);
    };
    let pods: Vec<_> = reach.pods_with(&service.namespace, selector).collect();
    hop.shown.pods = pods.len();
    hop.shown.ports = ports.sentences(row.headless);
    if let Meant::Straight(_, Some(row)) = ports {
        let pods: Vec<_> = pods.iter().map(|pod| &picture.pods[*pod as usize]).collect();
        hop.shown.listens = listens_elsewhere(&pods, row).into_iter().map(shown).collect();
    }
    if pods.is_empty() {
        let labels: Vec<_> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let labels = labels.join(",");
        hop.unknown = Some(format!("the Service selects Pods with {labels}, and there is none, so nobody answers"));
    }
    hop.pods = pods.into_iter().map(|pod| (pod, ports.at(picture, pod))).collect();
    Ok(hop)
}

/// Follows a Service to those that are listed behind it.
fn listed(hop: &mut Hop, ports: &Meant<'_>, seats: Vec<(End, &[EndpointPort])>) {
    let nobody = seats.is_empty();
    for (end, listed) in seats {
        let at = ports.listed(listed);
        match end {
            _ if at.is_empty() => {}
            End::Pod(pod) => hop.pods.push((pod, at)),
            End::Address(address) => hop.addresses.push((address, at)),
        }
    }
    hop.shown.pods = hop.pods.len();
    hop.shown.addresses = hop.addresses.iter().map(|(address, _)| address.to_string()).collect();
    if hop.pods.is_empty() && hop.addresses.is_empty() {
        let why = if nobody {
            "the Service has no selector, and its EndpointSlices list no address, so nobody answers (slices of names, \
             `addressType: FQDN`, are followed by no proxy)"
        } else {
            "the Service has no selector, and its EndpointSlices list no port of that name, so nobody answers"
        };
        hop.unknown = Some(why.to_owned());
    } else {
        hop.shown.ports = ports.sentences_of_listed(hop);
    }
}

/// The ports of a Service that are meant.
enum Meant<'s> {
    /// Ports of the Service.
    Rows(Vec<&'s ServicePortRow>),
    /// A port of the Pods themselves: nothing translates it.
    Straight(At, Option<&'s ServicePortRow>),
}

impl<'s> Meant<'s> {
    fn of(row: &'s ServiceRow, wanted: &Wanted) -> Option<Self> {
        let is_meant = |port: &&ServicePortRow| match wanted {
            Wanted::Every => true,
            Wanted::Number(protocol, number) => (port.protocol, port.port) == (*protocol, *number),
            Wanted::Name(protocol, name) => {
                port.name == name.as_str() && protocol.is_none_or(|only| only == port.protocol)
            }
        };
        if let (true, Wanted::Number(protocol, number)) = (row.headless, wanted) {
            return Some(Self::Straight((*protocol, *number), row.ports.iter().find(is_meant)));
        }
        let rows: Vec<_> = row.ports.iter().filter(is_meant).collect();
        (!rows.is_empty() || *wanted == Wanted::Every).then_some(Self::Rows(rows))
    }

    fn at(&self, picture: &Picture, pod: PodId) -> Vec<At> {
        match self {
            Self::Straight(at, _) => vec![*at],
            Self::Rows(rows) => {
                let pod = &picture.pods[pod as usize];
                let mut found: Vec<_> = rows.iter().flat_map(|row| target(pod, row.protocol, &row.target)).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }

    /// The ports of an endpoint, by what its slice says.
    fn listed(&self, listed: &[EndpointPort]) -> Vec<At> {
        match self {
            Self::Straight(at, _) => vec![*at],
            Self::Rows(rows) => {
                let meant = listed.iter().filter(|one| rows.iter().any(|row| one.is_of(row)));
                let mut found: Vec<_> = meant.map(|one| (one.protocol, one.number)).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }

    fn sentences_of_listed(&self, hop: &Hop) -> Vec<String> {
        let Self::Rows(rows) = self else { return self.sentences(true) };
        let ends = hop.pods.iter().map(|(_, at)| at).chain(hop.addresses.iter().map(|(_, at)| at));
        let mut called: Vec<_> = ends.flatten().copied().collect();
        called.sort_unstable();
        called.dedup();
        let own: Vec<_> = rows.iter().map(|row| shown((row.protocol, row.port))).collect();
        let called: Vec<_> = called.into_iter().map(shown).collect();
        let (ports, lead) = if own.len() == 1 { ("port", "leads") } else { ("ports", "lead") };
        let (own, called) = (own.join(", "), called.join(", "));
        vec![format!("its {ports} {own} {lead} to {called} of the endpoints that are listed")]
    }

    fn sentences(&self, headless: bool) -> Vec<String> {
        match self {
            Self::Rows(rows) => rows.iter().map(|row| leads(row, headless)).collect(),
            Self::Straight(at, row) => {
                let mut said = vec![format!(
                    "it is headless: callers get the Pods' addresses and call {} of the Pods themselves",
                    shown(*at)
                )];
                let target = row.map(|row| &row.target).filter(|target| **target != PortRange::Numbers(at.1, at.1));
                said.extend(target.map(|target| {
                    format!("its target port {} is not used, because nothing translates ports", number_or_name(target))
                }));
                said
            }
        }
    }
}

fn number_or_name(target: &PortRange) -> String {
    match target {
        PortRange::Numbers(number, _) => number.to_string(),
        PortRange::Name(name) => format!("'{}'", name.as_str()),
    }
}

fn leads(row: &ServicePortRow, headless: bool) -> String {
    let target = match &row.target {
        PortRange::Numbers(number, _) => format!("{} {number}", row.protocol.as_str()),
        PortRange::Name(name) => {
            format!("{} port '{}', whichever number each has there,", row.protocol.as_str(), name.as_str())
        }
    };
    let port = shown((row.protocol, row.port));
    if headless {
        return format!("its port {port} stands for {target} of its Pods; only that counts, because it is headless");
    }
    format!("its port {port} leads to {target} of its Pods")
}

fn no_such_port(service: &ServiceRef, row: &ServiceRow, wanted: &Wanted) -> String {
    let text = wanted.text().unwrap_or_default();
    let has = row.ports.iter().map(|port| match port.name.as_str() {
        "" => shown((port.protocol, port.port)),
        name => format!("{} ('{name}')", shown((port.protocol, port.port))),
    });
    let by_target = match wanted {
        Wanted::Number(protocol, number) => row
            .ports
            .iter()
            .find(|port| port.protocol == *protocol && port.target == PortRange::Numbers(*number, *number)),
        _ => None,
    };
    let mut has: Vec<_> = has.collect();
    if let Some(port) = by_target {
        has.push(format!("and {text} is the target of {}", shown((port.protocol, port.port))));
    }
    format!("Service {}/{} has no {text}; it has {}", service.namespace, service.name, has.join(", "))
}
