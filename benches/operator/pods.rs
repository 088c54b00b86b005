//! What a watched Pod costs.
//!
//! The Pods are those of real Deployments: names, labels, owners and managed fields as the controllers write them.

use std::time::{Duration, Instant};

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;

use crate::{
    process::{Memory, Running},
    scene,
    support::ControlPlane,
    table::{self, Values},
};

const NAMESPACES: usize = 100;
const DEPLOYMENTS: usize = 10;
const FEW: usize = 10;
const MANY: usize = 50;
const LIMIT: f64 = 256.0;
const STARTS: usize = 3;

pub async fn run() {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    let namespaces: Vec<_> = (0..NAMESPACES).map(|at| format!("pods-{at:03}")).collect();
    scene::create_namespaces(&client, namespaces.clone()).await;
    let deployments = namespaces.iter().flat_map(|namespace| (0..DEPLOYMENTS).map(move |at| deployment(namespace, at)));

    let began = Instant::now();
    scene::create_all(&client, deployments.collect()).await;
    until(&client, NAMESPACES * DEPLOYMENTS * FEW).await;
    println!("pods: {} Pods were there after {:.0?}", NAMESPACES * DEPLOYMENTS * FEW, began.elapsed());
    let few = starts(&control_plane).await;

    let operator = Running::start(&control_plane.kubeconfig());
    operator.ready().await;
    let before = operator.settled_memory().await;
    let began = Instant::now();
    scale(&client, &namespaces).await;
    until(&client, NAMESPACES * DEPLOYMENTS * MANY).await;
    println!("pods: {} Pods were there after another {:.0?}", NAMESPACES * DEPLOYMENTS * MANY, began.elapsed());
    let after = operator.settled_memory().await;
    drop(operator);
    let many = starts(&control_plane).await;

    #[allow(clippy::cast_precision_loss)]
    let pods = (NAMESPACES * DEPLOYMENTS * (MANY - FEW)) as f64;
    let slope = |few: f64, many: f64| (many - few) * 1024.0 / pods;
    let resident = |memory: &[Memory]| Values::new(memory.iter().map(|one| f64::from(one.resident)));
    let (few_kib, many_kib) = (resident(&few), resident(&many));
    let listed = slope(few_kib.median(), many_kib.median());
    let live = slope(f64::from(before.resident), f64::from(after.resident));
    let allocated = |memory: &[Memory]| Values::new(memory.iter().map(|one| f64::from(one.anonymous)));
    let (few_allocated, many_allocated) = (allocated(&few), allocated(&many));
    let listed_allocated = slope(few_allocated.median(), many_allocated.median());
    let live_allocated = slope(f64::from(before.anonymous), f64::from(after.anonymous));
    let mib = |values: &Values| Values::new([values.min(), values.median(), values.max()].map(|kib| kib / 1024.0));
    let peak = |memory: &[Memory]| Values::new(memory.iter().map(|one| f64::from(one.peak) / 1024.0)).spread();
    table::print(
        &format!("pods: MiB resident, {} Deployments in {NAMESPACES} namespaces", NAMESPACES * DEPLOYMENTS),
        &["", "10,000 Pods", "50,000 Pods", "bytes per Pod"],
        &[
            vec![
                format!("after a start ({STARTS} starts, min / median / max)"),
                mib(&few_kib).spread(),
                mib(&many_kib).spread(),
                format!("{listed:.0}"),
            ],
            vec![
                "  of it allocated".into(),
                mib(&few_allocated).spread(),
                mib(&many_allocated).spread(),
                format!("{listed_allocated:.0}"),
            ],
            vec!["  the most while it started".into(), peak(&few), peak(&many), String::new()],
            vec![
                "while they came".into(),
                format!("{:.2}", f64::from(before.resident) / 1024.0),
                format!("{:.2}", f64::from(after.resident) / 1024.0),
                format!("{live:.0}"),
            ],
            vec![
                "  of it allocated".into(),
                format!("{:.2}", f64::from(before.anonymous) / 1024.0),
                format!("{:.2}", f64::from(after.anonymous) / 1024.0),
                format!("{live_allocated:.0}"),
            ],
        ],
    );
    table::goal("bytes per watched Pod, after a start", format!("{listed:.0}"), LIMIT, listed <= LIMIT);
    table::goal("bytes per watched Pod, while they came", format!("{live:.0}"), LIMIT, live <= LIMIT);
}

async fn starts(control_plane: &ControlPlane) -> Vec<Memory> {
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let operator = Running::start(&control_plane.kubeconfig());
        operator.ready().await;
        memory.push(operator.settled_memory().await);
    }
    memory
}

fn deployment(namespace: &str, at: usize) -> Deployment {
    let name = format!("service-{at}");
    let labels = json!({
        "app.kubernetes.io/name": name, "app.kubernetes.io/instance": format!("{namespace}-{name}"),
        "app.kubernetes.io/part-of": namespace, "app.kubernetes.io/version": "1.4.2", "tier": "backend",
    });
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": FEW,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true", "checksum/config":
                    "0f343b0931126a20f133d67c2b018a3b5e1f4a3b9d3c5a0f8d5c1c1d4f3c2b1a"}},
                "spec": {
                    "automountServiceAccountToken": false,
                    "containers": [{
                        "name": "main", "image": "registry.example.com/team/service:1.4.2",
                        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
                        "env": (0..20).map(|at| json!({"name": format!("SETTING_{at}"), "value": "some value of a setting"}))
                            .collect::<Vec<_>>(),
                        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
                    }],
                },
            },
        },
    }))
    .expect("a Deployment")
}

async fn scale(client: &Client, namespaces: &[String]) {
    let patch = Patch::Merge(json!({"spec": {"replicas": MANY}}));
    for namespace in namespaces {
        let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
        for at in 0..DEPLOYMENTS {
            api.patch(&format!("service-{at}"), &PatchParams::default(), &patch).await.expect("it is scaled");
        }
    }
}

/// Waits until there are this many Pods.
async fn until(client: &Client, wanted: usize) {
    let api: Api<Pod> = Api::all(client.clone());
    let end = Instant::now() + Duration::from_secs(1200);
    loop {
        // The first one, and how many more there are.
        let list = api.list_metadata(&ListParams::default().limit(1)).await.expect("Pods can be listed");
        let rest = list.metadata.remaining_item_count.unwrap_or_default();
        let there = list.items.len() + usize::try_from(rest).unwrap_or_default();
        if there >= wanted {
            return;
        }
        assert!(Instant::now() < end, "there are only {there} Pods");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
