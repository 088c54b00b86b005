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
    let (mut from, mut deleted) = (from.to_owned(), Vec::new());
    // The API server ends the watch of a reader that is slow. It goes on from where it was.
    while deleted.len() < count {
        let mut watch = api.watch(&WatchParams::default(), &from).await.expect("a watch").boxed();
        while let Some(event) = watch.try_next().await.expect("events") {
            let (policy, goes) = match event {
                WatchEvent::Added(policy) | WatchEvent::Modified(policy) => (policy, false),
                WatchEvent::Deleted(policy) => (policy, true),
                WatchEvent::Bookmark(_) => continue,
                WatchEvent::Error(status) => panic!("the watch ends: {status:?}"),
            };
            from = policy.resource_version().expect("a version");
            if goes {
                let label = |key: &str| policy.labels().get(key).cloned().unwrap_or_default();
                deleted.push(Deleted {
                    version: from.parse().expect("a number"),
                    profile: label("appnet.dev/profile"),
                    role: label("appnet.dev/role"),
                    tier: label("appnet.dev/tier"),
                });
            }
            if deleted.len() == count {
                break;
            }
        }
    }
    deleted
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
