//! What a write puts into a policy.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::{
    model::{Identity, Labels},
    observe::PolicySpec,
    policy::{ADOPT_ANNOTATION, DesiredPolicy, EXPLANATION_ANNOTATION, deny_reference, profile_reference},
};

/// What a policy says, apart from who owns it.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Labels of ours; those of others are kept.
    pub labels: Labels,
    /// Annotations of ours; those of others are kept.
    pub annotations: BTreeMap<String, String>,
    /// The rules; what others added to them is removed.
    pub spec: PolicySpec,
}

/// The second owner of an allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenyReference {
    /// There is no deny, or the policies are to outlive the profile.
    None,
    /// The deny of this name and uid.
    To {
        /// Its name.
        name: String,
        /// Its uid.
        uid: String,
    },
    /// The deny that an earlier write of the same stage creates.
    ToTheNewOne,
}

/// What a write puts into a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// What it says.
    pub content: Content,
    /// The profile, unless the policies are to outlive it.
    pub controller: Option<OwnerReference>,
    /// The deny.
    pub deny: DenyReference,
}

impl Content {
    /// What a wanted policy says.
    #[must_use]
    pub fn of(policy: &DesiredPolicy, identity: &Identity, orphan: bool) -> Self {
        let mut annotations = BTreeMap::from([(EXPLANATION_ANNOTATION.to_owned(), policy.explanation.clone())]);
        if orphan {
            // Without an owner reference nothing else would tell a restarted operator that it wrote this.
            annotations.insert(ADOPT_ANNOTATION.to_owned(), identity.name.clone());
        }
        Self { labels: policy.labels.clone(), annotations, spec: policy.spec.clone() }
    }
}

impl Body {
    /// A wanted policy with its owners.
    #[must_use]
    pub fn new(content: Content, identity: &Identity, orphan: bool, deny: DenyReference) -> Self {
        let controller = (!orphan).then(|| profile_reference(identity));
        Self { content, controller, deny: if orphan { DenyReference::None } else { deny } }
    }

    /// The owners, once the uid of a deny that was just created is known.
    #[must_use]
    pub fn owners(&self, new_deny: Option<(&str, &str)>) -> Vec<OwnerReference> {
        let deny = match (&self.deny, new_deny) {
            (DenyReference::To { name, uid }, _) => Some(deny_reference(name, uid)),
            (DenyReference::ToTheNewOne, Some((name, uid))) => Some(deny_reference(name, uid)),
            (DenyReference::ToTheNewOne, None) | (DenyReference::None, _) => None,
        };
        self.controller.iter().cloned().chain(deny).collect()
    }
}
