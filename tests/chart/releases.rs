//! The life of a release: install, upgrade, rollback, uninstall, and back again.

use std::time::Duration;

use appnet::{
    api::AppNetworkProfile,
    operator::{Args, Operator},
};
use clap::Parser;
use k8s_openapi::api::{core::v1::ConfigMap, networking::v1::NetworkPolicy};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    objects::{CHART, NAMESPACE, RELEASE, is_hook, objects},
    scene::{TWO_TIERS, TWO_TIERS_POLICIES, is, provide_dns},
    support::{Answer, ControlPlane, eventually},
};

/// Longer than the garbage collector takes to learn of a new kind.
const PATIENCE: Duration = Duration::from_secs(120);

struct Cluster(ControlPlane);

impl Cluster {
    async fn helm(&self, args: &[&str]) -> Answer {
        let answer = self.0.helm(&[args, &["--namespace", NAMESPACE]].concat()).await;
        assert_eq!(answer.code, Some(0), "helm {args:?}: {}", answer.stderr);
        answer
    }

    async fn kubectl(&self, args: &[&str]) -> String {
        let answer = self.0.kubectl(args).await;
        assert_eq!(answer.code, Some(0), "kubectl {args:?}: {}", answer.stderr);
        answer.stdout
    }

    /// The operator's flags, as they stand in the cluster.
    async fn flags(&self) -> String {
        let path = "jsonpath={.spec.template.spec.containers[0].args}";
        self.kubectl(&["get", "deployment", RELEASE, "-n", NAMESPACE, "-o", path]).await
    }

    /// The kinds of the objects that carry the release's label, and of the definition.
    async fn kinds(&self) -> Vec<String> {
        let kinds = "deployment,service,configmap,serviceaccount,networkpolicy,role,rolebinding,clusterrole,clusterrolebinding,crd";
        let list = self.kubectl(&["get", kinds, "-A", "-l", "app.kubernetes.io/instance=appnet", "-o", "name"]).await;
        let mut names: Vec<_> = list.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    async fn policies(&self, client: &Client) -> Vec<String> {
        let policies: Api<NetworkPolicy> = Api::namespaced(client.clone(), "app");
        let list = policies.list(&ListParams::default()).await.expect("policies can be listed");
        list.items.iter().map(ResourceExt::name_any).collect()
    }
}

impl Cluster {
    /// The garbage collector looks for new kinds every 30 seconds, and does not miss an owner of a kind that it does not
    /// know: what hangs on a profile is seen to go before more depends on it.
    async fn garbage_collector_knows_profiles(&self, client: &Client) {
        let profiles: Api<AppNetworkProfile> = Api::namespaced(client.clone(), "default");
        let profile = AppNetworkProfile::new("owner", serde_saphyr::from_str(TWO_TIERS).expect("a spec"));
        let profile = profiles.create(&PostParams::default(), &profile).await.expect("taken");
        let owned: ConfigMap =
            serde_json::from_value(json!({"metadata": {"name": "owned", "ownerReferences": [profile.owner_ref(&())]}}))
                .expect("a ConfigMap");
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
        maps.create(&PostParams::default(), &owned).await.expect("taken");
        profiles.delete("owner", &DeleteParams::default()).await.expect("taken");
        eventually("the garbage collector knows profiles", PATIENCE, async || {
            let left = maps.get_opt("owned").await.expect("an answer");
            if left.is_none() { Ok(()) } else { Err("still there") }
        })
        .await;
    }
}

/// An operator in this process, since there is no node for that of the release. It makes the profile real, and stops.
async fn enforce(client: &Client) {
    let profiles: Api<AppNetworkProfile> = Api::namespaced(client.clone(), "app");
    let profile = AppNetworkProfile::new("shop", serde_saphyr::from_str(TWO_TIERS).expect("a spec"));
    let stop = CancellationToken::new();
    let args =
        Args::try_parse_from(["appnet-operator", "--listen", "127.0.0.1:0", "--namespace", "app"]).expect("flags");
    eventually("the definition is in force", PATIENCE, async || {
        profiles.create(&PostParams::default(), &profile).await.map_err(|error| error.to_string())
    })
    .await;
    let operator = Operator::start(client.clone(), &args, &stop).await.expect("the operator starts");
    eventually("the profile is ready", PATIENCE, async || {
        let profile = profiles.get("shop").await.expect("there");
        if is(&profile, "Ready", "True") { Ok(()) } else { Err(profile.status) }
    })
    .await;
    stop.cancel();
    tokio::time::timeout(PATIENCE, operator.stopped()).await.expect("it stops in time");
}

#[tokio::test]
async fn a_release_comes_changes_goes_back_and_goes_and_nothing_is_cut() {
    let cluster = Cluster(ControlPlane::start_without_definition().await);
    let client = cluster.0.client().await;
    provide_dns(&client).await;
    cluster.kubectl(&["create", "namespace", "app"]).await;

    let installed = cluster.helm(&["install", RELEASE, CHART, "--create-namespace"]).await;
    assert!(
        installed.stdout.contains("kubectl get appnet -A") && !installed.stdout.contains("WARNING"),
        "{}",
        installed.stdout
    );
    let kinds = cluster.kinds().await;
    let rendered = objects("").iter().filter(|object| !is_hook(object)).count();
    assert_eq!(kinds.len(), rendered, "{kinds:?}");
    enforce(&client).await;

    cluster.helm(&["upgrade", RELEASE, CHART, "--set", "concurrency=32,replicas=2"]).await;
    assert!(cluster.flags().await.contains("--concurrency=32"));
    cluster.helm(&["rollback", RELEASE, "1"]).await;
    assert!(cluster.flags().await.contains("--concurrency=16"));
    // Settings that are taken back leave nothing behind that does not fit together.
    cluster.helm(&["upgrade", RELEASE, CHART, "--set", "leaderElection.enabled=false"]).await;
    cluster.helm(&["upgrade", RELEASE, CHART, "--set", "watchNamespace=app,highAvailability=true"]).await;
    cluster.helm(&["upgrade", RELEASE, CHART, "--reset-values"]).await;
    assert_eq!(cluster.kinds().await, kinds);

    // What users made stays.
    cluster.helm(&["uninstall", RELEASE]).await;
    let definition = "customresourcedefinition.apiextensions.k8s.io/appnetworkprofiles.appnet.dev";
    eventually("only the definition is left", PATIENCE, async || {
        let left = cluster.kinds().await;
        if left == [definition] { Ok(()) } else { Err(left) }
    })
    .await;
    assert_eq!(cluster.policies(&client).await, TWO_TIERS_POLICIES);
    cluster.kubectl(&["get", "appnet", "shop", "-n", "app"]).await;

    // The same release finds its definition again; another one must say that it takes it.
    cluster.helm(&["install", RELEASE, CHART]).await;
    cluster.helm(&["uninstall", RELEASE]).await;
    let other = ["install", "other", CHART, "--namespace", "default"];
    let refused = cluster.0.helm(&other).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("invalid ownership metadata"), "{}", refused.stderr);
    let taken = cluster.0.helm(&[&other[..], &["--take-ownership"]].concat()).await;
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    cluster.kubectl(&["get", "appnet", "shop", "-n", "app"]).await;
}

#[tokio::test]
async fn without_keep_the_definition_goes_and_the_profiles_and_last_their_policies() {
    let cluster = Cluster(ControlPlane::start_without_definition().await);
    let client = cluster.0.client().await;
    provide_dns(&client).await;
    cluster.kubectl(&["create", "namespace", "app"]).await;
    let installed = cluster.helm(&["install", RELEASE, CHART, "--create-namespace", "--set", "crds.keep=false"]).await;
    assert!(installed.stdout.contains("WARNING: crds.keep is false"), "{}", installed.stdout);
    enforce(&client).await;
    cluster.garbage_collector_knows_profiles(&client).await;
    cluster.helm(&["uninstall", RELEASE]).await;
    eventually("the policies are gone", PATIENCE, async || {
        let left = cluster.policies(&client).await;
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
    // The definition waits for the finalizers of its profiles, which go after the policies.
    eventually("the definition is gone", PATIENCE, async || {
        let left = cluster.kubectl(&["get", "crd", "-o", "name"]).await;
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
    let writes = cluster.0.all_writes();
    let deletions =
        writes.iter().filter(|write| write.verb == "delete" && write.namespace == "app" && write.code == 200);
    let policies: Vec<_> =
        deletions.filter(|write| write.resource == "networkpolicies").map(|write| write.name.as_str()).collect();
    assert_eq!(policies.len(), 4, "{policies:?}");
    assert_eq!(policies[0], "shop-default-deny", "{policies:?}");
}

#[tokio::test]
async fn notes_warn_of_settings_that_need_something_from_the_reader() {
    let control_plane = ControlPlane::shared().await;
    for (values, warning) in [
        ("crds.enabled=false", "install the definition of AppNetworkProfile yourself"),
        ("rbac.create=false", "give default/appnet the rights"),
        ("leaderElection.enabled=false", "nothing stops a second operator"),
        ("podDisruptionBudget.enabled=true", "its node cannot be drained"),
    ] {
        let args = ["install", RELEASE, CHART, "--dry-run=client", "--set", values];
        let answer = control_plane.helm(&args).await;
        assert!(answer.stdout.contains(warning), "{values}: {}{}", answer.stdout, answer.stderr);
    }
}

#[tokio::test]
async fn helm_3_installs_upgrades_and_uninstalls_as_well() {
    let control_plane = ControlPlane::shared().await;
    let helm = async |args: &[&str], values: &str| {
        let args = [args, &["--namespace", "by-helm-3"]].concat();
        let answer = control_plane.helm_with_values("helm3", &args, values).await;
        assert_eq!(answer.code, Some(0), "helm3 {args:?}: {}", answer.stderr);
    };
    // The definition is there, and belongs to no release.
    let install = ["install", "three", CHART, "--create-namespace", "--values", "-"];
    helm(&install, "crds: {enabled: false}").await;
    let upgrade = ["upgrade", "three", CHART, "--values", "-"];
    helm(&upgrade, "{crds: {enabled: false}, leaderElection: {enabled: false}}").await;
    helm(&upgrade, "{crds: {enabled: false}, highAvailability: true}").await;
    helm(&["rollback", "three", "2"], "").await;
    let path = "jsonpath={.spec.replicas} {.spec.strategy.type}";
    let deployment = ["get", "deployment", "three-appnet", "-n", "by-helm-3", "-o", path];
    assert_eq!(control_plane.kubectl(&deployment).await.stdout, "1 Recreate");
    helm(&["uninstall", "three"], "").await;
}
