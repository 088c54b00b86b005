//! Work that never ends: policies are damaged, profiles come, change and go.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use appnet::{
    api::AppNetworkProfile,
    model::{Platform, parse},
    observe::World,
    policy,
};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use tokio::{
    sync::{Mutex as Turn, MutexGuard as TurnGuard},
    task::JoinHandle,
    time::sleep,
};

use crate::{
    scene::{TWO_TIERS, is},
    support::{ControlPlane, Namespace},
};

const PAUSE: Duration = Duration::from_millis(25);
/// More repairs of one policy in one term would count as a fight, and be put off.
const DAMAGES: usize = 2;

pub struct Churn {
    client: Client,
    namespaces: Vec<Namespace>,
    turn: Arc<Turn<()>>,
    damaged: Arc<Mutex<BTreeMap<(String, String), usize>>>,
    work: JoinHandle<()>,
}

impl Churn {
    pub async fn begin(control_plane: &ControlPlane, namespaces: usize) -> Self {
        let client = control_plane.client().await;
        let mut own = Vec::new();
        for _ in 0..namespaces {
            let namespace = Namespace::create(control_plane, "churn").await;
            create(&client, &namespace, "shop").await;
            own.push(namespace);
        }
        let (turn, damaged): (Arc<Turn<()>>, Arc<Mutex<BTreeMap<_, _>>>) = Default::default();
        let worker = Worker {
            client: client.clone(),
            namespaces: own.iter().map(ToString::to_string).collect(),
            damaged: damaged.clone(),
            chance: 20_260_101,
            guests: 0,
        };
        let work = tokio::spawn(worker.work(turn.clone()));
        Self { client, namespaces: own, turn, damaged, work }
    }

    /// Nothing is changed until the guard is dropped.
    pub async fn pause(&self) -> TurnGuard<'_, ()> {
        let guard = self.turn.lock().await;
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).clear();
        guard
    }

    /// Does one damage for sure: the default-deny of a profile that is always there goes.
    pub async fn damage(&self, number: usize) {
        let namespace = &self.namespaces[number % self.namespaces.len()];
        let policies: Api<NetworkPolicy> = Api::namespaced(self.client.clone(), namespace);
        // It may be damaged already.
        let _ = policies.delete("shop-default-deny", &DeleteParams::default()).await;
    }

    /// Is every policy there, as the profiles want it and no other, and does every status speak of the present profile?
    pub async fn all_is_as_wanted(&self) -> Result<(), String> {
        for namespace in &self.namespaces {
            let profiles: Api<AppNetworkProfile> = Api::namespaced(self.client.clone(), namespace);
            let policies: Api<NetworkPolicy> = Api::namespaced(self.client.clone(), namespace);
            let mut wanted: BTreeMap<String, NetworkPolicySpec> = BTreeMap::new();
            for profile in profiles.list(&ListParams::default()).await.expect("a list").items {
                let seen = profile.status.as_ref().and_then(|status| status.observed_generation);
                if seen != profile.metadata.generation || !is(&profile, "Ready", "True") {
                    return Err(format!("{namespace}/{}: {:#?}", profile.name_any(), profile.status));
                }
                let platform = Platform::default();
                let model = parse(&profile, &platform).expect("a valid profile");
                let desired = policy::build(&model, &policy::resolve(&model, &platform, &World::typical()));
                wanted.extend(
                    desired
                        .policies()
                        .map(|policy| (policy.name.clone(), policy.spec.standard().expect("a standard one").clone())),
                );
            }
            let there = policies.list(&ListParams::default()).await.expect("a list").items;
            let there: BTreeMap<_, _> =
                there.into_iter().map(|policy| (policy.name_any(), policy.spec.unwrap_or_default())).collect();
            if there != wanted {
                let names: BTreeSet<_> = there.keys().chain(wanted.keys()).collect();
                let wrong: Vec<_> = names.into_iter().filter(|name| there.get(*name) != wanted.get(*name)).collect();
                return Err(format!("{namespace}: these are missing, too many or not as wanted: {wrong:?}"));
            }
        }
        Ok(())
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn create(client: &Client, namespace: &str, name: &str) {
    // Each has Pods of its own, or every profile of a namespace would list the other's policies.
    let spec = TWO_TIERS.replace("app: ", &format!("{name}: "));
    let profile = AppNetworkProfile::new(name, serde_saphyr::from_str(&spec).expect("a spec"));
    Api::namespaced(client.clone(), namespace).create(&PostParams::default(), &profile).await.expect("taken");
}

struct Worker {
    client: Client,
    namespaces: Vec<String>,
    damaged: Arc<Mutex<BTreeMap<(String, String), usize>>>,
    chance: u64,
    guests: usize,
}

impl Worker {
    async fn work(mut self, turn: Arc<Turn<()>>) {
        loop {
            sleep(PAUSE).await;
            let _turn = turn.lock().await;
            self.step().await;
        }
    }

    /// The same numbers in every run; good enough to spread work.
    fn any(&mut self, below: usize) -> usize {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.chance >> 40).unwrap_or_default() % below
    }

    async fn step(&mut self) {
        let number = self.any(self.namespaces.len());
        let namespace = self.namespaces[number].clone();
        match self.any(20) {
            0..10 => self.damage(&namespace).await,
            10..18 => self.change(&namespace).await,
            _ => self.come_or_go(&namespace).await,
        }
    }

    /// Deletes a policy, or changes it.
    async fn damage(&mut self, namespace: &str) {
        let policies: Api<NetworkPolicy> = Api::namespaced(self.client.clone(), namespace);
        let names: Vec<_> =
            policies.list(&ListParams::default()).await.expect("a list").iter().map(ResourceExt::name_any).collect();
        if names.is_empty() {
            return;
        }
        let name = names[self.any(names.len())].clone();
        {
            let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
            let count = damaged.entry((namespace.to_owned(), name.clone())).or_default();
            if *count == DAMAGES {
                return;
            }
            *count += 1;
        }
        // It may be gone meanwhile: the operator is at work too.
        if self.any(2) == 0 {
            let _ = policies.delete(&name, &DeleteParams::default()).await;
        } else {
            let patch = json!({"spec": {"policyTypes": ["Ingress"], "egress": null, "ingress": [{}]}});
            let _ = policies.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await;
        }
    }

    /// Changes a profile: another port, or another name for a tier, whose old policy then has to go.
    async fn change(&mut self, namespace: &str) {
        let profiles: Api<AppNetworkProfile> = Api::namespaced(self.client.clone(), namespace);
        let mut profile = profiles.get("shop").await.expect("it is always there");
        if self.any(3) == 0 {
            let name = if profile.spec.tiers[0].name == "web" { "front" } else { "web" };
            profile.spec.tiers[0].name = name.into();
            profile.spec.tiers[1].from[0].tier = Some(name.into());
        } else {
            let port = 8000 + self.any(900);
            let mut spec = serde_json::to_value(&profile.spec).expect("JSON");
            spec["tiers"][1]["ports"][0]["port"] = json!(port);
            profile.spec = serde_json::from_value(spec).expect("a spec");
        }
        // The operator may have written the status meanwhile.
        let _ = profiles.replace("shop", &PostParams::default(), &profile).await;
    }

    /// A second profile comes, or the one that came goes.
    async fn come_or_go(&mut self, namespace: &str) {
        let profiles: Api<AppNetworkProfile> = Api::namespaced(self.client.clone(), namespace);
        let there = profiles.list(&ListParams::default()).await.expect("a list").items;
        let guest = there.iter().map(ResourceExt::name_any).find(|name| name.starts_with("guest"));
        if let Some(guest) = guest {
            drop(profiles.delete(&guest, &DeleteParams::background()).await.expect("taken"));
        } else {
            self.guests += 1;
            create(&self.client, namespace, &format!("guest-{}", self.guests)).await;
        }
    }
}
