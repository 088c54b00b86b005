//! One kind of object: how its watch changes the picture.

use std::{collections::HashSet, fmt::Debug, pin::pin};

use futures::StreamExt;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};

use super::{SharedWorld, Touched};
use crate::observe::World;

/// Namespaces and names that a complete list holds.
pub(super) type Seen = HashSet<(String, String)>;

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
        let mut seen = Seen::new();
        let mut complete = false;
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
                    tracing::warn!(kind = %K::kind(&()), %error, "watch failed; it is tried again");
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
                seen.clear();
                Vec::new()
            }
            watcher::Event::InitApply(object) => {
                seen.insert((object.namespace().unwrap_or_default(), object.name_any()));
                (self.put)(world, &object).into_iter().collect()
            }
            watcher::Event::InitDone => (self.keep)(world, &std::mem::take(seen)),
            watcher::Event::Apply(object) => (self.put)(world, &object).into_iter().collect(),
            watcher::Event::Delete(object) => (self.gone)(world, &object).into_iter().collect(),
        }
    }
}
