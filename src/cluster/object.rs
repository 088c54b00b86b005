//! What a write sends, and what is said when it is refused.

use std::collections::BTreeMap;

use super::{RequestError, told::ADVICE};
use crate::{
    api::{PolicyKind, Reason},
    plan::Body,
    policy::{OUR_LABELS, PolicyObject},
};

/// The object with what is ours in it replaced; labels and annotations of others stay.
pub(super) fn with(mut policy: PolicyObject, body: Body, created: &BTreeMap<String, String>) -> PolicyObject {
    let owners = body.owners(created);
    let metadata = policy.metadata_mut();
    metadata.owner_references = (!owners.is_empty()).then_some(owners);
    metadata.managed_fields = None;
    let labels = metadata.labels.get_or_insert_default();
    labels.retain(|key, _| !OUR_LABELS.contains(&key.as_str()));
    labels.extend(body.content.labels);
    metadata.annotations.get_or_insert_default().extend(body.content.annotations);
    policy.saying(body.content.spec)
}

pub(super) fn explain(kind: PolicyKind, reason: Reason, error: &RequestError) -> String {
    match reason {
        Reason::Forbidden => {
            format!("{error}; {ADVICE}")
        }
        Reason::QuotaExceeded => format!("{error}; raise the ResourceQuota of the namespace, it is tried again"),
        Reason::ApplyFailed if kind == PolicyKind::CiliumNetworkPolicy => {
            let old = if error.to_string().contains("unknown field") {
                "; Cilium before 1.16 is too old for it: update it"
            } else {
                ""
            };
            format!(
                "{error}{old}; where Cilium is not to be asked, set `cni: Standard` in the operator's configuration"
            )
        }
        _ => error.to_string(),
    }
}
