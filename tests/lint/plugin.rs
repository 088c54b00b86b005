//! Runs the plugin as a user does.
#![allow(dead_code)] // Each test needs other parts.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub fn plugin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    command.args(arguments);
    command
}

/// Exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    outcome(plugin(arguments).output().expect("the plugin runs"))
}

pub fn run_with_input(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let piped = || Stdio::piped();
    let mut child = plugin(arguments).stdin(piped()).stdout(piped()).stderr(piped()).spawn().expect("the plugin runs");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads all");
    outcome(child.wait_with_output().expect("it ends"))
}

pub fn outcome(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("it was not killed"), text(output.stdout), text(output.stderr))
}

/// A folder of its own for a test, with files in it.
pub fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    for (name, content) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        fs::write(file, content).expect("a file");
    }
    folder
}

pub fn profile(spec: &str) -> String {
    format!(
        "apiVersion: appnet.dev/v1alpha1\nkind: AppNetworkProfile\nmetadata: {{name: shop, namespace: app}}\nspec: {spec}\n"
    )
}

pub const GOOD: &str = "{tiers: [{name: api, podSelector: {matchLabels: {app: api}}}]}";
pub const BAD: &str = "{tiers: [{name: Api, podSelector: {matchLabels: {app: api}}}]}";

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub path: String,
    pub message: String,
    pub reason: String,
    pub severity: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    api_version: String,
    kind: String,
    partial: bool,
    findings: Vec<Finding>,
}

pub fn findings(json: &str) -> Vec<Finding> {
    let Document { api_version, kind, partial, findings } =
        serde_json::from_str(json).expect("a document with findings");
    assert!(!partial, "{json}");
    assert_eq!((api_version.as_str(), kind.as_str()), ("cli.appnet.dev/v1", "Lint"));
    findings
}
