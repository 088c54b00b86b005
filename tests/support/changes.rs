//! What becomes of objects of a kind, one after the other.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use kube::{
    Api, Resource, ResourceExt,
    api::{WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;

/// Something that became of an object.
pub enum Change<K> {
    /// It was created, or written anew.
    Stored(K),
    /// It went. Its version is that of its end.
    Gone(K),
}

/// A watch, opened anew where it ended when the API server ends it, as it does with every watch after a while, and with that
/// of a slow reader at once.
pub struct Changes<K> {
    api: Api<K>,
    seen: String,
    watch: Option<BoxStream<'static, kube::Result<WatchEvent<K>>>>,
}

impl<K> Changes<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + 'static,
{
    /// Of objects of that kind after this version.
    pub fn after(api: Api<K>, version: impl Into<String>) -> Self {
        Self { api, seen: version.into(), watch: None }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Change<K> {
        loop {
            let watch = match &mut self.watch {
                Some(watch) => watch,
                none => {
                    none.insert(self.api.watch(&WatchParams::default(), &self.seen).await.expect("a watch").boxed())
                }
            };
            let change = match watch.try_next().await.expect("the watch goes on") {
                None => {
                    self.watch = None;
                    continue;
                }
                Some(WatchEvent::Bookmark(_)) => continue,
                Some(WatchEvent::Error(error)) => panic!("{error}"),
                Some(WatchEvent::Added(object) | WatchEvent::Modified(object)) => Change::Stored(object),
                Some(WatchEvent::Deleted(object)) => Change::Gone(object),
            };
            let (Change::Stored(object) | Change::Gone(object)) = &change;
            self.seen = object.resource_version().expect("a version");
            return change;
        }
    }
}
