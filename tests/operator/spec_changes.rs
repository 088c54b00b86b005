//! Every revision of every policy that is written during a change, read from the watch: none cuts or opens a flow.

use std::collections::BTreeMap;

use appnet::api::{AppNetworkProfileSpec, Isolation};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    Api, ResourceExt,
    api::{ListParams, WatchEvent, WatchParams},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    flows::{End, Flow, Policy, allowed},
    profiles::{self, universe},
    scene::{Scene, in_time},
};

const PAIRS: usize = 60;

type State = BTreeMap<String, NetworkPolicy>;

fn policies(state: &State) -> Vec<Policy> {
    // The random profiles speak of a namespace called `app`; the scene's has another name.
    state.values().map(|policy| ("app".to_owned(), policy.spec.clone().expect("a spec").into())).collect()
}

fn versions(state: &State) -> Vec<(String, String)> {
    state.values().map(|policy| (policy.name_any(), policy.resource_version().expect("a version"))).collect()
}

/// Random profiles may name `app` as a peer's namespace, which here is another; leave these out.
fn next(runner: &mut TestRunner) -> AppNetworkProfileSpec {
    loop {
        let spec = profiles::spec().new_tree(runner).expect("a spec").current();
        if !serde_json::to_string(&spec).expect("JSON").contains("\"namespace\":\"app\"") {
            return spec;
        }
    }
}

fn in_several(spec: &AppNetworkProfileSpec, end: &End) -> bool {
    let End::Pod(pod) = end else { return false };
    let selecting = spec
        .tiers
        .iter()
        .filter(|tier| tier.pod_selector.match_labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value)));
    pod.namespace == "app" && selecting.count() > 1
}

#[tokio::test]
async fn no_revision_of_sixty_changes_cuts_or_opens_a_flow() {
    let scene = Scene::new("changes").await;
    let api: Api<NetworkPolicy> = scene.api();
    let mut runner = TestRunner::deterministic();
    let mut old = next(&mut runner);
    scene.apply("shop", &serde_json::to_string(&old).expect("JSON")).await;
    scene.ready("shop").await;
    scene.quiet().await;
    let list = api.list(&ListParams::default()).await.expect("a list");
    let from = list.metadata.resource_version.clone().expect("a version");
    let mut state: State = list.items.into_iter().map(|policy| (policy.name_any(), policy)).collect();
    let mut watch = api.watch(&WatchParams::default().timeout(290), &from).await.expect("a watch").boxed();
    let (mut revisions, mut checked) = (0, 0);

    for pair in 0..PAIRS {
        let new = next(&mut runner);
        let before = policies(&state);
        scene.apply("shop", &serde_json::to_string(&new).expect("JSON")).await;
        scene
            .until("shop", "the change is enforced", |profile| {
                profile.status.as_ref().is_some_and(|status| status.enforced_generation == profile.metadata.generation)
            })
            .await;
        let end: State = scene.policies().await;
        let after = policies(&end);
        let shielded = old.isolation == Isolation::Namespace && new.isolation == Isolation::Namespace;
        let vague = |end: &End| !shielded && (in_several(&old, end) || in_several(&new, end));
        let flows: Vec<(Flow, bool)> = universe()
            .into_iter()
            .filter(|flow| !vague(&flow.from) && !vague(&flow.to))
            .filter_map(|flow| {
                let (was, will) = (allowed(&before, &flow), allowed(&after, &flow));
                (was == will && (was || shielded)).then_some((flow, was))
            })
            .collect();
        // The garbage collector may still take away references; only what the policies say counts.
        let settled = |state: &State| {
            let said = |state: &State| {
                state.iter().map(|(name, policy)| (name.clone(), policy.spec.clone())).collect::<Vec<_>>()
            };
            said(state) == said(&end)
        };
        while !settled(&state) {
            let event =
                in_time("the next event", watch.try_next()).await.expect("the watch goes on").expect("an event");
            match event {
                WatchEvent::Added(policy) | WatchEvent::Modified(policy) => {
                    state.insert(policy.name_any(), policy);
                }
                WatchEvent::Deleted(policy) => {
                    state.remove(&policy.name_any());
                }
                _ => continue,
            }
            revisions += 1;
            let now = policies(&state);
            for (flow, expected) in &flows {
                assert_eq!(
                    allowed(&now, flow),
                    *expected,
                    "pair {pair}: {flow:?}\nafter {:#?}\nold {old:#?}\nnew {new:#?}",
                    versions(&state)
                );
                checked += 1;
            }
        }
        old = new;
    }
    println!("{PAIRS} pairs, {revisions} revisions, {checked} verdicts");
    assert!(revisions > PAIRS, "the watch showed {revisions} revisions");
}
