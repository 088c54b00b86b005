//! `kubectl appnet render`, as a user runs it: on the examples, and on what cannot be rendered.

mod rendering;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn render(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-appnet")).arg("render").args(args).output().expect("the plugin starts")
}

fn policies(text: &str) -> Vec<Value> {
    rendering::documents(text).expect("YAML")
}

#[test]
fn every_example_renders_to_the_policies_beside_it() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut rendered = 0;
    for folder in fs::read_dir(examples).expect("the examples").map(|entry| entry.expect("an entry").path()) {
        let file = |name: &str| folder.join(name).to_str().expect("text").to_owned();
        let Ok(expected) = fs::read_to_string(file("policies.yaml")) else { continue };
        let mut args = vec!["-f".to_owned(), file("profile.yaml")];
        for (flag, name) in [("-f", "cluster.yaml"), ("--config", "config.yaml")] {
            if folder.join(name).exists() {
                args.extend([flag.to_owned(), file(name)]);
            }
        }
        let output = render(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {said}", folder.display());
        assert_eq!(policies(&String::from_utf8_lossy(&output.stdout)), policies(&expected), "{}", folder.display());
        assert_eq!(said, "", "{}", folder.display());
        rendered += 1;
    }
    assert_eq!(rendered, 10);
}

#[test]
fn what_a_profile_refers_to_and_the_files_do_not_hold_is_left_out_and_said() {
    let output = render(&["-f", "examples/09-everything/profile.yaml", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("left out: ") && said.contains("Service 'smtp' in namespace 'mail' does not exist"),
        "{said}"
    );
    let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(list["kind"], "List");
    assert!(!list.to_string().contains("10.96.0.1/32"));
}

#[test]
fn policies_of_ciliums_own_are_printed_only_where_the_platform_has_cilium() {
    let files = ["-f", "examples/10-cilium/profile.yaml", "-f", "examples/10-cilium/cluster.yaml"];
    let kinds = |args: &[&str]| -> Vec<String> {
        let text = String::from_utf8_lossy(&render(args).stdout).into_owned();
        policies(&text).iter().map(|policy| policy["kind"].as_str().expect("a kind").to_owned()).collect()
    };
    let standard = vec!["NetworkPolicy"; 4];
    assert_eq!(kinds(&files), standard);
    let with = [&files[..], &["--config", "examples/10-cilium/config.yaml"]].concat();
    assert_eq!(kinds(&with), [vec!["CiliumNetworkPolicy"], standard].concat());
}

#[test]
fn a_wrong_profile_renders_nothing() {
    let output = render(&["-f", "demo/invalid.yaml", "-f", "examples/01-single-tier/profile.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("demo/invalid.yaml:"));
    assert_eq!(render(&["-f", "/nonexistent.yaml"]).status.code(), Some(2));
}
