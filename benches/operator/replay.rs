//! What the operator wrote, and the same once more without it.

use std::collections::BTreeMap;

use appnet::{api::AppNetworkProfile, policy::disarmed_selector};
use k8s_openapi::api::{events::v1::Event, networking::v1::NetworkPolicy};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, ObjectMeta, PostParams},
};

/// What a loop does for each profile.
#[derive(Clone, Copy, PartialEq)]
pub enum Replay {
    /// Every write of the operator.
    Writes,
    /// The same, but for the Events.
    WithoutEvents,
    /// Every write, and the live reads before the first and before the deny is armed: what is left against this is not theirs.
    WithReads,
}

/// What was written for a profile.
#[derive(Clone)]
pub struct Recorded {
    pub profile: AppNetworkProfile,
    deny: NetworkPolicy,
    allows: Vec<NetworkPolicy>,
    pub events: Vec<Event>,
}

/// Reads what the operator wrote, so that it can be written again.
pub async fn record(client: &Client) -> Vec<Recorded> {
    let all = ListParams::default();
    let profiles = Api::<AppNetworkProfile>::all(client.clone()).list(&all).await.expect("profiles can be listed");
    let mut policies: BTreeMap<_, Vec<NetworkPolicy>> = BTreeMap::new();
    for mut policy in Api::<NetworkPolicy>::all(client.clone()).list(&all).await.expect("policies can be listed") {
        let owner = policy.owner_references()[0].name.clone();
        let namespace = policy.namespace().unwrap_or_default();
        policy.metadata = ObjectMeta {
            name: policy.metadata.name,
            labels: policy.metadata.labels,
            annotations: policy.metadata.annotations,
            owner_references: policy.metadata.owner_references,
            ..ObjectMeta::default()
        };
        policies.entry((namespace, owner)).or_default().push(policy);
    }
    let mut events: BTreeMap<_, Vec<Event>> = BTreeMap::new();
    for mut event in Api::<Event>::all(client.clone()).list(&all).await.expect("events can be listed") {
        let about = event.regarding.clone().unwrap_or_default();
        if about.kind.as_deref() == Some("AppNetworkProfile") {
            event.metadata = ObjectMeta { name: event.metadata.name, ..ObjectMeta::default() };
            let whose = (about.namespace.unwrap_or_default(), about.name.unwrap_or_default());
            events.entry(whose).or_default().push(event);
        }
    }
    profiles
        .into_iter()
        .map(|profile| {
            let whose = (profile.namespace().unwrap_or_default(), profile.name_any());
            let (mut denies, allows): (Vec<_>, Vec<_>) = policies
                .remove(&whose)
                .unwrap_or_default()
                .into_iter()
                .partition(|policy| policy.name_any().ends_with("-default-deny"));
            let deny = denies.pop().expect("every profile has a deny");
            Recorded { profile, deny, allows, events: events.remove(&whose).unwrap_or_default() }
        })
        .collect()
}

/// Writes one profile's once more, with the live reads between where they are asked for.
pub async fn write(client: Client, recorded: Recorded, reads: bool) {
    let Recorded { profile, deny: armed, allows, events } = recorded;
    let namespace = profile.namespace().unwrap_or_default();
    let uid = profile.uid().unwrap_or_default();
    let params = PostParams { field_manager: Some("bare-loop".into()), ..PostParams::default() };
    let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), &namespace);
    let profiles: Api<AppNetworkProfile> = Api::namespaced(client.clone(), &namespace);
    let look = async || {
        if reads {
            let (name, all) = (profile.name_any(), ListParams::default());
            let (own, others) = futures::join!(profiles.get_metadata(&name), policies.list(&all));
            own.and(others.map(drop)).expect("both can be read");
        }
    };
    // The owners are the profile, the deny and DNS, in this order.
    let owned = |mut policy: NetworkPolicy, earlier: &[String]| {
        let owners = policy.metadata.owner_references.iter_mut().flatten();
        for (owner, uid) in owners.zip(std::iter::once(&uid).chain(earlier)) {
            owner.uid.clone_from(uid);
        }
        policy
    };
    let deny = armed.name_any();
    let (dns, tiers): (Vec<_>, Vec<_>) =
        allows.into_iter().partition(|policy| policy.name_any().ends_with("-allow-dns"));
    look().await;
    let mut earlier = Vec::new();
    let mut disarmed = Vec::new();
    for armed in std::iter::once(armed).chain(dns) {
        let mut policy = owned(armed.clone(), &earlier);
        policy.spec.as_mut().expect("a spec").pod_selector = Some(disarmed_selector());
        let mut policy = policies.create(&params, &policy).await.expect("it is created");
        earlier.push(policy.uid().unwrap_or_default());
        policy.spec = armed.spec;
        policy.metadata.managed_fields = None;
        disarmed.push(policy);
    }
    for tier in tiers {
        policies.create(&params, &owned(tier, &earlier)).await.expect("the tier is created");
    }
    for policy in disarmed.iter().rev() {
        // The deny is the first that was created and the last that is armed.
        if policy.name_any() == deny {
            look().await;
        }
        policies.replace(&policy.name_any(), &params, policy).await.expect("it is armed");
    }
    profiles.replace_status(&profile.name_any(), &params, &profile).await.expect("the status is written");
    let api: Api<Event> = Api::namespaced(client, &namespace);
    for mut event in events {
        if let Some(about) = &mut event.regarding {
            about.uid = Some(uid.clone());
        }
        api.create(&params, &event).await.expect("the Event is published");
    }
}
