//! An operator with the rights, the flags and the configuration of the chart, as its Pod would have them.

use std::path::PathBuf;

use appnet::operator::{Args, Operator};
use clap::{CommandFactory, Parser};
use kube::Client;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    objects::{NAMESPACE, RELEASE, objects, pod, string},
    platform::flags,
    scenario::{PATIENCE, Scenario, prepare},
    step::Step,
    support::{ControlPlane, FaultProxy},
    used::{granted, of_account, roles, used},
};

const ACCOUNT: &str = "system:serviceaccount:appnet-system:appnet";

/// The flags that the Pod's operator has, by its arguments and by its environment; its files are in `folder`.
pub fn pod_flags(objects: &[Value], folder: &std::path::Path) -> Vec<String> {
    let config: PathBuf = folder.join("config.yaml");
    let own = objects.iter().find(|object| object["kind"] == "ConfigMap").expect("the operator's configuration");
    std::fs::write(&config, string(&own["data"]["config.yaml"])).expect("ours");
    let elsewhere = |flag: &String| ["--config", "--listen"].iter().any(|name| flag.starts_with(name));
    let mut all: Vec<_> = flags(objects).into_iter().filter(|flag| !elsewhere(flag)).collect();
    all.extend([format!("--config={}", config.display()), "--listen=127.0.0.1:0".to_owned()]);
    let command = Args::command();
    for variable in pod(objects)["spec"]["containers"][0]["env"].as_array().into_iter().flatten() {
        let name = string(&variable["name"]);
        let flag = command.get_arguments().find(|flag| flag.get_env().is_some_and(|env| env == name));
        let flag = flag.and_then(|flag| flag.get_long()).unwrap_or_else(|| panic!("no flag is set by {name}"));
        let value = match &variable["valueFrom"] {
            Value::Null => string(&variable["value"]),
            from if from["fieldRef"]["fieldPath"] == "metadata.namespace" => NAMESPACE,
            other => panic!("{other}"),
        };
        all.push(format!("--{flag}={value}"));
    }
    all
}

async fn start(proxy: &FaultProxy, flags: Vec<String>, stop: &CancellationToken) -> Operator {
    let mut config = proxy.config();
    config.auth_info.impersonate = Some(ACCOUNT.to_owned());
    let args =
        Args::try_parse_from(["appnet-operator".to_owned()].into_iter().chain(flags)).expect("these flags exist");
    let client = Client::try_from(config).expect("complete");
    Operator::start(client, &args, stop).await.expect("the operator starts")
}

#[tokio::test]
async fn the_rights_of_the_chart_are_exactly_those_that_the_operator_uses() {
    let control_plane = ControlPlane::start().await;
    let client = prepare(&control_plane).await;
    let modes = [("", &["app", "other"][..]), ("watchNamespace: single", &["single"])];
    for (values, managed) in modes {
        let mut scenarios = Vec::new();
        for namespace in managed {
            scenarios.push(Scenario::new(&client, namespace, RELEASE).await);
        }
        let objects = objects(values);
        let ours = of_account(&objects);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": ours}).to_string();
        let answer = control_plane.kubectl_with_input(&["apply", "-f", "-"], &list).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        let proxy = FaultProxy::start(&control_plane).await;
        let stop = CancellationToken::new();
        let operator = start(&proxy, pod_flags(&objects, control_plane.folder()), &stop).await;
        for scenario in &scenarios {
            for step in Step::ALL {
                scenario.go(step).await;
            }
        }
        stop.cancel();
        tokio::time::timeout(PATIENCE, operator.stopped()).await.expect("it stops in time");
        // All at once: what is missing and what is too much.
        let (granted, used) = (granted(&roles(&ours)), used(&proxy.requests()));
        let unused: Vec<_> = granted.difference(&used).collect();
        let missing: Vec<_> = used.difference(&granted).collect();
        assert!(unused.is_empty() && missing.is_empty(), "'{values}': unused {unused:#?}, missing {missing:#?}");
        // The next operator has the rights of its own roles only, and makes the Lease anew.
        let answer = control_plane.kubectl_with_input(&["delete", "-f", "-"], &list).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        let answer = control_plane.kubectl(&["delete", "lease", RELEASE, "--namespace", NAMESPACE]).await;
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    }
}
