//! The policies that a profile asks for, before they meet what is there.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{EXPLANATION_ANNOTATION, PolicyObject};
use crate::{
    api::PolicyKind,
    model::{Identity, Labels},
    observe::PolicySpec,
};

/// What a policy is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything that one tier may do, both directions.
    Tier(String),
    /// DNS for every Pod of the namespace.
    Dns,
    /// The API server for one tier, in words of Cilium's own. It only allows, and isolates nobody.
    ApiServer(String),
    /// Isolates every Pod of the namespace.
    DefaultDeny,
    /// Keeps flows alive while other policies change places; removed at the end of the change.
    Bridge(String),
}

impl Role {
    /// The role as it stands in labels and in the status.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Tier(_) => "tier",
            Self::Dns => "dns",
            Self::ApiServer(_) => "api-server",
            Self::DefaultDeny => "default-deny",
            Self::Bridge(_) => "bridge",
        }
    }

    /// What it is about, where there can be several of the role: the tier.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Tier(subject) | Self::ApiServer(subject) | Self::Bridge(subject) => subject,
            Self::Dns | Self::DefaultDeny => "",
        }
    }
}

/// A policy that is wanted, without its owners: these need uids that only the API server gives.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredPolicy {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its labels.
    pub labels: Labels,
    /// What it allows and from which field, as a sentence.
    pub explanation: String,
    /// What it says, in the form that the API server stores.
    pub spec: PolicySpec,
}

/// All policies that a profile asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Whose policies they are.
    pub identity: Identity,
    /// What only allows, and isolates nobody: written before everything else, and removed after it.
    pub companions: Vec<DesiredPolicy>,
    /// Tiers in the order of the profile, then DNS: the order in which they are written.
    pub allows: Vec<DesiredPolicy>,
    /// The default-deny; none when only tiers are isolated, or nothing is wanted.
    pub deny: Option<DesiredPolicy>,
    /// Are the policies to stay when the profile goes?
    pub orphan: bool,
}

impl Desired {
    /// Nothing is wanted: what is there is to be removed.
    #[must_use]
    pub const fn nothing(identity: Identity, orphan: bool) -> Self {
        Self { identity, companions: Vec::new(), allows: Vec::new(), deny: None, orphan }
    }

    /// Every wanted policy in the order of writing: companions, allows, the deny last.
    pub fn policies(&self) -> impl Iterator<Item = &DesiredPolicy> {
        self.companions.iter().chain(&self.allows).chain(&self.deny)
    }

    /// The wanted policy of this kind and name.
    #[must_use]
    pub fn policy(&self, kind: PolicyKind, name: &str) -> Option<&DesiredPolicy> {
        self.policies().find(|policy| policy.name == name && policy.kind() == kind)
    }

    /// Number of wanted policies.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies().count()
    }

    /// Is nothing wanted?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl DesiredPolicy {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> PolicyKind {
        self.spec.kind()
    }

    /// The policy as a manifest, as it would be without an operator: no owners, no uid.
    #[must_use]
    pub fn manifest(&self, namespace: &str) -> PolicyObject {
        let annotations = BTreeMap::from([(EXPLANATION_ANNOTATION.to_owned(), self.explanation.clone())]);
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            labels: Some(self.labels.clone()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        };
        PolicyObject::new(metadata, self.spec.clone())
    }
}
