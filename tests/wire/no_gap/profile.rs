//! The profile, as it is written. Not with kubectl: a program that is started anew for each of so many steps would take most of
//! their time.

use std::time::{Duration, Instant};

use kube::{
    Api, Config,
    api::{DynamicObject, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

use crate::{
    cluster::PATIENCE,
    place::{Place, condition},
};

const NAME: &str = "shop";

/// A profile of this name, there or not.
pub struct Profile {
    runtime: Runtime,
    profiles: Api<DynamicObject>,
}

impl Profile {
    pub fn in_place(place: &Place) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(place.cluster.folder().join("kubeconfig")).expect("a kubeconfig");
        let profiles = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("it is complete");
            let client = kube::Client::try_from(config).expect("it is complete");
            let resource = ApiResource::from_gvk_with_plural(
                &GroupVersionKind::gvk("appnet.dev", "v1alpha1", "AppNetworkProfile"),
                "appnetworkprofiles",
            );
            Api::namespaced_with(client, &place.name, &resource)
        });
        Self { runtime, profiles }
    }

    /// Writes this spec, and nothing of the one before, and waits until the operator says that it is in place.
    pub fn apply(&self, spec: &Value) {
        self.runtime.block_on(async {
            while !self.written(spec).await {}
            let end = Instant::now() + PATIENCE;
            loop {
                let profile = self.profiles.get(NAME).await.expect("it was written");
                let profile = serde_json::to_value(&profile).expect("JSON");
                let current = profile["status"]["observedGeneration"] == profile["metadata"]["generation"];
                let off = profile["spec"]["mode"] != "Enforce" || profile["spec"]["suspend"] == true;
                // The last policy goes a while after the others.
                let left = profile["spec"]["mode"] == "Disabled"
                    && profile["status"]["policies"].as_array().is_some_and(|policies| !policies.is_empty());
                if current && !left && (off || condition(&profile, "Ready").0 == "True") {
                    return;
                }
                assert!(Instant::now() < end, "the profile is not in place: {:#}", profile["status"]);
                sleep(Duration::from_millis(50)).await;
            }
        });
    }

    /// Was it written? Not when the operator wrote between our read and our write.
    async fn written(&self, spec: &Value) -> bool {
        let params = PostParams::default();
        let done = if let Some(mut profile) = self.profiles.get_opt(NAME).await.expect("an answer") {
            profile.data["spec"] = spec.clone();
            self.profiles.replace(NAME, &params, &profile).await
        } else {
            let profile = json!({"apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile",
                "metadata": {"name": NAME}, "spec": spec});
            self.profiles.create(&params, &serde_json::from_value(profile).expect("an object")).await
        };
        match done {
            Ok(_) => true,
            Err(kube::Error::Api(status)) if status.is_conflict() => false,
            Err(error) => panic!("{error}\n{spec:#}"),
        }
    }
}
