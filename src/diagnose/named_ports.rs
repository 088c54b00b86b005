//! A port that a tier declares by a name which no container of its Pods has: the rule allows nothing there.

use super::{Finding, Input};
use crate::{api::Reason, model::PortRange};

pub(super) fn check(input: &Input<'_>) -> Vec<Finding> {
    let pods = input.own_pods();
    let mut findings = Vec::new();
    for tier in &input.profile.tiers {
        let classes: Vec<_> = pods.iter().filter(|class| tier.selector.matches(&class.labels)).collect();
        for (position, declared) in tier.ports.iter().enumerate() {
            let PortRange::Name(name) = &declared.port.range else { continue };
            let has = |class: &&&&crate::observe::PodClass| {
                class.ports.iter().any(|port| port.name == name.as_str() && port.protocol == declared.port.protocol)
            };
            if let Some(without) = classes.iter().find(|class| !has(class)) {
                let found = format!(
                    "tier '{}': Pods of {} '{}' have no {} container port named '{}'",
                    tier.name,
                    without.workload.kind,
                    without.workload.name,
                    declared.port.protocol.as_str(),
                    name.as_str()
                );
                let advice = "name it there, or write its number";
                let path = format!("{}.ports[{position}].port", tier.path);
                findings.push(Finding::labels(Reason::NamedPortNotFound, Some(&tier.name), path, (found, advice)));
            }
        }
    }
    findings
}
