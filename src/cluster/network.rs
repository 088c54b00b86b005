//! Whether the CNI's own settings switch policies off, asked now and then.
//!
//! A watch for one or two objects that hardly ever change would cost more than it tells.

use std::{fmt::Debug, time::Duration};

use k8s_openapi::{
    NamespaceResourceScope,
    api::{apps::v1::DaemonSet, core::v1::ConfigMap},
};
use kube::{Api, Resource};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::sleep;

use super::{
    RequestError, Requests, Touched, Trouble,
    feed::Out,
    optional::{PATIENCE, SOON},
    told::Told,
};
use crate::{
    diagnose::{Telling, TellingKind, telling},
    objects::{Kind, Object},
    observe::NetworkSigns,
};

/// Asks for the settings of the CNIs of which Pods run.
pub(super) struct Network {
    pub(super) requests: Requests,
    pub(super) pause: Duration,
    pub(super) out: Out,
    /// How many watches there are beside this: whose Pods run is known when they have seen everything.
    pub(super) watches: usize,
}

impl Network {
    /// Asks again and again, and keeps the picture right. What is known stays known while the API server does not answer.
    pub(super) async fn run(self) {
        // The sender is a part of this.
        let _ = self.out.ready.subscribe().wait_for(|seen| *seen >= self.watches).await;
        let told = Told::default();
        let (mut asked, mut silent) = (false, 0);
        loop {
            match self.ask(&told).await {
                Ok(signs) => {
                    let changed =
                        self.out.world.change(|world| std::mem::replace(&mut world.network, signs.clone()) != signs);
                    if changed {
                        // Nobody listens any more while the operator shuts down.
                        let _ = self.out.touched.send(Touched::Network);
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "whether the CNI is told not to enforce policies is not known; it is asked again");
                    silent += 1;
                    if !asked && silent <= PATIENCE {
                        sleep(SOON).await;
                        continue;
                    }
                }
            }
            // Nothing begins before the first answer, or a status would say for a moment that policies are enforced.
            if !std::mem::replace(&mut asked, true) {
                self.out.ready.send_modify(|ready| *ready += 1);
            }
            sleep(self.pause).await;
        }
    }

    async fn ask(&self, told: &Told) -> Result<NetworkSigns, RequestError> {
        let mut signs = NetworkSigns::default();
        for Telling { kind, namespace, name } in self.out.world.read(telling) {
            let answer = match kind {
                TellingKind::ConfigMap => self.read::<ConfigMap>(namespace, name).await,
                TellingKind::DaemonSet => self.read::<DaemonSet>(namespace, name).await,
            };
            match answer {
                Ok(said) => signs.add(said),
                Err(error) if matches!(error.trouble(), Trouble::Permanent(_)) => {
                    if let Some(error) = told.news(&error) {
                        tracing::warn!(error, "whether the CNI is told not to enforce policies is not known");
                    }
                    // That it may not be seen any more is no reason to call it well.
                    signs.add(self.out.world.read(|world| world.network.clone()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(signs)
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
