//! Which Pods are alike, and which a policy and its rules are about: by class, without looking at labels again.

use std::collections::BTreeSet;

use super::{ClassId, Direction, Picture, Pod, PodId, PolicyId, Reach};

impl Reach {
    /// One of the wanted Pods of each class and workload, the first: the others are alike to every policy.
    pub fn kinds<'p>(&self, picture: &'p Picture, wanted: impl Fn(&Pod) -> bool) -> Vec<(PodId, &'p Pod)> {
        let mut seen = BTreeSet::new();
        let mut first =
            |id: PodId, pod: &'p Pod| seen.insert((self.class_of(id), pod.namespace.as_str(), &pod.workload));
        (0..).zip(&picture.pods).filter(|(id, pod)| wanted(pod) && first(*id, pod)).collect()
    }

    /// The number of a policy; nothing when there is none of this name.
    #[must_use]
    pub fn policy_named(&self, namespace: &str, name: &str) -> Option<PolicyId> {
        let namespace = self.population.find_namespace(namespace)?;
        let name = self.population.words.find(name)?;
        self.policy_ids.get(&(namespace, name)).copied()
    }

    /// The classes of Pods that a policy selects, sorted.
    #[must_use]
    pub fn classes_selected(&self, policy: PolicyId) -> &[ClassId] {
        self.policy(policy).map_or(&[], |policy| self.sets.classes(policy.subject))
    }

    /// The classes of Pods that a rule's peers are, sorted. Of a rule about everyone none are listed.
    #[must_use]
    pub fn classes_of_peers(&self, policy: PolicyId, direction: Direction, rule: usize) -> &[ClassId] {
        self.rules(policy, direction).get(rule).map_or(&[], |rule| self.sets.classes(rule.peers))
    }
}
