//! Headless Services: their names stand for the addresses of their Pods, and nothing translates their ports.

use super::{
    answer::Explanation,
    port::{At, target},
};
use crate::{observe::ServicePortRow, reach::Pod};

/// Where the Pods behind a port of a headless Service listen, when callers of that port arrive at another one; empty when they
/// arrive right. A Pod that declares the port is taken at its word.
#[must_use]
pub fn listens_elsewhere(pods: &[&Pod], row: &ServicePortRow) -> Vec<At> {
    let arrives = (row.protocol, row.port);
    let mut listens: Vec<At> = pods.iter().flat_map(|pod| target(pod, row.protocol, &row.target)).collect();
    listens.sort_unstable();
    listens.dedup();
    let declared = |pod: &&Pod| pod.ports.iter().any(|port| (port.protocol, port.number) == arrives);
    if listens.contains(&arrives) || pods.iter().any(declared) { Vec::new() } else { listens }
}

/// What somebody has to know who asked for a port at which nobody listens.
pub(super) fn note(answer: &Explanation) -> Option<String> {
    let service = answer.service.as_ref().filter(|service| !service.listens.is_empty())?;
    let (asked, listens) = (answer.port.as_deref().unwrap_or_default(), service.listens.join(", "));
    Some(format!(
        "Service {}/{} is headless, so nothing translates its ports: callers of {asked} arrive at {asked} of its Pods, which listen on \
         {listens}; ask for that port, because a rule for {asked} would help nobody",
        service.namespace, service.name
    ))
}
