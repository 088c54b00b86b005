//! The Pods comply with the Pod Security Standard `restricted`.

use serde_json::{Value, json};

use crate::{
    objects::{RELEASE, find, objects, pod},
    support::{Answer, ControlPlane},
};

/// A try, in a namespace that takes nothing else and warns too.
async fn try_in_restricted(control_plane: &ControlPlane, object: &Value) -> Answer {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "restricted", "labels": {
        "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}}});
    let made = control_plane.kubectl_with_input(&["apply", "-f", "-"], &namespace.to_string()).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let mut object = object.clone();
    object["metadata"]["namespace"] = json!("restricted");
    control_plane.kubectl_with_input(&["create", "--dry-run=server", "-f", "-"], &object.to_string()).await
}

#[tokio::test]
async fn every_pod_complies_with_the_restricted_standard() {
    let control_plane = ControlPlane::shared().await;
    let objects = objects("highAvailability: true");
    let mut operator = pod(&objects).clone();
    operator["apiVersion"] = json!("v1");
    operator["kind"] = json!("Pod");
    operator["metadata"]["name"] = json!("operator");
    let deployment = find(&objects, "Deployment", RELEASE);
    for object in [&operator, deployment, find(&objects, "Pod", "appnet-test")] {
        let answer = try_in_restricted(control_plane, object).await;
        assert!(answer.code == Some(0) && answer.stderr.is_empty(), "{}: {}", object["kind"], answer.stderr);
    }
    // The namespace does refuse others.
    let mut lax = operator;
    lax["spec"]["containers"][0]["securityContext"]["capabilities"] = Value::Null;
    let answer = try_in_restricted(control_plane, &lax).await;
    assert!(answer.code == Some(1) && answer.stderr.contains("unrestricted capabilities"), "{}", answer.stderr);
}

#[test]
fn only_the_operator_has_a_token_and_no_file_can_be_written() {
    let objects = objects("");
    assert_eq!(find(&objects, "ServiceAccount", RELEASE)["automountServiceAccountToken"], false);
    let operator = &pod(&objects)["spec"];
    assert_eq!(operator["automountServiceAccountToken"], true);
    let test = &find(&objects, "Pod", "appnet-test")["spec"];
    assert_eq!(test["automountServiceAccountToken"], false);
    for spec in [operator, test] {
        let container = &spec["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        // The image says which user; a number here would be refused where each namespace has users of its own.
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        assert!(spec["securityContext"]["runAsUser"].is_null());
        assert!(
            container["resources"]["limits"]["cpu"].is_null() && container["resources"]["limits"]["memory"] == "256Mi"
        );
    }
}
