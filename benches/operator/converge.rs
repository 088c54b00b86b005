//! From "the profiles are there" until all are ready, against a loop that only makes the same writes.
//!
//! The loop replays what the operator wrote in the run before, object by object, and knows everything beforehand: no
//! watch, no picture, no rendering, no live read. Each run has a control plane of its own.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use appnet::api::AppNetworkProfile;
use futures::{StreamExt, stream};
use kube::{Api, Client, ResourceExt, api::ListParams};

use crate::{
    process::Running,
    replay::{Recorded, Replay, record, write},
    scene::{self, Setting},
    support::{ControlPlane, Write},
    table::{self, Values},
};

const CONCURRENCY: usize = 16;
const LIMIT: f64 = 1.15;
const AGENT: &str = "appnet-operator/";

pub async fn run(setting: Setting, rounds: usize) {
    let mut operator = Vec::new();
    let mut same = Vec::new();
    let mut silent = Vec::new();
    let mut careful = Vec::new();
    let mut counts = Vec::new();
    for round in 0..rounds {
        let run = by_operator(setting).await;
        same.push(by_loop(setting, &run.recording, Replay::Writes).await);
        silent.push(by_loop(setting, &run.recording, Replay::WithoutEvents).await);
        careful.push(by_loop(setting, &run.recording, Replay::WithReads).await);
        operator.push(run.seconds);
        counts.push(run.counts);
        println!(
            "converge: round {}: operator {:.2} s, loop {:.2} s, loop without Events {:.2} s, loop with reads {:.2} s",
            round + 1,
            operator[round],
            same[round],
            silent[round],
            careful[round]
        );
    }
    let ratios = |others: &[f64]| Values::new(operator.iter().zip(others).map(|(one, other)| one / other));
    let (ratio, silent_ratio, careful_ratio) = (ratios(&same), ratios(&silent), ratios(&careful));
    let row = |name: &str, values: &[f64], ratio: &str| {
        vec![name.to_owned(), Values::new(values.iter().copied()).spread(), ratio.to_owned()]
    };
    table::print(
        &format!(
            "converge: {} profiles of 3 tiers in {} namespaces; seconds, rounds: {rounds}",
            setting.profiles(),
            setting.namespaces
        ),
        &["", "min / median / max", "operator against it"],
        &[
            row("operator, from its start", &operator, ""),
            row("loop of the same writes", &same, &ratio.spread()),
            row("loop of the same writes without Events", &silent, &silent_ratio.spread()),
            row("loop of the same writes and reads", &careful, &careful_ratio.spread()),
        ],
    );
    let rows: Vec<_> = counts
        .iter()
        .enumerate()
        .map(|(round, counts)| {
            vec![
                (round + 1).to_string(),
                counts.tiers.clone(),
                counts.isolating.clone(),
                counts.statuses.clone(),
                counts.events.to_string(),
                counts.restart.to_string(),
            ]
        })
        .collect();
    table::print(
        "writes by the API server's own record: how many for one object x how many objects",
        &["round", "tier", "DNS and deny", "status", "Events in all", "after a restart"],
        &rows,
    );
    let all = setting.profiles();
    let frugal = counts.iter().all(|counts| {
        counts.tiers == format!("1 x {}", 3 * all)
            && counts.isolating == format!("2 x {}", 2 * all)
            && counts.statuses == format!("1 x {all}")
            && counts.restart == 0
    });
    table::goal("time against the loop", format!("{:.2}", ratio.median()), LIMIT, ratio.median() <= LIMIT);
    let said = if frugal { "so it is" } else { "not so" };
    table::goal("writes: tier 1, DNS 2, deny 2, status 1, restart 0", said, "that", frugal);
}

/// What is on record of a run.
struct Run {
    seconds: f64,
    recording: Vec<Recorded>,
    counts: Counts,
}

struct Counts {
    tiers: String,
    isolating: String,
    statuses: String,
    events: usize,
    restart: usize,
}

async fn prepared(setting: Setting) -> (ControlPlane, Client) {
    let control_plane = ControlPlane::start().await;
    let client = control_plane.client().await;
    scene::provide_dns(&client).await;
    scene::provide(&client, "app", setting).await;
    // The controllers give every namespace its ServiceAccount and certificate.
    tokio::time::sleep(Duration::from_secs(5)).await;
    (control_plane, client)
}

async fn by_operator(setting: Setting) -> Run {
    let (control_plane, client) = prepared(setting).await;
    let began = Instant::now();
    let operator = Running::start(&control_plane.kubeconfig());
    scene::all_ready(&client, setting.profiles()).await;
    let seconds = began.elapsed().as_secs_f64();
    let written = quiet(&control_plane).await;
    let recording = record(&client).await;
    drop(operator);
    let operator = Running::start(&control_plane.kubeconfig());
    operator.ready().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let restart = writes(&control_plane).len() - written.len();
    Run { seconds, recording, counts: counts(&written, restart) }
}

fn writes(control_plane: &ControlPlane) -> Vec<Write> {
    let mut writes = control_plane.all_writes();
    writes.retain(|write| write.user_agent.starts_with(AGENT));
    writes
}

/// The operator's writes, once no more come.
async fn quiet(control_plane: &ControlPlane) -> Vec<Write> {
    let mut before = writes(control_plane);
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = writes(control_plane);
        if now.len() == before.len() {
            return now;
        }
        before = now;
    }
}

fn counts(writes: &[Write], restart: usize) -> Counts {
    let of = |wanted: &dyn Fn(&Write) -> bool| {
        let mut objects: BTreeMap<_, usize> = BTreeMap::new();
        for write in writes.iter().filter(|write| wanted(write)) {
            *objects.entry((&write.namespace, &write.name)).or_default() += 1;
        }
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        for count in objects.into_values() {
            *times.entry(count).or_default() += 1;
        }
        times.iter().map(|(times, objects)| format!("{times} x {objects}")).collect::<Vec<_>>().join(", ")
    };
    // What selects every Pod: it is created disarmed, and armed when the others refer to it.
    let isolating = |write: &Write| write.name.ends_with("-default-deny") || write.name.ends_with("-allow-dns");
    Counts {
        tiers: of(&|write| write.resource == "networkpolicies" && !isolating(write)),
        isolating: of(&|write| write.resource == "networkpolicies" && isolating(write)),
        statuses: of(&|write| write.resource == "appnetworkprofiles/status"),
        events: writes.iter().filter(|write| write.resource == "events").count(),
        restart,
    }
}

/// Makes the same writes; seconds until all profiles are ready.
async fn by_loop(setting: Setting, recording: &[Recorded], replay: Replay) -> f64 {
    let (control_plane, client) = prepared(setting).await;
    let writer = control_plane.client_named("bare-loop").await;
    let there = Api::<AppNetworkProfile>::all(client.clone()).list(&ListParams::default()).await.expect("profiles");
    let mut there: BTreeMap<_, _> =
        there.into_iter().map(|profile| ((profile.namespace(), profile.name_any()), profile)).collect();
    let work: Vec<_> = recording
        .iter()
        .cloned()
        .map(|mut recorded| {
            let was = recorded.profile;
            recorded.profile = there.remove(&(was.namespace(), was.name_any())).expect("the same profiles");
            recorded.profile.status = was.status;
            recorded.profile.metadata.managed_fields = None;
            if replay == Replay::WithoutEvents {
                recorded.events.clear();
            }
            recorded
        })
        .collect();
    let began = Instant::now();
    let reads = replay == Replay::WithReads;
    let replay = tokio::spawn(
        stream::iter(work).for_each_concurrent(CONCURRENCY, move |recorded| write(writer.clone(), recorded, reads)),
    );
    scene::all_ready(&client, setting.profiles()).await;
    let seconds = began.elapsed().as_secs_f64();
    replay.await.expect("the loop ends");
    seconds
}
