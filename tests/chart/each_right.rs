//! An operator that lacks one right of the chart: what it cannot do, and that it says so. One operator for each right.

use std::{path::PathBuf, time::Instant};

use futures::{StreamExt, stream};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::{Api, Client, api::PostParams};
use serde_json::{Value, json};

use crate::{
    callers::Telling,
    objects::objects,
    replica::Replica,
    running::pod_flags,
    scenario::{PATIENCE, Scenario, prepare},
    step::Step,
    support::{ControlPlane, eventually, report, scratch},
    used::{Scoped, granted, need, of_account, roles, without},
};

/// Operators at the same time.
const AT_ONCE: usize = 8;

/// The name of all that the chart renders here; each operator has another in its place.
const NAME: &str = "lacks-one";

/// The chart for an operator of one namespace. Its Lease lasts longer than the test, so that a busy machine costs no term.
fn rendered() -> Vec<Value> {
    objects(&format!(
        "{{fullnameOverride: {NAME}, watchNamespace: {NAME}, rbac: {{aggregate: false}}, \
         leaderElection: {{leaseDuration: 300, renewDeadline: 240, retryPeriod: 1}}}}"
    ))
}

/// What cannot be reached without this right. Whoever gives the operator another right says here what it is for.
fn ends_before(right: &str) -> Step {
    let (resource, verb) = right.split_once(' ').expect("a resource and a verb");
    match (resource, verb) {
        // Nothing begins before everything was seen once, and before there is a leader.
        (
            "/namespaces"
            | "/pods"
            | "/services"
            | "discovery.k8s.io/endpointslices"
            | "networking.k8s.io/networkpolicies"
            | "appnet.dev/appnetworkprofiles",
            "list",
        )
        | ("coordination.k8s.io/leases", "get" | "create" | "update") => Step::Lead,
        ("appnet.dev/appnetworkprofiles", "get" | "watch")
        | ("appnet.dev/appnetworkprofiles/status", "update")
        | ("networking.k8s.io/networkpolicies", "create" | "update")
        | ("cilium.io/ciliumnetworkpolicies", "list" | "create") => Step::Ready,
        ("events.k8s.io/events", "create") => Step::Event,
        ("events.k8s.io/events", "patch") => Step::RepeatedEvent,
        ("/namespaces", "watch") => Step::Namespace,
        ("/services", "watch") => Step::Service,
        ("discovery.k8s.io/endpointslices", "watch") => Step::Endpoints,
        ("/pods", "watch") => Step::Pod,
        ("networking.k8s.io/ingresses", _) => Step::Caller(Telling::Ingress),
        ("networking.k8s.io/ingressclasses", _) => Step::Caller(Telling::Class),
        ("gateway.networking.k8s.io/gateways" | "gateway.networking.k8s.io/httproutes", _) => {
            Step::Caller(Telling::HttpRoute)
        }
        ("gateway.networking.k8s.io/grpcroutes", _) => Step::Caller(Telling::GrpcRoute),
        ("monitoring.coreos.com/podmonitors" | "monitoring.coreos.com/prometheuses", _) => {
            Step::Caller(Telling::PodMonitor)
        }
        ("monitoring.coreos.com/servicemonitors", _) => Step::Caller(Telling::ServiceMonitor),
        ("/configmaps", "get") => Step::NetworkSettings,
        ("apps/daemonsets", "get") => Step::NetworkPrograms,
        ("networking.k8s.io/networkpolicies", "watch") => Step::Repair,
        ("networking.k8s.io/networkpolicies", "delete") => Step::TierGone,
        ("cilium.io/ciliumnetworkpolicies", "watch" | "update") => Step::CompanionRepair,
        ("cilium.io/ciliumnetworkpolicies", "delete") => Step::CompanionGone,
        _ => panic!("no step of the scenario is known to need '{right}': say which, or take the right away"),
    }
}

async fn grant(client: &Client, user: &str, objects: &[Value]) {
    let params = PostParams::default();
    for object in objects {
        let mut object = object.clone();
        if object.get("subjects").is_some() {
            object["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]);
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        let done = match kind.as_str() {
            "ServiceAccount" => Ok(()),
            "ClusterRole" => Api::<ClusterRole>::all(client.clone()).create(&params, &typed(object)).await.map(drop),
            "ClusterRoleBinding" => {
                Api::<ClusterRoleBinding>::all(client.clone()).create(&params, &typed(object)).await.map(drop)
            }
            "Role" => {
                Api::<Role>::namespaced(client.clone(), &namespace).create(&params, &typed(object)).await.map(drop)
            }
            "RoleBinding" => Api::<RoleBinding>::namespaced(client.clone(), &namespace)
                .create(&params, &typed(object))
                .await
                .map(drop),
            other => panic!("{other} is no right"),
        };
        done.unwrap_or_else(|error| panic!("{kind} of {user}: {error}"));
    }
}

fn typed<T: serde::de::DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("what the chart renders is an object")
}

/// An operator with all rights of the chart but one, or with all of them.
struct Lacking {
    missing: Option<Scoped>,
    replica: Replica,
    scenario: Scenario,
    folder: PathBuf,
}

impl Lacking {
    async fn start(control_plane: &ControlPlane, rendered: &str, number: usize, missing: Option<Scoped>) -> Self {
        let (name, client) = (format!("lacks-{number}"), control_plane.client().await);
        let objects: Vec<Value> = serde_json::from_str(&rendered.replace(NAME, &name)).expect("JSON");
        let missing = missing.map(|(right, place)| (right, place.replace(NAME, &name)));
        let ours = of_account(&objects);
        let given = missing.as_ref().map_or_else(|| ours.clone(), |missing| without(&ours, missing));
        let lost = granted(&roles(&ours)).len() - granted(&roles(&given)).len();
        assert_eq!(lost, usize::from(missing.is_some()), "{missing:?}");
        let scenario = Scenario::new(&client, &name, &name).await;
        grant(&client, &name, &given).await;
        let folder = scratch(&name);
        std::fs::create_dir_all(&folder).expect("the tests' folder can be written");
        let mut replica = Replica::with_flags(control_plane, &name, pod_flags(&objects, &folder)).await;
        replica.start();
        Self { missing, replica, scenario, folder }
    }

    /// How often the operator asked for what it may not do.
    fn tries(&self, right: &str) -> usize {
        self.replica.proxy.requests().iter().filter_map(need).filter(|need| need.right == right).count()
    }

    /// The lines of the log that name the missing right, and what to do.
    fn told(&self, sentence: &str) -> Vec<Value> {
        let names =
            |line: &Value| line.as_object().is_some_and(|fields| fields.values().any(|field| says(field, sentence)));
        self.replica.said().into_iter().filter(names).collect()
    }

    async fn misses_it(&self) {
        let Some((right, _)) = &self.missing else {
            for step in Step::ALL {
                self.scenario.go(step).await;
            }
            return;
        };
        let step = ends_before(right);
        for first in step.first() {
            self.scenario.go(*first).await;
        }
        self.scenario.act(step).await;
        // What is read is tried all the time. Only a try after the change proves that the change was not seen, and only
        // a repeated one that it is not told each time.
        let reads = [" list", " watch"].iter().any(|end| right.ends_with(end));
        let before = if reads { self.tries(right) } else { 0 };
        let (resource, verb) = right.split_once(' ').expect("a resource and a verb");
        let resource = resource.split_once('/').expect("a group").1;
        let sentence = format!("cannot {verb} resource \"{resource}\"");
        eventually(&format!("the operator says that it {sentence}"), PATIENCE, async || {
            let tried = self.tries(right) > before;
            let logged = !self.told(&sentence).is_empty();
            let conditions =
                self.scenario.profile().await.and_then(|profile| profile.status).unwrap_or_default().conditions;
            let shown = conditions.iter().any(|condition| says(&json!(condition.message), &sentence));
            if tried && (logged || shown) { Ok(()) } else { Err((tried, conditions, self.replica.said())) }
        })
        .await;
        let reached = self.scenario.reached(step).await.is_ok();
        assert!(!reached, "without '{right}' {step:?} is reached all the same: does it need this right?");
        // Who asks for Cilium's policies misses the right to list them, and who looks at a profile that needs one.
        let most = if *right == "cilium.io/ciliumnetworkpolicies list" { 2 } else { 1 };
        let told = self.told(&sentence);
        assert!(told.len() <= most, "{right} is told at each try: {told:#?}");
        let of_kube = |line: &Value| line["target"].as_str().is_some_and(|target| target.starts_with("kube"));
        assert!(!self.replica.said().iter().any(of_kube), "the same again by kube: {:#?}", self.replica.said());
    }
}

impl Drop for Lacking {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Does this text name the missing right, and what to do?
fn says(text: &Value, sentence: &str) -> bool {
    text.as_str().is_some_and(|text| text.contains(sentence) && text.contains("give the operator th"))
}

#[tokio::test]
async fn without_any_one_right_something_does_not_happen_and_the_right_is_named() {
    let control_plane = ControlPlane::start().await;
    prepare(&control_plane).await;
    let objects = rendered();
    let rendered = serde_json::to_string(&objects).expect("JSON");
    let rights = granted(&roles(&of_account(&objects)));
    assert!(rights.len() > 20, "{rights:#?}");
    let told = format!(
        "each right: {} operators, each without one of the chart's rights, say so and cannot do what it is for",
        rights.len()
    );
    let all = [None].into_iter().chain(rights.into_iter().map(Some)).enumerate();
    let began = Instant::now();
    stream::iter(all)
        .for_each_concurrent(AT_ONCE, async |(number, missing)| {
            let lacking = Lacking::start(&control_plane, &rendered, number, missing).await;
            lacking.misses_it().await;
            eprintln!("{:>4} s: {:?}", began.elapsed().as_secs(), lacking.missing);
        })
        .await;
    report("each-right", &format!("{told}; {} s", began.elapsed().as_secs()));
}
