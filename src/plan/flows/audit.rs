//! What enforcing a profile would do to flows, from all that the watches show.

use std::collections::BTreeSet;

use super::{Effect, Flow, flows};
use crate::{
    api::{AppNetworkProfileSpec, FlowStatus, FlowsStatus},
    observe::{PolicyRow, World},
    plan::{Change, Situation},
    policy::DesiredPolicy,
    reach::{FarEnd, Grain, Picture, Pod, PodPort, Policy},
};

/// How many flows a status names.
const NAMED: usize = 32;
/// Longer texts are cut.
const LONGEST: usize = 256;

/// What enforcing would cut and open. Flows with an end in another namespace are named only where the profile itself names
/// that namespace; the others are counted.
#[must_use]
pub fn audit(
    situation: &Situation<'_>,
    changes: &[Change],
    spec: &AppNetworkProfileSpec,
    world: &World,
) -> FlowsStatus {
    let before = picture(world);
    let mut after = before.clone();
    let namespace = &situation.desired.identity.namespace;
    for Change { action, policy, kind, .. } in changes.iter().filter(|change| change.action != "Blocked") {
        let wanted = situation
            .desired
            .policy(*kind, policy)
            .filter(|_| *action != "Delete")
            .and_then(|wanted| read(namespace, wanted));
        // A policy of another kind may have the same name, and is not evaluated.
        if wanted.is_some() || (*action == "Delete" && *kind == crate::api::PolicyKind::NetworkPolicy) {
            after.policies.retain(|known| (&known.namespace, &known.name) != (namespace, policy));
        }
        after.policies.extend(wanted);
    }
    let mut known = named_namespaces(spec);
    known.insert(namespace);
    summary(&flows(&before, &after, Grain::Workloads).flows, &known)
}

fn summary(flows: &[Flow], known: &BTreeSet<&str>) -> FlowsStatus {
    let cut: Vec<_> = flows.iter().filter(|flow| flow.effect() != Effect::Opened).collect();
    let is_known = |end: &FarEnd| match end {
        FarEnd::Node(key) => known.contains(key.namespace.as_str()),
        FarEnd::Addresses(_) => true,
    };
    let (named, elsewhere): (Vec<&Flow>, Vec<_>) =
        cut.iter().partition(|flow| is_known(&flow.difference.from) && is_known(&flow.difference.to));
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    FlowsStatus {
        cut: named.into_iter().take(NAMED).map(named_flow).collect(),
        cut_count: count(cut.len()),
        cut_elsewhere: count(elsewhere.len()),
        opened: count(flows.iter().filter(|flow| flow.effect() != Effect::Cut).count()),
    }
}

fn named_flow(flow: &Flow) -> FlowStatus {
    let short = |text: String| text.chars().take(LONGEST).collect();
    FlowStatus {
        from: short(flow.difference.from.to_string()),
        to: short(flow.difference.to.to_string()),
        ports: short(flow.lost().in_words()),
    }
}

/// The namespaces that the profile itself names, not those that the platform adds.
fn named_namespaces(spec: &AppNetworkProfileSpec) -> BTreeSet<&str> {
    let sources = spec.tiers.iter().flat_map(|tier| &tier.from).filter_map(|source| source.pods.as_ref());
    let destinations = || spec.tiers.iter().flat_map(|tier| &tier.to).chain(&spec.telemetry);
    let resolvers = spec.dns.resolvers.iter().flatten().filter_map(|resolver| resolver.pods.as_ref());
    let pods = sources.chain(destinations().filter_map(|to| to.pods.as_ref())).chain(resolvers);
    let services = destinations().filter_map(|to| to.service.as_ref()?.namespace.as_deref());
    let scrapers = spec.monitoring.iter().flat_map(|need| &need.from);
    let controllers = spec.ingress_controller.iter().flat_map(|need| &need.from);
    let platform = scrapers.chain(controllers).filter_map(|peer| peer.namespace.as_deref());
    pods.filter_map(|peer| peer.namespace.as_deref()).chain(services).chain(platform).collect()
}

fn read(namespace: &str, wanted: &DesiredPolicy) -> Option<Policy> {
    Policy::read(namespace, &wanted.name, wanted.spec.standard()?).ok()
}

/// The picture that the watches make: a Pod for each class.
fn picture(world: &World) -> Picture {
    let mut picture = Picture::default();
    for (name, labels) in world.namespaces.iter() {
        picture.namespaces.insert(name.to_owned(), labels.clone());
    }
    for (namespace, pods) in world.pods.namespaces() {
        let mut classes: Vec<_> = pods.classes().collect();
        classes.sort();
        picture.pods.extend(classes.into_iter().enumerate().map(|(number, class)| {
            Pod {
                namespace: namespace.to_owned(),
                // The name of one Pod would be gone with the next rollout.
                name: format!("{}-{number}", class.workload.name),
                workload: class.workload.clone(),
                labels: class.labels.clone(),
                ports: class
                    .ports
                    .iter()
                    .map(|port| PodPort { name: port.name.clone(), number: port.number, protocol: port.protocol })
                    .collect(),
                addresses: Vec::new(),
                host_network: class.host_network,
            }
        }));
    }
    let standard = |(namespace, row): (&str, &PolicyRow)| Policy::read(namespace, &row.name, row.spec.standard()?).ok();
    picture.policies = world.policies.all().filter_map(standard).collect();
    picture.policies.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    picture
}
