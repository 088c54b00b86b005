//! Namespaces and Pods, and the classes of Pods that no policy can tell apart.
//!
//! Two Pods of a namespace are of one class when they have the same values at the keys that some selector looks at, the
//! same container ports under the names that some rule uses, and are both on the host network or both not. Everything is
//! worked out per class; a cluster has far fewer classes than Pods.

use std::net::IpAddr;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{
    Pod,
    words::{Label, Matcher, Word, Words, number},
};
use crate::{
    api::Protocol,
    model::{Labels, NAMESPACE_NAME},
};

/// The number of a class: Pods that no policy can tell apart.
pub type ClassId = u32;
/// A namespace's number.
pub(super) type NamespaceId = u32;
/// A Pod's number.
pub type PodId = u32;

/// A container port that has a name: protocol, name, number.
pub(super) type NamedPort = (Protocol, Word, u16);

/// What runs Pods: namespace, kind and name.
pub(super) type WorkloadKey = (NamespaceId, Word, Word);

/// What policies can see of a Pod. With everything that the Pod has, or with what some policy looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Traits {
    pub namespace: NamespaceId,
    /// Sorted.
    pub labels: Box<[Label]>,
    /// Sorted.
    pub ports: Box<[NamedPort]>,
    pub host_network: bool,
    /// Left empty, unless blocks of addresses are to match Pods: it makes a class of every Pod.
    pub addresses: Box<[IpAddr]>,
}

#[derive(Clone, Debug)]
pub(super) struct Namespace {
    pub name: Word,
    pub labels: Box<[Label]>,
    /// Sorted.
    pub classes: Vec<ClassId>,
}

/// A Pod.
#[derive(Clone, Debug)]
pub(super) struct PodRow {
    pub name: Box<str>,
    pub workload: u32,
    traits: u32,
    /// It was taken away, and keeps only its number.
    pub gone: bool,
}

/// In which namespaces a selector of Pods looks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    One(NamespaceId),
    /// By namespace: is it one of them?
    Some(&'a [bool]),
    All,
}

/// Everyone that a policy could be about.
#[derive(Clone, Debug, Default)]
pub(super) struct Population {
    pub words: Words,
    pub namespaces: Vec<Namespace>,
    namespace_ids: FxHashMap<Word, NamespaceId>,
    pub workloads: IndexSet<WorkloadKey, FxBuildHasher>,
    pub pods: Vec<PodRow>,
    /// Everything that Pods have.
    all_traits: IndexSet<Traits, FxBuildHasher>,
    class_of: Vec<ClassId>,
    /// What is left of it when what no policy looks at is left out.
    pub classes: IndexSet<Traits, FxBuildHasher>,
    /// Number of Pods by class.
    pub sizes: Vec<u32>,
    postings: FxHashMap<Label, Vec<ClassId>>,
    keys: FxHashSet<Word>,
    port_names: FxHashSet<Word>,
    pub blocks_match_pods: bool,
}

impl Population {
    /// A namespace's number; one that nobody has spoken of yet comes with the labels that every namespace has.
    pub(super) fn namespace(&mut self, name: &str) -> NamespaceId {
        let word = self.words.id(name);
        if let Some(known) = self.namespace_ids.get(&word) {
            return *known;
        }
        let key = self.words.id(NAMESPACE_NAME);
        let id = number(self.namespaces.len());
        self.namespaces.push(Namespace { name: word, labels: Box::from([(key, word)]), classes: Vec::new() });
        self.namespace_ids.insert(word, id);
        id
    }

    /// Gives a namespace its labels.
    pub(super) fn label_namespace(&mut self, name: &str, labels: &Labels) {
        let id = self.namespace(name);
        let mut labels = labels.clone();
        labels.insert(NAMESPACE_NAME.to_owned(), name.to_owned());
        self.namespaces[id as usize].labels = self.words.labels(&labels);
    }

    pub(super) fn find_namespace(&self, name: &str) -> Option<NamespaceId> {
        self.namespace_ids.get(&self.words.find(name)?).copied()
    }

    /// From now on policies look at these keys and these names of ports too. True when some are new: then the classes have
    /// to be worked out anew.
    pub(super) fn look_at(
        &mut self,
        keys: impl IntoIterator<Item = Word>,
        names: impl IntoIterator<Item = Word>,
    ) -> bool {
        let before = self.keys.len() + self.port_names.len();
        self.keys.extend(keys);
        self.port_names.extend(names);
        before != self.keys.len() + self.port_names.len()
    }

    /// Adds many Pods. Replicas stand beside each other in a dump, and differ in nothing but their names.
    pub(super) fn add_all(&mut self, pods: &[Pod]) {
        let mut before: Option<&Pod> = None;
        for pod in pods {
            if before.is_some_and(|before| self.are_alike(before, pod))
                && let Some(PodRow { workload, traits, .. }) = self.pods.last()
            {
                self.add_row(&pod.name, *workload, *traits);
                continue;
            }
            self.add(pod);
            before = Some(pod);
        }
    }

    /// Do two Pods differ in nothing but their names?
    fn are_alike(&self, one: &Pod, other: &Pod) -> bool {
        one.labels == other.labels
            && one.namespace == other.namespace
            && one.workload == other.workload
            && one.ports == other.ports
            && one.host_network == other.host_network
            && (!self.blocks_match_pods || one.addresses == other.addresses)
    }

    /// Adds a Pod: its number and its class, which may be a new one.
    pub(super) fn add(&mut self, pod: &Pod) -> (PodId, ClassId) {
        let namespace = self.namespace(&pod.namespace);
        let workload = (namespace, self.words.id(&pod.workload.kind), self.words.id(&pod.workload.name));
        let workload = number(self.workloads.insert_full(workload).0);
        let named = pod.ports.iter().filter(|port| !port.name.is_empty());
        let mut ports: Vec<_> = named.map(|port| (port.protocol, self.words.id(&port.name), port.number)).collect();
        ports.sort_unstable();
        ports.dedup();
        let labels = self.words.labels(&pod.labels);
        let addresses = if self.blocks_match_pods { pod.addresses.as_slice().into() } else { Box::default() };
        let traits = Traits { namespace, labels, ports: ports.into(), host_network: pod.host_network, addresses };
        let (position, new) = self.all_traits.insert_full(traits);
        if new {
            self.classify(position);
        }
        self.add_row(&pod.name, workload, number(position))
    }

    fn add_row(&mut self, name: &str, workload: u32, traits: u32) -> (PodId, ClassId) {
        let class = self.class_of[traits as usize];
        self.sizes[class as usize] += 1;
        let id = number(self.pods.len());
        self.pods.push(PodRow { name: name.into(), workload, traits, gone: false });
        (id, class)
    }

    /// Takes a Pod away. Its class stays, if need be without Pods.
    pub(super) fn remove(&mut self, pod: PodId) {
        if !self.pods[pod as usize].gone {
            self.pods[pod as usize].gone = true;
            let class = self.class(pod);
            self.sizes[class as usize] -= 1;
        }
    }

    /// Works out all classes anew.
    pub(super) fn classify_all(&mut self) {
        self.classes.clear();
        self.sizes.clear();
        self.class_of.clear();
        self.postings.clear();
        self.namespaces.iter_mut().for_each(|namespace| namespace.classes.clear());
        for position in 0..self.all_traits.len() {
            self.classify(position);
        }
        for pod in 0..self.pods.len() {
            if !self.pods[pod].gone {
                let class = self.class(number(pod));
                self.sizes[class as usize] += 1;
            }
        }
    }

    fn classify(&mut self, position: usize) {
        let traits = &self.all_traits[position];
        let seen = Traits {
            labels: traits.labels.iter().filter(|(key, _)| self.keys.contains(key)).copied().collect(),
            ports: traits.ports.iter().filter(|(_, name, _)| self.port_names.contains(name)).copied().collect(),
            addresses: traits.addresses.clone(),
            ..*traits
        };
        let (index, new) = self.classes.insert_full(seen);
        let class = number(index);
        if new {
            let Traits { namespace, labels, .. } = &self.classes[index];
            self.namespaces[*namespace as usize].classes.push(class);
            for label in labels {
                self.postings.entry(*label).or_default().push(class);
            }
            self.sizes.push(0);
        }
        self.class_of.push(class);
    }

    pub(super) fn class(&self, pod: PodId) -> ClassId {
        self.class_of[self.pods[pod as usize].traits as usize]
    }

    /// All that a Pod has.
    pub(super) fn traits(&self, pod: PodId) -> &Traits {
        &self.all_traits[self.pods[pod as usize].traits as usize]
    }

    /// By namespace: does it match?
    pub(super) fn namespaces_matching(&self, matcher: &Matcher) -> Box<[bool]> {
        self.namespaces.iter().map(|namespace| matcher.matches(&namespace.labels)).collect()
    }

    /// The classes that match, sorted. Pods on the host network are never among them: on the wire they are their node.
    pub(super) fn matching(&self, scope: Scope<'_>, matcher: Option<&Matcher>) -> Vec<ClassId> {
        let fits = |class: &ClassId| self.matches(*class, scope, matcher);
        let there = match scope {
            Scope::One(namespace) => Some(&self.namespaces[namespace as usize].classes),
            Scope::Some(_) | Scope::All => None,
        };
        let most = there.map_or(self.classes.len(), Vec::len);
        match (matcher.and_then(|matcher| self.candidates(matcher, most)), there) {
            (Some(few), _) => few.into_iter().filter(fits).collect(),
            (None, Some(there)) => there.iter().copied().filter(fits).collect(),
            (None, None) => (0..number(self.classes.len())).filter(fits).collect(),
        }
    }

    /// Does a class match?
    pub(super) fn matches(&self, class: ClassId, scope: Scope<'_>, matcher: Option<&Matcher>) -> bool {
        let Traits { namespace, labels, host_network, .. } = &self.classes[class as usize];
        let there = match scope {
            Scope::One(wanted) => *namespace == wanted,
            Scope::Some(wanted) => wanted[*namespace as usize],
            Scope::All => true,
        };
        there && !host_network && matcher.is_none_or(|matcher| matcher.matches(labels))
    }

    /// Classes among which all that match are, sorted; nothing when the selector asks for no label in particular, or there
    /// would be as many as `most`.
    fn candidates(&self, matcher: &Matcher, most: usize) -> Option<Vec<ClassId>> {
        let with = |label: &Label| self.postings.get(label).map_or(&[][..], Vec::as_slice);
        let count = |labels: &Vec<Label>| labels.iter().map(|label| with(label).len()).sum::<usize>();
        let labels = matcher.needs().min_by_key(count).filter(|labels| count(labels) < most)?;
        let mut found: Vec<_> = labels.iter().flat_map(with).copied().collect();
        if labels.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        Some(found)
    }
}
