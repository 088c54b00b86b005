//! What a question is asked about: a state of a cluster, the profiles in it, and where everything stands.

use std::cell::OnceCell;

use super::{mismatch::Other, profiles::Profiles};
use crate::reach::{Direction, End, Nodes, Picture, Pod, Policy, Reach};

/// Where policies and profiles stand, and what policies carry. Without files nothing is known.
pub trait Sources {
    /// Where a field of a policy stands, as `FILE:LINE`; with an empty path, where the policy begins.
    fn policy(&self, namespace: &str, name: &str, path: &str) -> Option<String>;
    /// A label of a policy.
    fn label(&self, namespace: &str, name: &str, key: &str) -> Option<String>;
    /// An annotation of a policy.
    fn annotation(&self, namespace: &str, name: &str, key: &str) -> Option<String>;
    /// Where a field of a profile stands, as `FILE:LINE`.
    fn profile(&self, namespace: &str, name: &str, path: &str) -> Option<String>;
}

/// A state of a cluster.
pub struct Setting<'a> {
    /// The state.
    pub picture: &'a Picture,
    /// The same, evaluated: its Pods have the numbers of their positions in the picture.
    pub reach: &'a Reach,
    /// The profiles.
    pub profiles: &'a Profiles,
    /// Where they stand.
    pub sources: &'a dyn Sources,
    /// The positions of the policies in the picture, sorted by namespace and name, once one was looked for.
    sorted: OnceCell<Vec<usize>>,
    /// Who the state speaks of, once a fix was tried.
    pub(super) nodes: OnceCell<Nodes>,
}

impl<'a> Setting<'a> {
    /// A state, evaluated, with its profiles and where everything stands.
    #[must_use]
    pub fn new(picture: &'a Picture, reach: &'a Reach, profiles: &'a Profiles, sources: &'a dyn Sources) -> Self {
        Self { picture, reach, profiles, sources, sorted: OnceCell::new(), nodes: OnceCell::new() }
    }

    /// The Pod of an end.
    pub(super) fn pod(&self, end: End) -> Option<&Pod> {
        match end {
            End::Pod(id) => self.picture.pods.get(id as usize),
            End::Address(_) => None,
        }
    }

    /// How an end is called.
    pub(super) fn name(&self, end: End) -> String {
        match (end, self.pod(end)) {
            (End::Address(address), _) => address.to_string(),
            (End::Pod(_), Some(pod)) => super::find::name_of(pod),
            (End::Pod(id), None) => id.to_string(),
        }
    }

    pub(super) fn other(&self, end: End) -> Option<Other<'_>> {
        match end {
            End::Address(address) => Some(Other::Address(address)),
            End::Pod(_) => self.pod(end).map(Other::Pod),
        }
    }

    /// A policy as it was read.
    #[must_use]
    pub fn policy(&self, namespace: &str, name: &str) -> Option<&'a Policy> {
        let policies = &self.picture.policies;
        let key = |place: &usize| (policies[*place].namespace.as_str(), policies[*place].name.as_str());
        let sorted = self.sorted.get_or_init(|| {
            let mut all: Vec<_> = (0..policies.len()).collect();
            all.sort_by(|one, other| key(one).cmp(&key(other)));
            all
        });
        // Of several with one name the last counts, as it does where they are evaluated.
        let end = sorted.partition_point(|place| key(place) <= (namespace, name));
        let place = sorted.get(end.checked_sub(1)?).filter(|place| key(place) == (namespace, name))?;
        policies.get(*place)
    }

    /// A name for a new policy that none has: the wanted one, or that with a number.
    pub(crate) fn free_name(&self, namespace: &str, wanted: &str) -> Option<String> {
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| self.policy(namespace, name).is_none())
    }

    /// The policies of an end's namespace that leave it alone in this direction.
    pub(super) fn not_isolating(&self, pod: &Pod, direction: Direction) -> impl Iterator<Item = &Policy> {
        let namespace = pod.namespace.clone();
        let labels = pod.labels.clone();
        self.picture.policies.iter().filter(move |policy| {
            policy.namespace == namespace
                && policy.rules(direction).is_some()
                && policy.subject.selector().is_some_and(|selector| !selector.matches(&labels))
        })
    }
}
