//! What profiles ask for in vain: their selectors and names of ports, looked up among the Pods that were read.

use std::collections::BTreeSet;

use crate::{
    api::Reason,
    cli::{
        Checker, Finding,
        read::{FoundProfile, Reading},
    },
    diagnose::{self, Input},
    lint::Severity,
    model::{Platform, Problem, Profile},
    observe::World,
    policy,
};

/// What the profiles are looked up against.
pub(super) struct Scene<'r> {
    reading: &'r Reading,
    world: World,
    /// The whole cluster was read: what is not there is nowhere.
    whole: bool,
    /// The namespaces in which there are Pods. In the others they may come later, or stand in other files.
    peopled: BTreeSet<&'r str>,
}

impl<'r> Scene<'r> {
    pub(super) fn new(reading: &'r Reading, whole: bool) -> Self {
        let mut world = reading.picture.world(&reading.endpoints);
        let peopled: BTreeSet<_> = reading.picture.pods.iter().map(|pod| pod.namespace.as_str()).collect();
        if !whole {
            // What is read of a namespace without Pods says nothing of those that it has.
            world.namespaces.retain(|name| peopled.contains(name));
        }
        Self { reading, world, whole, peopled }
    }

    /// What every good profile asks for in vain.
    pub(super) fn findings(&self, namespace: &str, checker: &Checker, platform: &Platform) -> Vec<Finding> {
        let good = self.reading.profiles.iter().filter(|found| found.misnamed.is_none()).filter_map(|found| {
            let mut profile = checker.check(&found.node.to_value()).profile?;
            if profile.identity.namespace.is_empty() {
                namespace.clone_into(&mut profile.identity.namespace);
            }
            Some((found, profile))
        });
        good.flat_map(|(found, profile)| self.of_profile(found, &profile, platform)).collect()
    }

    fn of_profile(&self, found: &FoundProfile, profile: &Profile, platform: &Platform) -> Vec<Finding> {
        let resolved = policy::resolve(profile, platform, &self.world);
        let input = Input { profile, resolved: &resolved, world: &self.world, discreet: false };
        let findings = diagnose::run(&input).into_iter();
        findings.filter(|finding| self.is_known(profile, finding)).map(|finding| of_finding(found, finding)).collect()
    }

    /// Is it more than that nobody knows? Files hold a part of a cluster.
    fn is_known(&self, profile: &Profile, finding: &diagnose::Finding) -> bool {
        let peopled = self.peopled.contains(profile.identity.namespace.as_str());
        // Services and resolvers are the business of `render` and `plan`, which say what they miss.
        finding.holds_for_a_part(peopled) || (self.whole && finding.reason == Reason::NoMatchingNamespaces)
    }
}

fn of_finding(found: &FoundProfile, finding: diagnose::Finding) -> Finding {
    let message = finding.message();
    let diagnose::Finding { reason, path, .. } = finding;
    let at = found.node.locate(&path);
    let problem = Problem { path: format!("{}{path}", found.prefix), message, reason };
    Finding { severity: Severity::Warning.as_str(), ..Finding::of_problem(&found.file, at, problem) }
}
