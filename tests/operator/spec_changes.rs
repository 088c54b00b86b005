//! Every revision of every policy that is written during a change, read from the watch: none cuts or opens a flow.

use std::collections::BTreeMap;

use appnet::api::{AppNetworkProfileSpec, Isolation};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{Api, ResourceExt, api::ListParams};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    flows::{Policy, allowed},
    profiles::{self, promised, universe},
    scene::{Scene, in_time},
    support::{Change, Changes},
};

/// At least so many changes are shown, and so many of them between specs that isolate the whole namespace.
const PAIRS: usize = 60;
const SHIELDED: usize = 50;

type State = BTreeMap<String, NetworkPolicy>;

fn policies(state: &State) -> Vec<Policy> {
    // The random profiles speak of a namespace called `app`; the scene's has another name.
    state.values().map(|policy| ("app".to_owned(), policy.spec.clone().expect("a spec").into())).collect()
}

fn versions(state: &State) -> Vec<(String, String)> {
    state.values().map(|policy| (policy.name_any(), policy.resource_version().expect("a version"))).collect()
}

/// Random profiles may name `app` as a peer's namespace, which here is another; leave these out.
fn next(runner: &mut TestRunner, isolation: Isolation) -> AppNetworkProfileSpec {
    loop {
        let spec = profiles::spec().new_tree(runner).expect("a spec").current();
        if !serde_json::to_string(&spec).expect("JSON").contains("\"namespace\":\"app\"") {
            return AppNetworkProfileSpec { isolation, ..spec };
        }
    }
}

/// Two of ten specs isolate tiers only, one after the other: so every kind of pair comes, and most are of the first kind.
fn isolation(position: usize) -> Isolation {
    if position % 10 < 8 { Isolation::Namespace } else { Isolation::Tiers }
}

/// Applies the next change to the state; false when that says nothing of a policy.
async fn follow(watched: &mut Changes<NetworkPolicy>, state: &mut State) -> bool {
    match watched.next().await {
        Change::Stored(policy) => {
            state.insert(policy.name_any(), policy);
            true
        }
        Change::Gone(policy) => state.remove(&policy.name_any()).is_some(),
    }
}

/// The garbage collector may still take away references; only what the policies say counts.
fn says_the_same(a: &State, b: &State) -> bool {
    a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| a.spec == b.spec)
}

#[tokio::test]
async fn no_revision_of_sixty_changes_cuts_or_opens_a_flow() {
    let scene = Scene::new("changes").await;
    let api: Api<NetworkPolicy> = scene.api();
    let mut runner = TestRunner::deterministic();
    let mut old = next(&mut runner, isolation(0));
    scene.apply("shop", &serde_json::to_string(&old).expect("JSON")).await;
    scene.ready("shop").await;
    scene.quiet().await;
    let list = api.list(&ListParams::default()).await.expect("a list");
    let mut watched = Changes::after(api, list.metadata.resource_version.clone().expect("a version"));
    let mut state: State = list.items.into_iter().map(|policy| (policy.name_any(), policy)).collect();
    let (mut pairs, mut shielded, mut revisions) = (0, 0, 0);
    // Verdicts that were looked at: flows that are kept, and flows that stay denied, in all pairs and in the others.
    let (mut kept, mut denied, mut denied_in_others) = (0, 0, 0);

    while pairs < PAIRS || shielded < SHIELDED {
        pairs += 1;
        let new = next(&mut runner, isolation(pairs));
        let whole = old.isolation == Isolation::Namespace && new.isolation == Isolation::Namespace;
        shielded += usize::from(whole);
        let before = policies(&state);
        scene.apply("shop", &serde_json::to_string(&new).expect("JSON")).await;
        scene
            .until("shop", "the change is enforced", |profile| {
                profile.status.as_ref().is_some_and(|status| status.enforced_generation == profile.metadata.generation)
            })
            .await;
        let end: State = scene.policies().await;
        let flows = promised(&universe(), (&old, &before), (&new, &policies(&end)));
        while !says_the_same(&state, &end) {
            if !in_time("the next event", follow(&mut watched, &mut state)).await {
                continue;
            }
            revisions += 1;
            let now = policies(&state);
            for (flow, expected) in &flows {
                assert_eq!(
                    allowed(&now, flow),
                    *expected,
                    "pair {pairs}: {flow:?}\nafter {:#?}\nold {old:#?}\nnew {new:#?}",
                    versions(&state)
                );
            }
            let allows = flows.iter().filter(|(_, allowed)| *allowed).count();
            kept += allows;
            denied += flows.len() - allows;
            denied_in_others += if whole { 0 } else { flows.len() - allows };
        }
        old = new;
    }
    println!(
        "{pairs} pairs, {shielded} of them isolate the namespace before and after; {revisions} revisions; {kept} verdicts that a flow is \
         kept, {denied} that it stays denied, {denied_in_others} of these in the other pairs"
    );
    // The specs are the same in each run; how many revisions a change takes can differ by a few.
    assert!(revisions > 3 * pairs, "the watch showed {revisions} revisions");
    assert!(kept > 100_000 && denied > 100_000 && denied_in_others > 4_000, "too few verdicts to show anything");
}
