//! What `explain` says of every single connection, and `map` of all of them.
//!
//! A process for each would compile the definition's rules thousands of times. So the question is put to the same functions here, and
//! the program itself is asked about some connections of every caller and verdict, and once for the whole map.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use appnet::{
    cli::{explain::Files, state::State},
    explain::{Answer as Verdict, Question, Setting, explain},
    reach::Reach,
};
use serde_json::{Value, json};

use super::{
    map::Map,
    matrix::{Matrix, Target},
};
use crate::{
    place::Place,
    support::{Answer, scratch},
};

/// What is read of the scenario's namespaces, and of those that every Pod needs.
const KINDS: &str =
    "pods,deployments,replicasets,services,endpointslices,networkpolicies,ciliumnetworkpolicies,appnetworkprofiles";

/// What was said, by caller and target.
pub struct Said {
    answers: Vec<Vec<(Option<bool>, String)>>,
    /// How many of them the program was asked about.
    pub asked: usize,
}

impl Said {
    /// Open or shut; nothing when nobody can tell.
    pub fn verdict(&self, caller: usize, target: usize) -> Option<bool> {
        self.answers[caller][target].0
    }

    /// The whole answer.
    pub fn text(&self, caller: usize, target: usize) -> &str {
        &self.answers[caller][target].1
    }
}

/// The state of the cluster, as `kubectl get -o json` prints it.
fn dump(places: &[&Place]) -> String {
    let get = |args: &[&str]| -> Vec<Value> {
        let said = places[0].cluster.kubectl(&[&["get", "-o", "json"], args].concat());
        let mut list: Value = serde_json::from_str(&said).expect("kubectl prints JSON");
        serde_json::from_value(list["items"].take()).expect("a list")
    };
    let mut items = get(&["namespaces"]);
    for namespace in places.iter().map(|place| place.name.as_str()).chain(["kube-system", "default"]) {
        items.extend(get(&[KINDS, "-n", namespace]));
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// Asks about every pair.
pub fn said(matrix: &Matrix<'_>, places: &[&Place]) -> Said {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let file = scratch(&format!("agreement-{}.json", MADE.fetch_add(1, Ordering::Relaxed)));
    fs::write(&file, dump(places)).expect("ours to write");
    let mut said = Said { answers: every(matrix, &file), asked: 0 };
    let map = Map::of(&file);
    for (caller, target) in matrix.pairs() {
        let (from, to) = (matrix.callers[caller].name(), &matrix.targets[target]);
        if let (Some(verdict), Some(end)) = (said.verdict(caller, target), &to.flow) {
            // A Pod's connections to itself are not in the map.
            let same = to.to == from;
            assert!(
                same || map.has(&from, end) == verdict,
                "the map says other than explain: {from} -> {}",
                to.title()
            );
        }
    }
    for (caller, target) in some(matrix, &said) {
        let (from, to) = (matrix.callers[caller].name(), &matrix.targets[target]);
        assert_eq!(program(&from, to, &file), said.verdict(caller, target), "{from} -> {}", to.title());
        said.asked += 1;
    }
    fs::remove_file(file).expect("it was there");
    said
}

/// As the program does it.
fn every(matrix: &Matrix<'_>, file: &PathBuf) -> Vec<Vec<(Option<bool>, String)>> {
    let mut err = Vec::new();
    let mut state = State::of_files(std::slice::from_ref(file), "default", &mut err).expect("memory can be written");
    let completed = state.complete(None, &mut err).expect("memory can be written").expect("there is no configuration");
    assert!(!state.partial, "{}", String::from_utf8_lossy(&err));
    let reach = Reach::new(&state.reading.picture);
    let sources = Files { reading: &state.reading, namespace: "default" };
    let setting = Setting::new(&state.reading.picture, &reach, &completed.profiles, &sources);
    let mut answers: Vec<Vec<_>> =
        matrix.callers.iter().map(|_| matrix.targets.iter().map(|_| (None, String::new())).collect()).collect();
    for (caller, target) in matrix.pairs() {
        let (from, to) = (matrix.callers[caller].name(), &matrix.targets[target]);
        let question = Question { from: &from, to: &to.to, port: Some(&to.port), namespace: "default" };
        let answer = explain(&setting, question).unwrap_or_else(|error| panic!("{from} -> {}: {error}", to.title()));
        let verdict = match answer.verdict {
            Verdict::Allowed => Some(true),
            Verdict::Denied => Some(false),
            Verdict::Unknown => None,
            Verdict::Mixed => panic!("one connection is not mixed:\n{answer}"),
        };
        answers[caller][target] = (verdict, answer.to_string());
    }
    answers
}

/// One connection of every caller and verdict, another one for each caller.
fn some(matrix: &Matrix<'_>, said: &Said) -> Vec<(usize, usize)> {
    let mut some = Vec::new();
    for caller in 0..matrix.callers.len() {
        for verdict in [Some(true), Some(false), None] {
            let of_caller = matrix.pairs().filter(|pair| pair.0 == caller && said.verdict(pair.0, pair.1) == verdict);
            let of_caller: Vec<_> = of_caller.collect();
            some.extend(of_caller.get((caller * 7) % of_caller.len().max(1)));
        }
    }
    some
}

fn program(from: &str, to: &Target, file: &PathBuf) -> Option<bool> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.env_clear().args(["explain", "--from", from, "--to", &to.to, "--port", &to.port]);
    let Answer { stdout, stderr, code } = Answer::of(command.args(["-o", "json", "-f"]).arg(file), "");
    let title = || format!("{from} -> {}: {code:?} {stderr}\n{stdout}", to.title());
    let answer: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {}", title()));
    assert_eq!(answer["partial"], false, "{}", title());
    let (verdict, exit) = match answer["verdict"].as_str() {
        Some("allowed") => (Some(true), 0),
        Some("denied") => (Some(false), 1),
        Some("unknown") => (None, 3),
        _ => panic!("{}", title()),
    };
    assert_eq!(code, Some(exit), "{}", title());
    verdict
}
