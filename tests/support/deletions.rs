//! In which order policies went, by the versions at which the API server removed them.

use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::changes::{Change, Changes};

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
    let (mut changes, mut deleted) = (Changes::after(api.clone(), from), Vec::new());
    while deleted.len() < count {
        let Change::Gone(policy) = changes.next().await else { continue };
        let label = |key: &str| policy.labels().get(key).cloned().unwrap_or_default();
        deleted.push(Deleted {
            version: policy.resource_version().expect("a version").parse().expect("a number"),
            profile: label("appnet.dev/profile"),
            role: label("appnet.dev/role"),
            tier: label("appnet.dev/tier"),
        });
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
