//! Dumps of whole clusters.

use std::{fmt::Write, path::PathBuf};

use appnet::cli::{Input, read::Reader};

use crate::reading::{files, problems};

const MIB: usize = 1024 * 1024;

/// A list of at least so many bytes: Pods of many namespaces and, at its end, a policy with a mistake.
fn dump(bytes: usize, begin: &str, between: &str, end: &str, pod: impl Fn(usize) -> String) -> (String, usize) {
    let mut text = begin.to_owned();
    let mut pods = 0;
    while text.len() < bytes {
        write!(text, "{}{between}", pod(pods)).expect("memory");
        pods += 1;
    }
    (text + end, pods)
}

fn json() -> (String, usize) {
    let padding = "x".repeat(4000);
    let pod = |i| {
        format!(
            r#"    {{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "p-{i}", "namespace": "n-{}", "annotations": {{"a": "{padding}"}}}}, "status": {{"phase": "Running"}}}}"#,
            i % 70
        )
    };
    let end = r#"    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "last"},
     "spec": {"policyTypes": ["Sideways"]}}], "kind": "List"}"#;
    dump(50 * MIB, "{\"apiVersion\": \"v1\", \"items\": [\n", ",\n", end, pod)
}

#[test]
fn a_dump_of_fifty_megabytes_in_one_document_of_json_is_read() {
    let (text, pods) = json();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dump.json");
    std::fs::write(&path, &text).expect("a file");
    let mut reader = Reader::new("here");
    reader.add(&Input::File(path.clone())).expect("it is not too large");
    std::fs::remove_file(path).expect("it was there");
    let reading = reader.finish();
    assert_eq!(reading.picture.pods.len(), pods);
    let found = problems(&reading);
    assert!(
        found[0].contains(&format!(":{}:31: items[{pods}].spec.policyTypes[0]: must be 'Ingress'", pods + 3)),
        "{found:?}"
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn a_list_in_yaml_that_is_far_above_what_the_api_server_takes_is_read() {
    let padding = "y".repeat(2000);
    let pod = |i| {
        format!(
            "- apiVersion: v1\n  kind: Pod\n  metadata:\n    annotations:\n      a: {padding}\n    name: p-{i}\n  spec:\n    containers:\n    - {{name: c, env: [{{name: A, value: b}}]}}\n"
        )
    };
    let (text, pods) = dump(7 * MIB, "apiVersion: v1\nitems:\n", "", "kind: List\nmetadata: {}\n", pod);
    let reading = files(&[("dump.yaml", &text)]);
    assert_eq!((reading.picture.pods.len(), problems(&reading)), (pods, vec![]));
}
