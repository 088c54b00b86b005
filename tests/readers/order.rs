//! The order of objects, and how they are written, make no difference.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::reading::files;

fn objects() -> Vec<Value> {
    let owner = |kind: &str, name: &str| json!([{"kind": kind, "name": name, "controller": true}]);
    let template = json!({"metadata": {"labels": {"app": "t"}}, "spec": {"containers": [{"name": "c", "env": [{"name": "X"}], "ports": [{"containerPort": 81}]}], "volumes": []}});
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "red"}}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "- b: [\n"}}),
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tidy", "annotations": {"a": "b"}}, "spec": {"jobTemplate": {"spec": {"template": template}}}}),
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "tidy-1", "ownerReferences": owner("CronJob", "tidy")}, "spec": {"template": template}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tidy-1-x", "ownerReferences": owner("Job", "tidy-1")}, "status": {"phase": "Running", "podIP": "10.0.0.9", "hostIP": "192.0.2.1"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "done"}, "status": {"phase": "Failed"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": template}, "status": {"conditions": [{"type": "Available", "status": "True"}]}}),
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"template": template}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}, "spec": {"selector": {"app": "t"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "in"}, "spec": {"defaultBackend": {"service": {"name": "api", "port": {"number": 80}}}}}),
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "env", "labels": {"env": "data"}}, "spec": {"podSelector": {"matchLabels": {"env": "volumes"}}, "ingress": [{"from": [{"namespaceSelector": {}}]}]}}),
    ];
    objects.push(objects[8].clone());
    objects
}

/// All that was read, but for places.
fn picture(text: &str) -> String {
    let reading = files(&[("f", text)]);
    assert_eq!(reading.problems, [], "{text}");
    format!("{:#?} {:?} {}", reading.picture, reading.skipped, reading.finished_pods)
}

fn documents(objects: &[Value]) -> String {
    let yaml = |object| serde_saphyr::to_string(object).expect("it can be written");
    objects.iter().map(yaml).fold(String::new(), |text, yaml| text + "---\n" + &yaml)
}

fn list(objects: &[Value]) -> Value {
    json!({"apiVersion": "v1", "items": objects, "kind": "List"})
}

#[test]
fn the_same_objects_are_read_the_same_from_yaml_json_and_lists() {
    let objects = objects();
    let expected = picture(&documents(&objects));
    assert!(
        expected.contains("tidy-1-x") && expected.contains("CronJob") && expected.contains("volumes"),
        "{expected}"
    );
    let list = list(&objects);
    assert_eq!(picture(&list.to_string()), expected);
    assert_eq!(picture(&serde_json::to_string_pretty(&list).expect("JSON")), expected);
    assert_eq!(picture(&serde_saphyr::to_string(&list).expect("YAML")), expected);
    // With a name somewhere, nothing is left out while reading.
    assert_eq!(picture(&format!("more: &x 1\n{}", serde_saphyr::to_string(&list).expect("YAML"))), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_order_of_objects_does_not_matter(shuffled in Just(objects()).prop_shuffle()) {
        let expected = picture(&documents(&objects()));
        prop_assert_eq!(picture(&documents(&shuffled)), expected.clone());
        let list = list(&shuffled);
        prop_assert_eq!(picture(&list.to_string()), expected.clone());
        prop_assert_eq!(picture(&serde_saphyr::to_string(&list).expect("YAML")), expected);
    }
}
