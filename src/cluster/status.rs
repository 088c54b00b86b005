//! Writes the status, when it says something new.

use kube::{Api, ResourceExt, api::PostParams};

use super::{RequestError, Requests};
use crate::{
    api::{AppNetworkProfile, AppNetworkProfileStatus},
    policy::FIELD_MANAGER,
};

/// Replaces the status. The write carries the version of the profile that it speaks of; the profile as it is stored then.
///
/// # Errors
/// What the API server answered; a conflict when the profile changed meanwhile, so that the status may be old news.
pub async fn write_status(
    requests: &Requests,
    profile: &AppNetworkProfile,
    status: AppNetworkProfileStatus,
) -> Result<AppNetworkProfile, RequestError> {
    let api: Api<AppNetworkProfile> =
        Api::namespaced(requests.client.clone(), &profile.namespace().unwrap_or_default());
    let mut next = profile.clone();
    next.metadata.managed_fields = None;
    next.status = Some(status);
    let params = PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() };
    requests.within(api.replace_status(&profile.name_any(), &params, &next)).await
}
