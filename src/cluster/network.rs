//! Whether the CNI's own settings switch policies off, asked now and then.
//!
//! A watch for one or two objects that hardly ever change would cost more than it tells.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use k8s_openapi::{
    NamespaceResourceScope,
    api::{apps::v1::DaemonSet, core::v1::ConfigMap},
};
use kube::{Api, Resource};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};

use super::{RequestError, Requests, Touched, Trouble, feed::Out, optional::SOON, told::Told};
use crate::{
    api::Cni,
    diagnose::{Telling, TellingKind, enforcement, telling},
    objects::{Kind, Object},
    observe::NetworkSigns,
};

/// How often the API server is asked before all else goes on without its answer: policies do not depend on it.
const TRIES: u32 = 3;

/// Asks for the settings of the CNIs of which Pods run.
pub(super) struct Network {
    pub(super) requests: Requests,
    pub(super) pause: Duration,
    pub(super) out: Out,
    /// How many watches there are beside this: whose Pods run is known when they have seen everything.
    pub(super) watches: usize,
}

impl Network {
    /// Asks again and again, and at once when another CNI runs, and keeps the picture right.
    pub(super) async fn run(self) {
        // The sender is a part of this.
        let _ = self.out.ready.subscribe().wait_for(|seen| *seen >= self.watches).await;
        let told = Told::default();
        // What was said stays known while its Pods are replaced, and while the API server refuses or does not answer.
        let mut known = BTreeMap::new();
        let (mut asked_for, mut due, mut tries) = (Vec::new(), Instant::now(), 0);
        let (mut ready, mut verdict) = (false, None);
        loop {
            let running = self.out.world.read(telling);
            if running != asked_for {
                (asked_for, due, tries) = (running, Instant::now(), 0);
            }
            if due <= Instant::now() {
                tries += 1;
                let done = self.ask(&asked_for, &told, &mut known).await || tries >= TRIES;
                due = Instant::now() + if done { self.pause } else { SOON };
                // Nothing begins before, or a status would say for a moment that policies are enforced.
                if done && !std::mem::replace(&mut ready, true) {
                    self.out.ready.send_modify(|ready| *ready += 1);
                }
            }
            let now = self.out.world.read(|world| enforcement(Cni::Auto, world));
            if verdict.replace(now.clone()).is_some_and(|before| before != now) {
                // Nobody listens any more while the operator shuts down.
                let _ = self.out.touched.send(Touched::Network);
            }
            sleep(SOON).await;
        }
    }

    /// Asks each of them. False when one did not answer, and may when it is asked again.
    async fn ask(&self, all: &[Telling], told: &Told, known: &mut BTreeMap<Telling, NetworkSigns>) -> bool {
        let mut complete = true;
        for one @ Telling { kind, namespace, name } in all {
            let answer = match kind {
                TellingKind::ConfigMap => self.read::<ConfigMap>(namespace, name).await,
                TellingKind::DaemonSet => self.read::<DaemonSet>(namespace, name).await,
            };
            match answer {
                Ok(said) => {
                    known.insert(*one, said);
                }
                Err(error) if matches!(error.trouble(), Trouble::Permanent(_)) => {
                    if let Some(error) = told.news(&error) {
                        tracing::warn!(error, "whether the CNI is told not to enforce policies is not known");
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "whether the CNI is told not to enforce policies is asked again");
                    complete = false;
                }
            }
        }
        // What one that ran elsewhere left behind says nothing of the one that runs.
        let replaced = |one: &Telling| all.iter().any(|now| (now.kind, now.name) == (one.kind, one.name));
        known.retain(|one, _| all.contains(one) || !replaced(one));
        let mut signs = NetworkSigns::default();
        for one in all.iter().chain(known.keys()) {
            known.get(one).into_iter().for_each(|said| signs.add(said.clone()));
        }
        self.out.world.change(|world| world.network = signs);
        complete
    }

    async fn read<K>(&self, namespace: &str, name: &str) -> Result<NetworkSigns, RequestError>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Serialize + DeserializeOwned,
    {
        let api = Api::<K>::namespaced(self.requests.client.clone(), namespace);
        let object = self.requests.within(api.get_opt(name)).await?;
        let object = object.and_then(|object| serde_json::to_value(object).ok());
        // Read as the plugin reads it.
        let kind = Kind::of(&K::api_version(&()), &K::kind(&()));
        let read = object.zip(kind).and_then(|(object, kind)| kind.read(object, namespace).ok());
        Ok(read.map(Object::into_network_signs).unwrap_or_default())
    }
}
