//! The API server's own say on every case: it refuses what the plugin refuses, and takes what the plugin takes.
//!
//! Each file is sent as a user sends it, by `kubectl create`, with `--dry-run=server`: everything but the storing.

#[path = "bad_input/cases.rs"]
mod cases;
mod support;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use appnet::cli::yaml;
use cases::{Case, Server, bad, good};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::PostParams};
use serde_json::json;
use support::{Answer, ControlPlane, eventually};

/// kubectls at the same time.
const AT_ONCE: usize = 4;

/// A control plane that has the namespaces of all cases: a missing one would look like a refusal.
async fn control_plane(cases: &[Case]) -> &'static ControlPlane {
    let of_case = |case: &Case| -> Vec<String> {
        let Ok(text) = yaml::text(&case.bytes) else { return Vec::new() };
        let objects =
            yaml::documents(text).0.into_iter().filter_map(|document| document.root).map(|root| root.to_value());
        objects.filter_map(|object| Some(object["metadata"]["namespace"].as_str()?.to_owned())).collect()
    };
    with_namespaces(cases.iter().flat_map(of_case).collect::<BTreeSet<_>>()).await
}

async fn with_namespaces(names: impl IntoIterator<Item = impl Into<String>>) -> &'static ControlPlane {
    let control_plane = ControlPlane::shared().await;
    let api: Api<Namespace> = Api::all(control_plane.client().await);
    for name in names.into_iter().map(Into::into) {
        let namespace = serde_json::from_value(json!({"metadata": {"name": name}})).expect("a namespace");
        // One that is there, or whose name is itself the mistake, is no failure.
        let _ = api.create(&PostParams::default(), &namespace).await;
    }
    control_plane
}

async fn ask(control_plane: &ControlPlane, case: &Case) -> Answer {
    let file = case.file.to_str().expect("text");
    control_plane.kubectl(&["create", "--dry-run=server", "-f", file]).await
}

#[tokio::test]
async fn the_api_server_refuses_what_the_plugin_refuses() {
    let cases = bad();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let control_plane = control_plane(&cases).await;
    let sentences: BTreeSet<_> = cases::rules().into_iter().map(|(_, sentence)| sentence).collect();
    let wrong: Vec<_> = stream::iter(&cases)
        .map(async |case| {
            let Answer { stderr, code, .. } = ask(control_plane, case).await;
            let refused = code != Some(0);
            let expected = case.server != Server::AcceptsWhatWeRefuse;
            let of_its_namespace = case.expected.iter().any(|expected| expected.path == "metadata.namespace");
            let namespace_missing =
                stderr.contains("namespaces \"") && stderr.contains("not found") && !of_its_namespace;
            if refused != expected || namespace_missing {
                return Some(format!("{}: exit code {code:?}\n{stderr}", case.name()));
            }
            // Where a rule of the schema is what the case breaks, the server says the very sentence.
            let rule = case
                .expected
                .iter()
                .find_map(|expected| sentences.iter().find(|rule| expected.message.starts_with(*rule)))?;
            let stopped_earlier = [
                "Required value",
                "Unsupported value",
                "Too long",
                "Too many",
                "Duplicate value",
                "strict decoding",
                "Invalid value: \"integer\"",
                "Invalid value: \"string\"",
                "should",
            ]
            .iter()
            .any(|earlier| stderr.contains(earlier));
            let said = stderr.contains(rule.as_str()) || stopped_earlier || case.server == Server::IsNotAsked;
            (refused && !said).then(|| format!("{}: not the sentence «{rule}»\n{stderr}", case.name()))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn the_api_server_takes_what_the_plugin_takes_without_a_warning() {
    let cases = good();
    let control_plane = control_plane(&cases).await;
    // kubectl reads all documents of a file or none; the plugin passes over those of other kinds.
    for case in cases.iter().filter(|case| !case.text().contains("# server: is not asked")) {
        let answer = ask(control_plane, case).await;
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{}", case.name());
    }
}

/// What someone copies from `examples/`, into a cluster that knows what it speaks of.
#[tokio::test]
async fn the_api_server_takes_every_example_and_what_it_renders_without_a_warning() {
    let control_plane = with_namespaces(["app", "batch"]).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = async |args: &[&str]| {
        let answer = control_plane.kubectl(args).await;
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{args:?}");
    };
    let cilium = root.join("tests/data/ciliumnetworkpolicies.yaml");
    let taken = control_plane.kubectl(&["create", "-f", cilium.to_str().expect("text")]).await;
    assert_eq!(taken.code, Some(0), "{taken:?}");
    // Not `kubectl wait`: it gives up at once on a definition that has no conditions yet (`accessor error: <nil>`).
    eventually("Cilium's kind is served", Duration::from_secs(60), async || {
        let answer = control_plane.kubectl(&["get", "ciliumnetworkpolicies.cilium.io"]).await;
        if answer.code == Some(0) { Ok(()) } else { Err(answer) }
    })
    .await;
    let mut asked = 0;
    for entry in fs::read_dir(root.join("examples")).expect("there are examples") {
        let folder = entry.expect("a readable entry").path();
        for file in ["profile.yaml", "policies.yaml"].map(|file| folder.join(file)).iter().filter(|_| folder.is_dir()) {
            run(&["create", "--dry-run=server", "-f", file.to_str().expect("text")]).await;
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked} files");
}

/// A megabyte and a half is too much for etcd; the schema's limits are met long before, and say so.
#[tokio::test]
async fn an_object_of_one_and_a_half_megabytes_is_refused() {
    let control_plane = ControlPlane::shared().await;
    let tier = |number: usize| {
        let except: Vec<_> =
            (0..32).map(|last| format!("2001:db8:1111:2222:3333:4444:5555:{:x}/128", 0x6600 + last)).collect();
        let from: Vec<_> = (0..32).map(|_| json!({"cidr": "2001:db8::/32", "except": except})).collect();
        let to: Vec<_> = (0..32)
            .map(|name| json!({"name": format!("to{name}"), "cidr": "2001:db8::/32", "except": except, "ports": [{"port": 443}]}))
            .collect();
        json!({"name": format!("t{number}"), "podSelector": {"matchLabels": {"app": "x"}}, "ports": [{"name": "http", "port": 80}], "from": from, "to": to})
    };
    let tiers: Vec<_> = (0..32).map(tier).collect();
    let profile = json!({"apiVersion": "appnet.dev/v1alpha1", "kind": "AppNetworkProfile", "metadata": {"name": "huge", "namespace": "default"}, "spec": {"tiers": tiers}});
    let text = profile.to_string();
    assert!(text.len() > 1_048_576 * 3 / 2, "{} bytes", text.len());
    // On a busy machine the server can give up before it has read and checked so much: that is no verdict.
    let answer = eventually("the server comes to a verdict", Duration::from_secs(300), async || {
        let answer = control_plane.kubectl_with_input(&["create", "-f", "-"], &text).await;
        if answer.stderr.contains("(Timeout)") { Err(answer) } else { Ok(answer) }
    })
    .await;
    assert_ne!(answer.code, Some(0), "{answer:?}");
    let too_large = ["too large", "larger than max"].iter().any(|words| answer.stderr.contains(words));
    assert!(too_large, "{}", answer.stderr);
}
