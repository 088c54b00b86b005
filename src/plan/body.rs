//! What a write puts into a policy.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::{
    model::{Identity, Labels},
    observe::PolicySpec,
    policy::{ADOPT_ANNOTATION, DesiredPolicy, EXPLANATION_ANNOTATION, policy_reference, profile_reference},
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

/// A policy that goes before another one when the profile is deleted: the other one has it as an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// One that is there.
    There {
        /// Its name.
        name: String,
        /// Its uid.
        uid: String,
    },
    /// One that an earlier write of the same stage creates.
    New {
        /// Its name.
        name: String,
    },
}

/// What a write puts into a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// What it says.
    pub content: Content,
    /// The profile, unless the policies are to outlive it.
    pub controller: Option<OwnerReference>,
    /// What is to go before it.
    pub after: Vec<Earlier>,
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
    pub fn new(content: Content, identity: &Identity, orphan: bool, after: Vec<Earlier>) -> Self {
        let controller = (!orphan).then(|| profile_reference(identity));
        Self { content, controller, after: if orphan { Vec::new() } else { after } }
    }

    /// Is the policy of this name one that is created in the same stage, and to go before this one?
    #[must_use]
    pub fn goes_after_new(&self, name: &str) -> bool {
        self.after.iter().any(|earlier| matches!(earlier, Earlier::New { name: new } if new == name))
    }

    /// The owners. `created` holds the uids of what this stage created, by name.
    #[must_use]
    pub fn owners(&self, created: &BTreeMap<String, String>) -> Vec<OwnerReference> {
        let earlier = self.after.iter().filter_map(|earlier| match earlier {
            Earlier::There { name, uid } => Some(policy_reference(name, uid)),
            Earlier::New { name } => created.get(name).map(|uid| policy_reference(name, uid)),
        });
        self.controller.iter().cloned().chain(earlier).collect()
    }
}
