//! What the API server stores is what we render, so that nothing is written twice.

use appnet::{
    model::{Platform, parse},
    observe::World,
    policy::{self, PolicyObject, normal},
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    profiles,
    scene::{Scene, TWO_TIERS},
};

#[tokio::test]
async fn a_hundred_random_profiles_are_stored_as_they_were_rendered() {
    let scene = Scene::prepared("stored").await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..100 {
        let spec = profiles::spec().new_tree(&mut runner).expect("a spec").current();
        let model = parse(&profiles::profile("shop", &scene.ns, spec), &Platform::default()).expect("a valid profile");
        let desired = policy::build(&model, &policy::resolve(&model, &Platform::default(), &World::default()));
        for wanted in desired.policies() {
            let PolicyObject::Standard(manifest) = wanted.manifest(&scene.ns) else { panic!("{wanted:?}") };
            let stored = scene.api().create(&PostParams::default(), &manifest).await.expect("the API server takes it");
            let spec = stored.spec.expect("a spec");
            assert_eq!(Some(&spec), wanted.spec.standard(), "stored as it was sent");
            assert_eq!(normal(&spec), spec);
        }
        scene
            .api::<NetworkPolicy>()
            .delete_collection(&DeleteParams::default(), &ListParams::default())
            .await
            .expect("taken");
    }
}

#[tokio::test]
async fn every_policy_says_in_words_what_it_allows() {
    let scene = Scene::new("words").await;
    scene.apply("shop", TWO_TIERS).await;
    scene.ready("shop").await;
    let policy = scene.policy("shop-allow-api").await;
    assert_eq!(
        policy.annotations()["appnet.dev/explanation"],
        "Isolates the Pods with app=api (tier 'api', spec.tiers[1]). May be called by tier 'web' on TCP 8080 (spec.tiers[1].from[0]). \
         May call DNS on TCP 53, UDP 53 (spec.dns). Everything else is denied."
    );
}
