//! One kind of object: how its watch changes the picture.

use std::{
    collections::HashSet,
    fmt::Debug,
    hash::{BuildHasher, RandomState},
    pin::pin,
};

use futures::StreamExt;
use kube::{
    Api, Resource,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};

use super::{SharedWorld, Touched, told::Told};
use crate::observe::World;

/// Which objects a list held, by fingerprint.
///
/// The names themselves would be two more allocations for each Pod, in between those that stay: the holes that they leave
/// are never given back. Two independent keyed hashes make 128 bits: among a million objects two share a fingerprint
/// with a probability of 10^-27, and the harm would be one object that is remembered until the next list.
#[derive(Default)]
pub(super) struct Seen {
    keys: [RandomState; 2],
    marks: HashSet<[u64; 2]>,
}

impl Seen {
    fn mark(&self, namespace: &str, name: &str) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one((namespace, name)))
    }

    fn insert(&mut self, namespace: &str, name: &str) {
        let mark = self.mark(namespace, name);
        self.marks.insert(mark);
    }

    /// Did the list hold this object?
    pub(super) fn holds(&self, namespace: &str, name: &str) -> bool {
        self.marks.contains(&self.mark(namespace, name))
    }
}

/// How a kind of object changes the picture. What changes nothing that we use touches nobody.
pub(super) struct Feed<K> {
    /// An object is there.
    pub(super) put: fn(&mut World, &K) -> Option<Touched>,
    /// An object is gone.
    pub(super) gone: fn(&mut World, &K) -> Option<Touched>,
    /// Only these objects are there: what went while the watch was away is forgotten.
    pub(super) keep: fn(&mut World, &Seen) -> Vec<Touched>,
}

/// Where a feed tells what it touched, and when it has seen everything once.
#[derive(Clone)]
pub(super) struct Out {
    pub(super) world: SharedWorld,
    pub(super) touched: mpsc::UnboundedSender<Touched>,
    pub(super) ready: watch::Sender<usize>,
}

impl<K> Feed<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    /// Follows the watch until the receiver of what is touched is gone.
    pub(super) async fn run(self, api: Api<K>, config: watcher::Config, out: Out) {
        let mut events = pin!(watcher(api, config).default_backoff());
        let mut seen = Seen::default();
        let mut complete = false;
        let told = Told::default();
        while let Some(event) = events.next().await {
            let touched = match event {
                Ok(event) => {
                    let done = matches!(event, watcher::Event::InitDone);
                    let touched = out.world.change(|world| self.take(world, event, &mut seen));
                    if done && !complete {
                        complete = true;
                        out.ready.send_modify(|ready| *ready += 1);
                    }
                    touched
                }
                Err(error) => {
                    watch_failed::<K>(&error, &told);
                    continue;
                }
            };
            for one in touched {
                if out.touched.send(one).is_err() {
                    return;
                }
            }
        }
    }

    fn take(&self, world: &mut World, event: watcher::Event<K>, seen: &mut Seen) -> Vec<Touched> {
        match event {
            watcher::Event::Init => {
                seen.marks.clear();
                Vec::new()
            }
            watcher::Event::InitApply(object) => {
                let meta = object.meta();
                seen.insert(meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
                (self.put)(world, &object).into_iter().collect()
            }
            watcher::Event::InitDone => (self.keep)(world, &std::mem::take(seen)),
            watcher::Event::Apply(object) => (self.put)(world, &object).into_iter().collect(),
            watcher::Event::Delete(object) => (self.gone)(world, &object).into_iter().collect(),
        }
    }
}

/// Says that a watch fails: it can go on for hours, and what is not seen is not followed meanwhile.
pub(super) fn watch_failed<K: Resource<DynamicType = ()>>(error: &watcher::Error, told: &Told) {
    let kind = K::kind(&());
    if let Some(error) = told.news(error) {
        tracing::warn!(%kind, error, "watch failed; it is tried again");
    } else {
        tracing::debug!(%kind, %error, "watch failed again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_held_is_known_and_nothing_else() {
        let mut seen = Seen::default();
        seen.insert("shop", "api-1");
        assert!(seen.holds("shop", "api-1"));
        for (namespace, name) in [("shop", "api-2"), ("blog", "api-1"), ("shopa", "pi-1"), ("", "shopapi-1")] {
            assert!(!seen.holds(namespace, name), "{namespace}/{name}");
        }
    }
}
