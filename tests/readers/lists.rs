//! Lists, standard input, and JSON.

use crate::reading::{files, good, pods, policies, problems};

const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}}"#;
const POLICY: &str = r#"{
        "metadata": {"name": "allow"},
        "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1",
        "spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53}, {"port": 80}]}]}
    }"#;

#[test]
fn a_list_says_what_it_is_before_or_after_its_items() {
    let items = "items:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret}\n";
    let head = "apiVersion: v1\nkind: List\n";
    for text in [format!("{head}{items}"), format!("{items}{head}")] {
        let reading = good(&text);
        assert_eq!((pods(&reading).len(), reading.skipped["Secret"]), (1, 1), "{text}");
    }
    // What is no list may have such a field.
    let reading = good(&format!("{items}apiVersion: example.com/v1\nkind: Menu\n"));
    assert_eq!((pods(&reading).len(), reading.skipped["Menu"]), (0, 1));
}

#[test]
fn entries_of_a_list_of_one_kind_need_not_say_what_they_are() {
    let yaml = "items: [{metadata: {name: a}}, {metadata: {name: b}}]\nkind: PodList\napiVersion: v1\n";
    let json = r#"{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}"#;
    for text in [yaml, json] {
        assert_eq!(pods(&good(text)), ["here/a Pod/a", "here/b Pod/b"]);
    }
}

#[test]
fn lists_may_hold_lists() {
    let inner = format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{POD}, {POLICY}]}}"#);
    let json = format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{inner}]}}"#);
    // A comment makes it YAML.
    for text in [json.clone(), format!("# list\n{json}")] {
        let reading = good(&text);
        assert_eq!((pods(&reading).len(), policies(&reading)), (1, vec!["here/allow".to_owned()]));
        let source = reading.policy("here", "allow").expect("it is there");
        assert_eq!(source.prefix, "items[0].items[1].");
    }
}

#[test]
fn json_and_yaml_of_the_same_objects_are_read_to_the_same_places() {
    let json = format!("{{\"apiVersion\": \"v1\",\n  \"items\": [{POD},\n    {POLICY}], \"kind\": \"List\"}}");
    for text in [json.clone(), format!("\n{json}\n"), format!("# list\n{json}")] {
        let shift = usize::from(!text.starts_with('{'));
        let reading = good(&text);
        let source = reading.policy("here", "allow").expect("it is there");
        let at = |path| (source.locate(path).line - shift, source.locate(path).column);
        assert_eq!(at(""), (3, 5), "{text}");
        assert_eq!(at("metadata.name"), (4, 22), "{text}");
        assert_eq!(at("spec.egress[0].ports[1].port"), (6, 74), "{text}");
    }
}

#[test]
fn what_helm_and_kustomize_print_is_read_document_by_document() {
    let text = format!(
        "---\n# Source: shop/templates/empty.yaml\n---\n# Source: shop/templates/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n  labels:\n---\n{POD}\n---\n{POLICY}\n"
    );
    let reading = good(&text);
    assert_eq!(pods(&reading), ["here/b Pod/b", "shop/a Pod/a"]);
    assert_eq!(reading.policy("here", "allow").map(|source| source.at.line), Some(13));
}

#[test]
fn objects_of_json_may_follow_each_other() {
    for between in ["", "\n", "\n---\n"] {
        let reading = good(&format!("{POD}{between}{POLICY}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: c}}\n"));
        assert_eq!(pods(&reading), ["here/c Pod/c", "shop/a Pod/a"], "{between:?}");
        assert_eq!(policies(&reading), ["here/allow"]);
    }
}

#[test]
fn yaml_between_braces_is_read_and_so_is_json_that_is_no_object_of_kubernetes() {
    assert_eq!(pods(&good("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n")), ["here/a Pod/a"]);
    assert_eq!(good(r#"{"kind": 7, "items": {}}"#).skipped["(no kind)"], 1);
    assert_eq!(good(r#"{"kind": "List", "apiVersion": "v1"}"#).skipped["List"], 1);
    let reading = files(&[("bom.json", "\u{feff}{\"kind\": \"Secret\"}")]);
    assert_eq!((problems(&reading).len(), reading.skipped["Secret"]), (0, 1));
}

#[test]
fn anchors_are_followed_even_into_what_is_not_needed_itself() {
    let reading = good(
        "apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {owner: &owner red}, labels: {team: *owner}}
spec:
  volumes: &v [{name: x}]
  containers: &c
  - {name: app, env: [], ports: &p [{containerPort: 8080}]}
  - {name: other, ports: *p}
",
    );
    let pod = &reading.picture.pods[0];
    assert_eq!((pod.labels["team"].as_str(), pod.ports.len()), ("red", 2));
    let list =
        "apiVersion: v1\nkind: List\nitems: &all\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\nmore: *all\n";
    assert_eq!(pods(&good(list)).len(), 1);
    // What one object does not need, another may.
    let reading = good(
        "apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: &m {name: a, annotations: {kept: 'yes'}}}
- {apiVersion: appnet.dev/v1alpha1, kind: AppNetworkProfile, metadata: *m}
",
    );
    assert_eq!(reading.profiles[0].node.to_value()["metadata"]["annotations"]["kept"], "yes");
}
