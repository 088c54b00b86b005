//! What the checks look at, and what they say.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    api::Reason,
    model::{Labels, NAMESPACE_NAME},
    reach::{Direction, NamespacesOf, Peer, Picture, Pod, PodsOf, Policy, Rule},
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Traffic is cut or opened that hardly anyone can have meant.
    Error,
    /// It may be meant, and mostly is not.
    Warning,
}

/// Something to say about a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The policy's namespace.
    pub namespace: String,
    /// The policy's name.
    pub name: String,
    /// The field, as `spec.egress[0]`.
    pub path: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub reason: Reason,
    /// What was found.
    pub found: String,
    /// What one can do.
    pub advice: String,
}

/// What the checks look at.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The state of the cluster.
    pub picture: &'a Picture,
    /// The whole cluster was read: what is not there is nowhere. Files hold a part of one.
    pub whole: bool,
    pods: BTreeMap<&'a str, Vec<&'a Pod>>,
    policies: BTreeMap<&'a str, Vec<&'a Policy>>,
    namespaces: BTreeMap<&'a str, Labels>,
}

impl<'a> Scene<'a> {
    /// A state to be looked at.
    #[must_use]
    pub fn new(picture: &'a Picture, whole: bool) -> Self {
        let mut pods: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
        for pod in &picture.pods {
            pods.entry(&pod.namespace).or_default().push(pod);
        }
        let named = picture.policies.iter().map(|policy| policy.namespace.as_str());
        let known: BTreeSet<_> =
            picture.namespaces.keys().map(String::as_str).chain(pods.keys().copied()).chain(named).collect();
        let namespaces = known.into_iter().map(|name| {
            let mut labels = picture.namespaces.get(name).cloned().unwrap_or_default();
            labels.insert(NAMESPACE_NAME.to_owned(), name.to_owned());
            (name, labels)
        });
        let namespaces = namespaces.collect();
        let mut policies: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
        for policy in &picture.policies {
            policies.entry(&policy.namespace).or_default().push(policy);
        }
        Self { picture, whole, pods, policies, namespaces }
    }

    /// The Pods of a namespace.
    #[must_use]
    pub fn pods_in(&self, namespace: &str) -> &[&'a Pod] {
        self.pods.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The policies of a namespace.
    #[must_use]
    pub fn policies_in(&self, namespace: &str) -> &[&'a Policy] {
        self.policies.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The Pods that a policy selects; not those on the host network, which no policy is about.
    pub fn selected<'s>(&'s self, policy: &'s Policy) -> impl Iterator<Item = &'a Pod> + 's {
        let pods = self.pods_in(&policy.namespace).iter().copied();
        pods.filter(|pod| !pod.host_network && matches(&policy.subject, &pod.labels))
    }

    /// The namespaces that a peer is about.
    pub fn namespaces_of<'s>(&'s self, of: &'s NamespacesOf, own: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.namespaces
            .iter()
            .filter(move |(name, labels)| match of {
                NamespacesOf::Own => **name == own,
                NamespacesOf::All => true,
                NamespacesOf::Selected(selector) => selector.matches(labels),
            })
            .map(|(name, _)| *name)
    }

    /// The labels of every namespace.
    pub fn namespaces(&self) -> impl Iterator<Item = (&'a str, &Labels)> {
        self.namespaces.iter().map(|(name, labels)| (*name, labels))
    }

    /// Every rule of every policy, with its field.
    pub fn rules(&self) -> impl Iterator<Item = (&'a Policy, Direction, String, &'a Rule)> {
        self.picture.policies.iter().flat_map(|policy| {
            [Direction::Ingress, Direction::Egress].into_iter().flat_map(move |direction| {
                let rules = policy.rules(direction).unwrap_or_default().iter().enumerate();
                rules
                    .map(move |(place, rule)| (policy, direction, format!("spec.{}[{place}]", direction.field()), rule))
            })
        })
    }
}

/// Do these Pods have the labels?
#[must_use]
pub fn matches(pods: &PodsOf, labels: &Labels) -> bool {
    pods.selector().is_none_or(|selector| selector.matches(labels))
}

/// Is a Pod among those of a peer of a policy in the namespace `own`?
#[must_use]
pub fn peer_matches(picture: &Picture, peer: &Peer, own: &str, pod: &Pod) -> bool {
    let Peer::Pods { namespaces, pods } = peer else { return false };
    let there = match namespaces {
        NamespacesOf::Own => pod.namespace == own,
        NamespacesOf::All => true,
        NamespacesOf::Selected(selector) => {
            let labels = picture.namespaces.get(&pod.namespace);
            // As the API server has them. A copy would be made for every rule and every kind of Pod.
            if let Some(labels) = labels.filter(|labels| labels.contains_key(NAMESPACE_NAME)) {
                selector.matches(labels)
            } else {
                let mut labels = labels.cloned().unwrap_or_default();
                labels.insert(NAMESPACE_NAME.to_owned(), pod.namespace.clone());
                selector.matches(&labels)
            }
        }
    };
    there && matches(pods, &pod.labels)
}

/// The peer at a path, as `spec.egress[0].to[1].podSelector`.
#[must_use]
pub fn peer_at<'p>(policy: &'p Policy, path: &str) -> Option<&'p Peer> {
    [Direction::Ingress, Direction::Egress].into_iter().find_map(|direction| {
        policy.rules(direction)?.iter().enumerate().find_map(|(place, rule)| {
            let of_rule = format!("spec.{}[{place}]", direction.field());
            peers(rule, &of_rule, direction).find(|(own, _)| path.starts_with(own.as_str())).map(|(_, peer)| peer)
        })
    })
}

/// The peers of a rule one by one, each with its field; none when it is about everyone.
pub(super) fn peers<'r>(rule: &'r Rule, path: &str, direction: Direction) -> impl Iterator<Item = (String, &'r Peer)> {
    let field = match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let path = path.to_owned();
    rule.peers.listed().iter().enumerate().map(move |(place, peer)| (format!("{path}.{field}[{place}]"), peer))
}

impl Remark {
    /// Something to say about a field of a policy.
    pub(super) fn new(
        policy: &Policy,
        path: impl Into<String>,
        reason: Reason,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            path: path.into(),
            severity: Severity::Warning,
            reason,
            found: found.into(),
            advice: advice.into(),
        }
    }

    /// What was found and what one can do, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}; {}", self.found, self.advice)
    }

    /// The same, but nobody can have meant it.
    pub(super) fn error(self) -> Self {
        Self { severity: Severity::Error, ..self }
    }
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
