//! What our policies carry besides their rules: labels, owners, annotations.
//!
//! Nothing of the profile's own labels or annotations is copied: `GitOps` tools prune what carries theirs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;

use super::{DesiredPolicy, Role};
use crate::{
    api::{AppNetworkProfile, PolicyKind},
    model::{Identity, Labels},
    observe::PolicySpec,
};

/// The name under which we write.
pub const FIELD_MANAGER: &str = "appnet-operator";
/// The label that names the profile.
pub const PROFILE_LABEL: &str = "appnet.dev/profile";
/// The label that names the role: `tier`, `dns`, `api-server`, `default-deny`, `bridge`.
pub const ROLE_LABEL: &str = "appnet.dev/role";
/// The label that names the tier.
pub const TIER_LABEL: &str = "appnet.dev/tier";
/// Every label that we write. A policy of one role has no label of another: what stands there besides is removed.
pub const OUR_LABELS: [&str; 4] = [MANAGED_BY, PROFILE_LABEL, ROLE_LABEL, TIER_LABEL];
/// The annotation that says in a sentence what a policy allows and because of which field.
pub const EXPLANATION_ANNOTATION: &str = "appnet.dev/explanation";
/// The annotation by which someone hands a policy over to the profile of this name. Whoever can write it has
/// rights on NetworkPolicies already.
pub const ADOPT_ANNOTATION: &str = "appnet.dev/adopt-by";

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

pub(super) fn labels(profile: &str, role: &Role) -> Labels {
    let mut labels = Labels::from([
        (MANAGED_BY.to_owned(), FIELD_MANAGER.to_owned()),
        (PROFILE_LABEL.to_owned(), profile.to_owned()),
        (ROLE_LABEL.to_owned(), role.as_str().to_owned()),
    ]);
    if let Role::Tier(tier) | Role::ApiServer(tier) = role {
        labels.insert(TIER_LABEL.to_owned(), tier.clone());
    }
    labels
}

/// A policy that says what two policies both say, while the one becomes the other.
#[must_use]
pub fn bridge(profile: &str, from: &str, to: &str, spec: PolicySpec) -> DesiredPolicy {
    // Its name depends on all that it says: one of the same name is the same.
    let content = serde_json::to_string(&spec).unwrap_or_default();
    let role = Role::Bridge(super::short_hash(&[from, to, &content]));
    DesiredPolicy {
        name: super::policy_name(profile, &role),
        labels: labels(profile, &role),
        explanation: format!(
            "Keeps what '{from}' and '{to}' both allow while they change places; it is removed at the end of the change."
        ),
        role,
        spec,
    }
}

/// The reference that makes a profile the controller of a policy. `blockOwnerDeletion` is left out: it is not
/// needed, and would need more rights where `OwnerReferencesPermissionEnforcement` is on.
#[must_use]
pub fn profile_reference(identity: &Identity) -> OwnerReference {
    OwnerReference {
        api_version: AppNetworkProfile::api_version(&()).into_owned(),
        kind: AppNetworkProfile::kind(&()).into_owned(),
        name: identity.name.clone(),
        uid: identity.uid.clone(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

/// The reference to a policy that is to go first. The garbage collector removes an object only when all its owners are
/// gone, so a policy with such an owner always goes after it, and no flow is cut while a profile is deleted.
#[must_use]
pub fn policy_reference(name: &str, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: PolicyKind::NetworkPolicy.api_version().into(),
        kind: PolicyKind::NetworkPolicy.as_str().into(),
        name: name.into(),
        uid: uid.into(),
        controller: None,
        block_owner_deletion: None,
    }
}

/// Is the object of this uid the controller?
#[must_use]
pub fn is_controlled_by(owners: &[OwnerReference], uid: &str) -> bool {
    owners.iter().any(|owner| owner.controller == Some(true) && owner.uid == uid)
}
