//! In which order policies went, by the versions at which the API server removed them.

use futures::{StreamExt, TryStreamExt};
use kube::{
    Api, Resource, ResourceExt,
    api::{WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;

/// A policy of a profile that went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deleted {
    /// The version at which it went: one count for objects of all kinds.
    pub version: u64,
    pub profile: String,
    pub role: String,
    pub tier: String,
}

/// Waits until so many policies of one kind went after the version `from`.
pub async fn deletions<K>(api: &Api<K>, from: &str, count: usize) -> Vec<Deleted>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + 'static,
{
    let watch = api.watch(&WatchParams::default(), from).await.expect("a watch").boxed();
    let deleted = watch.try_filter_map(async |event| {
        let WatchEvent::Deleted(policy) = event else { return Ok(None) };
        let label = |key: &str| policy.labels().get(key).cloned().unwrap_or_default();
        Ok(Some(Deleted {
            version: policy.resource_version().expect("a version").parse().expect("a number"),
            profile: label("appnet.dev/profile"),
            role: label("appnet.dev/role"),
            tier: label("appnet.dev/tier"),
        }))
    });
    deleted.take(count).try_collect().await.expect("the watch goes on")
}

/// Those that went before one that has to go first: the default-deny, then DNS, then tiers, and what lets a tier call the
/// API server after that tier.
pub fn too_early(deleted: &[Deleted]) -> Vec<&Deleted> {
    let before = |first: &Deleted, then: &Deleted| match (first.role.as_str(), then.role.as_str()) {
        ("default-deny", "dns" | "tier" | "api-server") | ("dns", "tier" | "api-server") => true,
        ("tier", "api-server") => first.tier == then.tier,
        _ => false,
    };
    let broken = |then: &&Deleted| {
        deleted.iter().any(|first| first.profile == then.profile && before(first, then) && first.version > then.version)
    };
    deleted.iter().filter(broken).collect()
}
