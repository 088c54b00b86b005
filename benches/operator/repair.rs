//! From the moment a change by someone else can be seen until its repair can be seen, against a minimal watcher that
//! only puts fixed bytes back. Both take turns on one API server, and one watch of the benchmark times both.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use futures::StreamExt;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    runtime::watcher,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    process::Running,
    scene::{self, Setting},
    support::ControlPlane,
    table::{self, Values},
};

const SETTING: Setting = Setting { namespaces: 60, profiles_each: 1 };
/// Each policy is deleted once and edited once: a policy that is changed again and again is a fight, which is slowed down.
const LIMIT: f64 = 1.5;
/// So that what is still to be told of one repair does not slow down the next.
const PAUSE: Duration = Duration::from_millis(60);
const OURS: &str = "app";
const THEIRS: &str = "fixed";

type Policies = HashMap<(String, String), NetworkPolicy>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    EditAllow,
    DeleteAllow,
    EditDeny,
    DeleteDeny,
    DeleteDns,
}

impl Kind {
    const ALL: [Self; 5] = [Self::EditAllow, Self::DeleteAllow, Self::EditDeny, Self::DeleteDeny, Self::DeleteDns];

    const fn name(self) -> &'static str {
        match self {
            Self::EditAllow => "an allow is edited",
            Self::DeleteAllow => "an allow is deleted",
            Self::EditDeny => "the deny is edited",
            Self::DeleteDeny => "the deny is deleted",
            Self::DeleteDns => "the policy for DNS is deleted",
        }
    }
}

pub async fn run() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    scene::provide_dns(&client).await;
    scene::provide(&client, OURS, SETTING).await;
    let operator = Running::start(&control_plane.kubeconfig());
    scene::all_ready(&client, SETTING.profiles()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (ours, theirs) = copies(&client).await;
    let fixed = tokio::spawn(minimal(control_plane.client_named("minimal-watcher").await, theirs.clone()));
    let (sender, mut seen) = mpsc::unbounded_channel();
    let watching = tokio::spawn(watch(client.clone(), sender));
    tokio::time::sleep(Duration::from_secs(2)).await;

    let mut names: Vec<_> = ours.keys().cloned().collect();
    names.sort();
    let mut times: BTreeMap<(Kind, bool), Vec<f64>> = BTreeMap::new();
    for delete in [true, false] {
        for (namespace, name) in &names {
            let kind = match (delete, name.ends_with("-default-deny")) {
                (false, false) => Kind::EditAllow,
                (false, true) => Kind::EditDeny,
                (true, true) => Kind::DeleteDeny,
                (true, false) if name.ends_with("-allow-dns") => Kind::DeleteDns,
                (true, false) => Kind::DeleteAllow,
            };
            for (by_operator, policies) in [(true, &ours), (false, &theirs)] {
                let namespace = if by_operator { namespace.clone() } else { namespace.replace(OURS, THEIRS) };
                let wanted = &policies[&(namespace.clone(), name.clone())];
                tokio::time::sleep(PAUSE).await;
                while seen.try_recv().is_ok() {}
                disturb(&client, &namespace, name, delete).await;
                let took = repaired(&mut seen, &namespace, name, wanted).await;
                times.entry((kind, by_operator)).or_default().push(took.as_secs_f64() * 1000.0);
            }
        }
    }
    fixed.abort();
    watching.abort();
    drop(operator);
    report(&times);
}

fn report(times: &BTreeMap<(Kind, bool), Vec<f64>>) {
    let of = |kinds: &[Kind], by_operator: bool| {
        Values::new(kinds.iter().flat_map(|kind| &times[&(*kind, by_operator)]).copied())
    };
    let row = |name: &str, kinds: &[Kind]| {
        let (operator, minimal) = (of(kinds, true), of(kinds, false));
        let cell =
            |values: &Values| format!("{:.1} / {:.1} / {:.1}", values.median(), values.percentile(99.0), values.max());
        let count: usize = kinds.iter().map(|kind| times[&(*kind, true)].len()).sum();
        let ratio = |percent| operator.percentile(percent) / minimal.percentile(percent);
        let ratios = format!("{:.2} / {:.2}", ratio(50.0), ratio(99.0));
        vec![name.to_owned(), count.to_string(), cell(&operator), cell(&minimal), ratios]
    };
    let alike = [Kind::EditAllow, Kind::DeleteAllow, Kind::EditDeny];
    let mut rows: Vec<_> = Kind::ALL.into_iter().map(|kind| row(kind.name(), &[kind])).collect();
    rows.push(row("all that one write repairs", &alike));
    table::print(
        "repair: ms from seeing the change to seeing the repair; p50 / p99 / max",
        &["", "times", "operator", "minimal watcher", "ratio p50 / p99"],
        &rows,
    );
    let ratio = of(&alike, true).percentile(99.0) / of(&alike, false).percentile(99.0);
    table::goal("p99 against a minimal watcher", format!("{ratio:.2}"), LIMIT, ratio <= LIMIT);
}

/// What the operator wrote; and the same without owners, in namespaces of their own.
async fn copies(client: &Client) -> (Policies, Policies) {
    let key = |policy: &NetworkPolicy| (policy.namespace().unwrap_or_default(), policy.name_any());
    let list = Api::<NetworkPolicy>::all(client.clone()).list(&ListParams::default()).await.expect("policies");
    let ours: Policies = list.into_iter().map(|policy| (key(&policy), policy)).collect();
    let theirs: Policies = ours
        .values()
        .map(|policy| {
            let mut copy = policy.clone();
            copy.metadata = ObjectMeta {
                name: policy.metadata.name.clone(),
                namespace: policy.namespace().map(|namespace| namespace.replace(OURS, THEIRS)),
                labels: policy.metadata.labels.clone(),
                annotations: policy.metadata.annotations.clone(),
                ..ObjectMeta::default()
            };
            (key(&copy), copy)
        })
        .collect();
    let namespaces: std::collections::BTreeSet<_> = theirs.keys().map(|(namespace, _)| namespace.clone()).collect();
    scene::create_namespaces(client, namespaces.into_iter().collect()).await;
    scene::create_all(client, theirs.values().cloned().collect()).await;
    (ours, theirs)
}

/// Puts back what is gone or different, and knows nothing else.
async fn minimal(client: Client, wanted: Policies) {
    let mut events = std::pin::pin!(watcher(Api::<NetworkPolicy>::all(client.clone()), watcher::Config::default()));
    let params = PostParams { field_manager: Some("minimal-watcher".into()), ..PostParams::default() };
    while let Some(event) = events.next().await {
        let (policy, gone) = match event.expect("policies can be watched") {
            watcher::Event::Apply(policy) => (policy, false),
            watcher::Event::Delete(policy) => (policy, true),
            _ => continue,
        };
        let key = (policy.namespace().unwrap_or_default(), policy.name_any());
        let Some(fixed) = wanted.get(&key) else { continue };
        let api: Api<NetworkPolicy> = Api::namespaced(client.clone(), &key.0);
        if gone {
            api.create(&params, fixed).await.expect("it can be created");
        } else if policy.spec != fixed.spec {
            let mut fixed = fixed.clone();
            fixed.metadata.resource_version = policy.resource_version();
            api.replace(&key.1, &params, &fixed).await.expect("it can be replaced");
        }
    }
}

/// What the benchmark sees, and when.
struct Sight {
    at: Instant,
    policy: NetworkPolicy,
    gone: bool,
}

async fn watch(client: Client, sender: mpsc::UnboundedSender<Sight>) {
    let mut events = std::pin::pin!(watcher(Api::<NetworkPolicy>::all(client), watcher::Config::default()));
    while let Some(event) = events.next().await {
        let (policy, gone) = match event.expect("policies can be watched") {
            watcher::Event::Apply(policy) => (policy, false),
            watcher::Event::Delete(policy) => (policy, true),
            _ => continue,
        };
        if sender.send(Sight { at: Instant::now(), policy, gone }).is_err() {
            return;
        }
    }
}

async fn disturb(client: &Client, namespace: &str, name: &str, delete: bool) {
    let api: Api<NetworkPolicy> = Api::namespaced(client.clone(), namespace);
    if delete {
        api.delete(name, &DeleteParams::default()).await.expect("it can be deleted");
    } else {
        let edit = json!({"spec": {"podSelector": {"matchLabels": {"edited": "by-hand"}}}});
        let who = PatchParams { field_manager: Some("by-hand".into()), ..PatchParams::default() };
        api.patch(name, &who, &Patch::Merge(edit)).await.expect("it can be edited");
    }
}

async fn repaired(
    seen: &mut mpsc::UnboundedReceiver<Sight>,
    namespace: &str,
    name: &str,
    wanted: &NetworkPolicy,
) -> Duration {
    let both = async {
        let mut began = None;
        loop {
            let sight = seen.recv().await.expect("the watch goes on");
            if sight.policy.namespace().as_deref() != Some(namespace) || sight.policy.name_any() != name {
                continue;
            }
            let right = !sight.gone && sight.policy.spec == wanted.spec;
            match began {
                None if !right => began = Some(sight.at),
                Some(began) if right => return sight.at.duration_since(began),
                _ => {}
            }
        }
    };
    let late = || panic!("{namespace}/{name} was not repaired");
    tokio::time::timeout(Duration::from_secs(30), both).await.unwrap_or_else(|_| late())
}
