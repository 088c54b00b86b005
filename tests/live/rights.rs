//! Someone who may see which namespaces there are, and what is in one of them only.

use std::fs;

use serde_json::Value;

use super::{APP, apply, appnet, as_someone, new_folder, support::ControlPlane, until_someone_may_list};

const RIGHTS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: names-of-namespaces}
rules: [{apiGroups: [''], resources: [namespaces], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: names-of-namespaces}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: names-of-namespaces}
subjects: [{kind: User, name: someone, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: shop, namespace: live-shop}
rules: [{apiGroups: ['*'], resources: ['*'], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: shop, namespace: live-shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: shop}
subjects: [{kind: User, name: someone, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: live-shop, labels: {app: client}}
spec: {containers: [{name: main, image: none}]}
";

const CHANGE: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: live-shop}
spec: {podSelector: {matchLabels: {app: client}}, policyTypes: [Ingress]}
";

#[tokio::test]
async fn pods_of_one_namespace_only_make_every_answer_a_partial_one() {
    let control_plane = ControlPlane::start().await;
    apply(&control_plane, &format!("{APP}---{RIGHTS}")).await;
    until_someone_may_list(&control_plane, "namespaces").await;
    until_someone_may_list(&control_plane, "pods").await;
    let folder = new_folder("live-one-namespace");
    let kubeconfig = folder.join("kubeconfig");
    let whole = fs::read_to_string(control_plane.kubeconfig()).expect("a kubeconfig");
    fs::write(&kubeconfig, as_someone(&whole)).expect("a writable folder");
    let change = folder.join("change.yaml");
    fs::write(&change, CHANGE).expect("a writable folder");
    let change = change.to_str().expect("a path");

    let explain = ["explain", "--from", "live-shop/client", "--to", "live-shop/deploy/api", "--port", "8080"];
    let verbs: [(&[&str], bool, &str); 4] = [
        (&["map"], true, "live-shop/api[Deployment]"),
        (&explain, true, "DENIED"),
        (&["plan", "-f", change], true, "live-shop/client[Pod]"),
        (&["lint"], false, ""),
    ];
    for (verb, says_so, words) in verbs {
        let text = appnet(&kubeconfig, verb);
        assert_eq!(text.code, Some(2), "{verb:?}: {text:?}");
        for kind in ["Pod", "NetworkPolicy", "Deployment"] {
            let line = format!("not seen: {kind} in namespace 'live-jobs': ");
            assert!(text.stderr.contains(&line), "{verb:?} {kind}: {}", text.stderr);
        }
        for seen in ["not seen: Namespace", "in namespace 'live-shop'"] {
            assert!(!text.stderr.contains(seen), "{verb:?}: {}", text.stderr);
        }
        assert_eq!(text.stdout.starts_with("PARTIAL: something could not be read; "), says_so, "{}", text.stdout);
        assert!(text.stdout.contains(words), "{verb:?}: {}", text.stdout);
        let json = appnet(&kubeconfig, &[verb, &["-o", "json"]].concat());
        let document: Value = serde_json::from_str(&json.stdout).unwrap_or_else(|_| panic!("{json:?}"));
        assert_eq!((json.code, &document["partial"]), (Some(2), &Value::Bool(true)), "{verb:?}: {}", json.stdout);
        // Who may see everything gets no such word.
        let all = appnet(&control_plane.kubeconfig(), &[verb, &["-o", "json"]].concat());
        let document: Value = serde_json::from_str(&all.stdout).unwrap_or_else(|_| panic!("{all:?}"));
        assert_eq!((&document["partial"], all.stderr.contains("not seen")), (&Value::Bool(false), false), "{all:?}");
    }
    fs::remove_dir_all(folder).expect("it was there");
}
