//! What `diagnose` prints can be typed as it stands: on a real API server that holds the objects of a seeded fault, every command
//! of a fix is taken, and what it was printed for is gone.

#[path = "faults/catalogue.rs"]
#[allow(dead_code)] // What has to be found is asked elsewhere.
mod catalogue;
mod support;

use std::{collections::BTreeSet, fs, process::Command};

use appnet::cli::yaml;
use catalogue::{Case, cases};
use serde_json::{Value, json};
use support::{Answer, ControlPlane, report};

/// What the cases are made of and what they leave behind. `kubernetes` in `default` is the API server's own.
const KINDS: &str = "appnetworkprofiles,networkpolicies,deployments,statefulsets,daemonsets,jobs,cronjobs,pods,ingresses,services,configmaps";

/// The others need no API server.
fn prints_a_command(case: &Case) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.args(["diagnose", "-o", "json", "-f"]).arg(&case.file).args(&case.ask);
    findings(command).iter().any(|finding| finding["fix"]["command"].is_string())
}

fn diagnose(control_plane: &ControlPlane, ask: &[String]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env("KUBECONFIG", control_plane.kubeconfig()).args(["diagnose", "-o", "json"]).args(ask);
    findings(command)
}

fn findings(mut command: Command) -> Vec<Value> {
    let Answer { stdout, stderr, .. } = Answer::of(&mut command, "");
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    document["findings"].as_array().expect("findings").clone()
}

/// As a person does it, in a shell.
fn type_it(control_plane: &ControlPlane, command: &str) -> Answer {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).env("KUBECONFIG", control_plane.kubeconfig()).env("HOME", control_plane.folder());
    shell.env("PATH", format!("{}:{path}", control_plane.programs().display()));
    Answer::of(&mut shell, "")
}

/// The objects of a case that this API server knows, as a list.
fn objects(case: &Case) -> Vec<Value> {
    let text = fs::read_to_string(&case.file).expect("a case");
    let documents = yaml::documents(&text).0;
    let all = documents.into_iter().filter_map(|document| Some(document.root?.to_value()));
    let known = ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "appnet.dev/v1alpha1", "discovery.k8s.io/v1"];
    all.filter(|object| object["apiVersion"].as_str().is_some_and(|group| known.contains(&group))).collect()
}

async fn set_up(control_plane: &ControlPlane, objects: &[Value]) {
    let spaces: BTreeSet<_> = objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    let spaces = spaces.iter().map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    for items in [spaces.collect::<Vec<_>>(), objects.to_vec()] {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
        let answer = control_plane.kubectl_with_input(&["apply", "-f", "-"], &list).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    }
}

async fn clear(control_plane: &ControlPlane) {
    let all = [
        "delete",
        KINDS,
        "--all-namespaces",
        "--field-selector=metadata.namespace!=default",
        "--force",
        "--grace-period=0",
        "--wait=false",
    ];
    let answer = control_plane.kubectl(&all).await;
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
}

#[tokio::test]
async fn every_command_that_is_printed_is_taken_and_mends_what_it_was_printed_for() {
    let control_plane = ControlPlane::start().await;
    let (mut typed, mut wrong) = (0, Vec::new());
    for case in cases("faults").into_iter().filter(prints_a_command) {
        set_up(&control_plane, &objects(&case)).await;
        for finding in diagnose(&control_plane, &case.ask) {
            let Some(command) = finding["fix"]["command"].as_str() else { continue };
            let Answer { stdout, stderr, code } = type_it(&control_plane, command);
            typed += 1;
            let which = |one: &Value| ["code", "about", "found"].map(|field| one[field].clone());
            let left = diagnose(&control_plane, &case.ask).iter().any(|one| which(one) == which(&finding));
            if code != Some(0) || left {
                let said = if left { "it is found again after" } else { "refused" };
                wrong.push(format!("{}: {finding:#}: {said}\n{command}\n{stdout}{stderr}", case.name));
            }
        }
        clear(&control_plane).await;
    }
    report(
        "diagnose",
        &format!("{typed} commands that diagnose printed were typed as they stand; {} did not mend", wrong.len()),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(typed >= 30, "{typed}");
}
