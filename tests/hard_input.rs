//! Input that is large or goes round in circles, put before the real program: the right answer, in bounded memory.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Stdio,
    thread::sleep,
    time::Duration,
};

use plugin::{folder, plugin, run, run_with_input};

#[path = "lint/plugin.rs"]
mod plugin;

const MB: u64 = 1_000_000;
const LARGE: u64 = 200 * MB;

/// The text stands in memory once, because objects are read as pieces of it; of each object only what is needed stays. So
/// half of it again is ample, and a tree of all of it, or a second copy, would not fit in.
const BOUND: u64 = LARGE * 3 / 2;

const POLICY: &str = r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "n-3"}, "spec": {"podSelector": {"matchLabels": {"app": "a-10"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "a-17"}}}], "ports": [{"port": 5432}]}]}}"#;

/// A mistake in a profile, which only those find who read to the end.
const PROFILE: &str = r#"{"apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile", "metadata": {"name": "shop", "namespace": "n-3"}, "spec": {"tiers": [{"name": "Api", "podSelector": {"matchLabels": {"app": "api"}}}]}}"#;

/// Pods of seven namespaces, each with much that does not matter, until there are so many bytes; then the policy and the
/// profile. How many Pods there are.
fn write(file: &Path, (begin, between, end): (&str, &str, &str), pod: impl Fn(u64, &str) -> String) -> u64 {
    let mut to = BufWriter::new(File::create(file).expect("the tests' folder can be written"));
    let padding = "x".repeat(20_000);
    let (mut written, mut pods) = (0, 0);
    let mut put = |text: &str| {
        to.write_all(text.as_bytes()).expect("there is room");
        text.len() as u64
    };
    put(begin);
    while written < LARGE {
        written += put(&pod(pods, &padding)) + put(between);
        pods += 1;
    }
    put(&[POLICY, between, PROFILE, end].concat());
    pods
}

/// Two of them are what the policy is about.
fn app(number: u64) -> String {
    if [10, 17].contains(&number) { format!("a-{number}") } else { "other".to_owned() }
}

fn dump(file: &Path) -> u64 {
    let around = ("{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n", ",\n", "\n]}\n");
    write(file, around, |number, padding| {
        format!(
            r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "p-{number}", "namespace": "n-{}", "labels": {{"app": "{}"}}, "annotations": {{"note": "{padding}"}}}}, "status": {{"phase": "Running"}}}}"#,
            number % 7,
            app(number)
        )
    })
}

fn documents(file: &Path) -> u64 {
    write(file, ("", "\n---\n", "\n"), |number, padding| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p-{number}\n  namespace: n-{}\n  labels:\n    app: {}\n  \
             annotations:\n    note: \"{padding}\"\nstatus:\n  phase: Running",
            number % 7,
            app(number)
        )
    })
}

/// Runs the plugin, and looks again and again at the most memory that it has had so far: what the kernel has noted
/// (`VmHWM`) does not go down, so nothing but the last moments can be missed.
fn watched(what: &str, arguments: &[&str], stdin: Stdio) -> (i32, String, String, u64) {
    let files = folder(&format!("watched {what}"), &[]);
    let to = |name: &str| File::create(files.join(name)).expect("the tests' folder can be written");
    let mut command = plugin(arguments);
    let mut child = command.stdin(stdin).stdout(to("out")).stderr(to("err")).spawn().expect("the plugin runs");
    let mut most = 0;
    let status = loop {
        if let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            most = kib.map_or(most, |kib| most.max(kib * 1024));
        }
        if let Some(status) = child.try_wait().expect("our own child") {
            break status;
        }
        sleep(Duration::from_millis(2));
    };
    let text = |name: &str| fs::read_to_string(files.join(name)).expect("text");
    (status.code().expect("it was not killed"), text("out"), text("err"), most)
}

fn assert_bounded(what: &str, most: u64) {
    println!("{what}: {} MB at most", most / MB);
    // Less than the input was never there: then nothing was measured.
    assert!(most > LARGE / 2 && most < BOUND, "{what} took {} MB of memory", most / MB);
}

/// Who may call the database, and that it says so of the right Pods among all.
fn assert_is_right(file: &Path, pods: u64, what: &str) {
    let name = file.display().to_string();
    let wanted =
        "PARTIAL: something could not be read; the map is about the rest\nn-3/p-17[Pod] => n-3/p-10[Pod] : TCP 5432\n";
    let by_file = watched(what, &["map", "--to", "n-3/p-10", "-f", &name], Stdio::null());
    let is_right = |(code, out, err, _): &(i32, String, String, u64)| {
        // The answer, and what is wrong with the profile behind all the rest.
        assert!(
            *code == 2 && out == wanted && err.contains(".tiers[0].name: must be a DNS label"),
            "{code} {out} {err}"
        );
    };
    is_right(&by_file);
    assert_bounded(&format!("map of {what}"), by_file.3);
    let stdin = File::open(file).expect("the file").into();
    let by_stdin = watched(what, &["map", "--to", "n-3/p-10", "-f", "-"], stdin);
    is_right(&by_stdin);
    assert_bounded(&format!("map of {what} on standard input"), by_stdin.3);
    let (code, out, err, most) = watched(what, &["lint", "-f", &name], Stdio::null());
    assert!(out.lines().count() == 1 && out.contains("spec.tiers[0].name: must be a DNS label"), "{out}");
    assert_eq!((code, err.as_str()), (1, "1 profile, 1 policy, 1 problem\n"));
    assert_bounded(&format!("lint of {what}"), most);
    assert!(pods > 9_000, "{pods} Pods");
}

#[test]
fn two_hundred_megabytes_of_json_are_answered_in_bounded_memory() {
    let file = large("large.json");
    let pods = dump(&file);
    assert_is_right(&file, pods, "200 MB of JSON");
    fs::remove_file(file).expect("it is there");
}

#[test]
fn two_hundred_megabytes_of_yaml_are_answered_in_bounded_memory() {
    let file = large("large.yaml");
    let pods = documents(&file);
    assert_is_right(&file, pods, "200 MB of YAML");
    fs::remove_file(file).expect("it is there");
}

fn large(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn what_render_cannot_take_is_refused_with_what_to_do() {
    let folder = folder("too_large", &[]);
    let file = folder.join("much.yaml");
    File::create(&file).and_then(|file| file.set_len(64 * 1024 * 1024 + 1)).expect("an empty file with a size");
    let (code, out, err) = run(&["render", "-f", &file.display().to_string()]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.ends_with("much.yaml: cannot be read: it has more than 64 MiB; split it\n"), "{err}");
}

/// A Pod, and workloads that name each other and themselves as what runs them.
const CIRCLE: &str = "\
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a, namespace: shop, ownerReferences: [{kind: Deployment, name: b, controller: true}]}, spec: {template: {metadata: {labels: {app: a}}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: a, controller: true}]}, spec: {template: {metadata: {labels: {app: b}}}}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: self, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: self, controller: true}]}, spec: {template: {metadata: {labels: {app: c}}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: tidy, namespace: shop, ownerReferences: [{kind: CronJob, name: tidy, controller: true}]}, spec: {template: {metadata: {labels: {app: tidy}}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: tidy, namespace: shop, ownerReferences: [{kind: Job, name: tidy, controller: true}]}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: tidy}}}}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {app: p}, ownerReferences: [{kind: Pod, name: q, controller: true}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: q, namespace: shop, labels: {app: q}, ownerReferences: [{kind: Pod, name: p, controller: true}]}}
";

#[test]
fn owners_that_own_each_other_or_themselves_are_each_shown_once() {
    let (code, out, err) = run_with_input(&["map", "-f", "-", "-o", "json"], CIRCLE.as_bytes());
    let map: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let nodes: Vec<_> = map["nodes"].as_array().expect("nodes").iter().filter_map(|node| node["id"].as_str()).collect();
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        nodes,
        ["shop/b[Deployment]", "shop/p[Pod]", "shop/q[Pod]", "shop/self[ReplicaSet]", "shop/tidy[CronJob]"]
    );
    let explain = ["explain", "-f", "-", "--from", "shop/deploy/b", "--to", "shop/rs/self", "--port", "80"];
    let (code, out, _) = run_with_input(&explain, CIRCLE.as_bytes());
    assert!(code == 0 && out.starts_with("ALLOWED "), "{out}");
    let file = folder("circle", &[("circle.yaml", CIRCLE)]).join("circle.yaml").display().to_string();
    let (code, out, err) = run(&["plan", "-f", &file, "--against", &file]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
}

/// A Pod that holds itself, before a Pod and a policy that are right.
const ALIAS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: round, namespace: shop, labels: &labels {app: x, self: *labels}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
";

#[test]
fn an_alias_that_holds_itself_is_named_by_its_place_and_the_others_go_on() {
    let folder = folder("alias", &[("alias.yaml", ALIAS)]);
    let file = folder.join("alias.yaml").display().to_string();
    let place = format!("{file}:3:");
    let (code, out, err) = run(&["map", "-f", &file, "--from", "web"]);
    assert!(out.contains("shop/web[Pod] => shop/db[Pod] : All Connections\n"), "{out}");
    assert!(code == 2 && err.starts_with(&place), "{code} {err}");
    let (code, out, err) = run(&["explain", "-f", &file, "--from", "shop/web", "--to", "shop/db", "--port", "80"]);
    assert!(
        out.starts_with("PARTIAL: ") && out.contains("\nALLOWED ") && code == 2 && err.starts_with(&place),
        "{code} {out} {err}"
    );
    let (code, out, err) = run(&["plan", "-f", &file, "--against", &file]);
    assert!(out.starts_with("PARTIAL: ") && code == 2 && err.contains(&place), "{code} {out} {err}");
    let (code, out, _) = run(&["lint", "-f", &file]);
    assert!(code == 1 && out.starts_with(&place) && out.lines().count() == 1, "{code} {out}");
}
