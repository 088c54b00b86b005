//! What tools that wait (Helm, Flux, Argo CD) make of a profile, by the rules of kstatus, and what people see.

use appnet::api::AppNetworkProfile;
use k8s_openapi::api::{networking::v1::NetworkPolicy, rbac::v1::ClusterRole};
use kube::{Api, ResourceExt, api::PostParams};
use serde_json::json;

use crate::{
    rbac::{forbidden, start_without},
    scene::{Scene, TWO_TIERS, because, condition, is, provide_dns},
    support::{Fault, FaultProxy},
};

#[derive(Debug, PartialEq)]
enum Kstatus {
    InProgress,
    Current,
    Failed,
}

/// The generic rules of kstatus (sigs.k8s.io/cli-utils): generation, then `Reconciling` and `Stalled`, then `Ready`.
fn kstatus(profile: &AppNetworkProfile) -> Kstatus {
    let observed = profile.status.as_ref().and_then(|status| status.observed_generation);
    if observed.is_some() && observed != profile.metadata.generation {
        return Kstatus::InProgress;
    }
    if is(profile, "Reconciling", "True") {
        return Kstatus::InProgress;
    }
    if is(profile, "Stalled", "True") {
        return Kstatus::Failed;
    }
    match condition(profile, "Ready") {
        Some(ready) if ready.status != "True" => Kstatus::InProgress,
        // Without conditions kstatus calls an object current; so there is nothing to wait for before we saw it.
        _ => Kstatus::Current,
    }
}

#[tokio::test]
async fn created_is_in_progress_until_it_is_applied_and_then_current() {
    let mut scene = Scene::prepared("kstatus").await;
    let proxy = FaultProxy::start(scene.control_plane).await;
    let held = proxy.install(Fault::hold().on(|method, path| method == "POST" && path.ends_with("/networkpolicies")));
    scene.start_operator_with(proxy.client(), &["--request-timeout", "1"]).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "it is told that it takes time", |profile| is(profile, "Ready", "False")).await;
    assert_eq!(kstatus(&profile), Kstatus::InProgress);
    held.remove();
    assert_eq!(kstatus(&scene.ready("shop").await), Kstatus::Current);

    scene.apply("shop", &format!("suspend: true{TWO_TIERS}")).await;
    let profile = scene.until("shop", "it is suspended", |profile| is(profile, "Suspended", "True")).await;
    assert_eq!(kstatus(&profile), Kstatus::Current, "it waits for nothing");
}

#[tokio::test]
async fn what_only_someone_can_mend_is_failed_at_once() {
    let scene = Scene::new("failed").await;
    let policy = json!({"metadata": {"name": "shop-allow-web"}, "spec": {"podSelector": {}}});
    let policy: NetworkPolicy = serde_json::from_value(policy).expect("a policy");
    scene.api().create(&PostParams::default(), &policy).await.expect("taken");
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "it is told", |profile| is(profile, "Ready", "False")).await;
    assert_eq!(kstatus(&profile), Kstatus::Failed);
}

#[tokio::test]
async fn without_a_right_it_is_failed_and_with_it_current_again() {
    let mut scene = Scene::prepared("rightless").await;
    start_without(&mut scene, "create").await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.until("shop", "the right is missed", forbidden).await;
    assert_eq!(
        kstatus(&profile),
        Kstatus::Failed,
        "waiting does not give rights: a tool should stop, and show the message"
    );
    let roles: Api<ClusterRole> = Api::all(scene.client.clone());
    let mut role = roles.get(&format!("user-of-{}", scene.ns)).await.expect("the user's role");
    let of_policies = role
        .rules
        .iter_mut()
        .flatten()
        .find(|rule| rule.resources.iter().flatten().any(|resource| resource == "networkpolicies"));
    of_policies.expect("a rule for policies").verbs.push("create".into());
    roles.replace(&role.name_any(), &PostParams::default(), &role).await.expect("taken");
    // Nobody touches the profile: the operator tries again by itself.
    assert_eq!(kstatus(&scene.ready("shop").await), Kstatus::Current);
}

#[tokio::test]
async fn an_invalid_profile_is_failed() {
    let mut scene = Scene::prepared("refused").await;
    let client = scene.client.clone();
    let ns = scene.ns.to_string();
    scene.start_operator_with(client, &["--own-namespace", &ns]).await;
    scene.apply("shop", TWO_TIERS).await;
    let profile =
        scene.until("shop", "it is refused", |profile| because(profile, "Accepted", "ProtectedNamespace")).await;
    assert_eq!(kstatus(&profile), Kstatus::Failed);
    assert!(scene.policies().await.is_empty());
}

#[tokio::test]
async fn without_dns_nothing_is_written_that_would_cut_it() {
    let control_plane = crate::support::ControlPlane::start().await;
    let client = control_plane.client().await;
    let ns = crate::support::Namespace::create(&control_plane, "nodns").await;
    let profiles: kube::Api<AppNetworkProfile> = kube::Api::namespaced(client.clone(), &ns);
    let profile = AppNetworkProfile::new("shop", serde_saphyr::from_str(TWO_TIERS).expect("a spec"));
    profiles.create(&PostParams::default(), &profile).await.expect("taken");
    let args = clap::Parser::try_parse_from(["appnet-operator", "--listen", "127.0.0.1:0"]).expect("flags");
    let stop = tokio_util::sync::CancellationToken::new();
    let _operator = appnet::operator::Operator::start(client.clone(), &args, &stop).await.expect("it starts");
    let until = async |what: &str, holds: fn(&AppNetworkProfile) -> bool| {
        crate::support::eventually(what, crate::scene::PATIENCE, async || {
            let profile = profiles.get("shop").await.expect("there");
            if holds(&profile) { Ok(profile) } else { Err(profile.status) }
        })
        .await
    };
    let profile = until("DNS is missed", |profile| because(profile, "ReferencesResolved", "DNSNotFound")).await;
    assert_eq!(kstatus(&profile), Kstatus::InProgress);
    assert!(is(&profile, "Ready", "False"));
    let policies: kube::Api<NetworkPolicy> = kube::Api::namespaced(client.clone(), &ns);
    assert!(policies.list(&kube::api::ListParams::default()).await.expect("a list").items.is_empty());

    provide_dns(&client).await;
    let profile = until("DNS is found", |profile| is(profile, "Ready", "True")).await;
    assert_eq!(kstatus(&profile), Kstatus::Current);
}

#[tokio::test]
async fn kubectl_get_fits_a_terminal_and_shows_what_matters() {
    let scene = Scene::new("columns").await;
    scene.apply("shop", TWO_TIERS).await;
    let profile = scene.ready("shop").await;
    let answer = scene.control_plane.kubectl(&["get", "appnet", "-n", &scene.ns]).await;
    let lines: Vec<_> = answer.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.len() <= 120), "{}", answer.stdout);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[0]), ["NAME", "READY", "TIERS", "POLICIES", "LABELS", "DRIFT", "MODE", "AGE"]);
    assert_eq!(words(lines[1])[..7], ["shop", "True", "2", "4/4", "False", "0", "Enforce"]);
    let wide = scene.control_plane.kubectl(&["get", "appnet", "-n", &scene.ns, "-o", "wide"]).await;
    for column in ["REASON", "CNI", "LAST-REPAIR", "MESSAGE"] {
        assert!(wide.stdout.contains(column), "{}", wide.stdout);
    }
    let everywhere = scene.control_plane.kubectl(&["get", "appnet", "-A"]).await;
    assert!(everywhere.stdout.lines().all(|line| line.len() <= 120), "{}", everywhere.stdout);
    assert_eq!(profile.name_any(), "shop");
}
