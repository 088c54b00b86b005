//! Two states of one cluster, such as before and after a change that is planned.
//!
//! Both are made from one population, so that a class has the same number in both, and only what the change touches is
//! worked out. The whole map is never made.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Difference, Grain, Nodes, Picture, Pod, PodId, Policy, Reach, Touched,
    diff::{compare, nodes_of_both},
    words::number,
};
use crate::model::Labels;

/// Two states of one cluster.
#[derive(Debug)]
pub struct States {
    /// The first one.
    pub before: Reach,
    /// The second one.
    pub after: Reach,
    /// Where they may differ. Nodes that are of another class in the one than in the other are not listed.
    pub touched: Touched,
}

type Key<'p> = (&'p str, &'p str);
type PodKey<'p> = (&'p str, &'p str, &'p str, &'p str);

const fn pod_key(pod: &Pod) -> PodKey<'_> {
    (pod.namespace.as_str(), pod.name.as_str(), pod.workload.kind.as_str(), pod.workload.name.as_str())
}

/// The last policy of a name counts, as it does in [`Reach::new`].
fn by_name(policies: &[Policy]) -> BTreeMap<Key<'_>, &Policy> {
    policies.iter().map(|policy| ((policy.namespace.as_str(), policy.name.as_str()), policy)).collect()
}

impl States {
    /// Takes in two states. Whether blocks of addresses match Pods, the first one says.
    #[must_use]
    pub fn new(before: &Picture, after: &Picture) -> Self {
        let (old, new) = (by_name(&before.policies), by_name(&after.policies));
        let changed: Vec<_> = new.iter().filter(|(key, policy)| old.get(*key) != Some(policy)).collect();
        // No real policy can have such a name. It is there only to make every class that the second state needs.
        let foreseen =
            changed.iter().map(|(_, policy)| Policy { name: format!("{}\n", policy.name), ..(**policy).clone() });
        let foreseen: Vec<_> = foreseen.collect();
        let (pods, only_before, only_after) = union(&before.pods, &after.pods);
        let lived_in: HashSet<_> = before.pods.iter().map(|pod| pod.namespace.as_str()).collect();
        // Of a namespace where nobody lives yet, the labels can be those that it will have.
        let mut namespaces = before.namespaces.clone();
        for (name, labels) in after.namespaces.iter().filter(|(name, _)| !lived_in.contains(name.as_str())) {
            namespaces.insert(name.clone(), labels.clone());
        }
        let unlabelled = Labels::new();
        let relabelled: BTreeMap<_, _> = namespaces
            .keys()
            .chain(after.namespaces.keys())
            .map(|name| (name.clone(), after.namespaces.get(name).unwrap_or(&unlabelled)))
            .filter(|(name, labels)| namespaces.get(name).unwrap_or(&unlabelled) != *labels)
            .collect();
        let mut base = Reach::new(&Picture {
            namespaces,
            pods,
            policies: before.policies.iter().chain(&foreseen).cloned().collect(),
            blocks_match_pods: before.blocks_match_pods,
            ..Picture::default()
        });
        for policy in &foreseen {
            base.remove_policy(&policy.namespace, &policy.name);
        }
        let (mut first, mut second, mut touched) = (base.clone(), base, Touched::default());
        // Classes that have Pods in one state only are found by their nodes.
        for pod in only_after {
            first.remove_pod(pod);
        }
        for pod in only_before {
            second.remove_pod(pod);
        }
        for (key, _) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            touched.merge(&second.remove_policy(key.0, key.1));
        }
        for (_, policy) in changed {
            touched.merge(&second.put_policy(policy));
        }
        for (name, labels) in relabelled {
            // Selectors of namespaces may match others now, wherever they stand. Classes keep their numbers: no label of
            // a namespace makes one.
            second.put_namespace(&name, labels);
            touched.renumbered = true;
        }
        Self { before: first, after: second, touched }
    }

    /// Who the states speak of: in the first one, and in the second.
    #[must_use]
    pub fn nodes(&self, grain: Grain) -> [Nodes; 2] {
        nodes_of_both(&self.before, &self.after, grain)
    }

    /// What they let pass differently between these nodes, sorted.
    #[must_use]
    pub fn differences(&self, nodes: &[Nodes; 2]) -> Vec<Difference> {
        let [old, new] = nodes;
        compare(&self.before, &self.after, [old, new], Some(&self.touched))
    }
}

/// All Pods, and which of them are in one state only. A Pod that changed is two.
fn union(before: &[Pod], after: &[Pod]) -> (Vec<Pod>, Vec<PodId>, Vec<PodId>) {
    let mut left: HashMap<PodKey<'_>, Vec<usize>> = HashMap::new();
    for (position, pod) in before.iter().enumerate() {
        left.entry(pod_key(pod)).or_default().push(position);
    }
    let mut all = before.to_vec();
    let mut only_after = Vec::new();
    for pod in after {
        let known = left.get_mut(&pod_key(pod));
        let same = known.and_then(|list| {
            let place = list.iter().position(|position| before[*position] == *pod)?;
            Some(list.swap_remove(place))
        });
        if same.is_none() {
            only_after.push(number(all.len()));
            all.push(pod.clone());
        }
    }
    let mut only_before: Vec<_> = left.into_values().flatten().map(number).collect();
    only_before.sort_unstable();
    (all, only_before, only_after)
}
