//! What a write sends, and what is said when it is refused.

use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::RequestError;
use crate::{api::Reason, plan::Body, policy::OUR_LABELS};

/// The object with what is ours in it replaced; labels and annotations of others stay.
pub(super) fn with(mut policy: NetworkPolicy, body: Body, new_deny: Option<&(String, String)>) -> NetworkPolicy {
    let owners = body.owners(new_deny.map(|(name, uid)| (name.as_str(), uid.as_str())));
    policy.metadata.owner_references = (!owners.is_empty()).then_some(owners);
    policy.metadata.managed_fields = None;
    let labels = policy.metadata.labels.get_or_insert_default();
    labels.retain(|key, _| !OUR_LABELS.contains(&key.as_str()));
    labels.extend(body.content.labels);
    policy.metadata.annotations.get_or_insert_default().extend(body.content.annotations);
    policy.spec = Some(body.content.spec);
    policy
}

pub(super) fn explain(reason: Reason, error: &RequestError) -> String {
    match reason {
        Reason::Forbidden => {
            format!("{error}; give the operator this right, it tries again by itself")
        }
        Reason::QuotaExceeded => format!("{error}; raise the ResourceQuota of the namespace, it is tried again"),
        _ => error.to_string(),
    }
}
