//! A network that enforces no policies, as its own objects tell.

use k8s_openapi::api::{
    apps::v1::DaemonSet,
    core::v1::{ConfigMap, Pod},
};
use kube::{Api, Client, api::PostParams};
use serde_json::json;

use crate::{create::create, scenario::PATIENCE, support::eventually};

const PLACE: &str = "kube-system";

/// Cilium is told not to enforce, the AWS VPC CNI is not told to, and kindnet is too old to.
pub async fn install(client: &Client) {
    let settings = json!({"metadata": {"name": "cilium-config"}, "data": {"enable-policy": "never"}});
    create::<ConfigMap>(client, PLACE, settings).await;
    for (key, name, image) in [
        ("k8s-app", "cilium", None),
        ("k8s-app", "aws-node", Some("example.com/amazon-k8s-cni:v1.20.4")),
        ("app", "kindnet", Some("example.com/kindnetd:v20230511-dc714da8")),
    ] {
        let spec = |image: &str| json!({"containers": [{"name": "main", "image": image}], "automountServiceAccountToken": false, "hostNetwork": true});
        let pod = json!({"metadata": {"name": name, "labels": {key: name}}, "spec": spec("example.com/none")});
        let pod: Pod = serde_json::from_value(pod).expect("a Pod");
        let pods: Api<Pod> = Api::namespaced(client.clone(), PLACE);
        // The controller manager makes the namespace's account, which a Pod cannot be without.
        eventually("the Pod is taken", PATIENCE, async || pods.create(&PostParams::default(), &pod).await.map(drop))
            .await;
        let Some(image) = image else { continue };
        // Without a node it runs no Pods, and those above are not its own.
        let labels = json!({"of": name});
        let template = json!({"metadata": {"labels": labels}, "spec": spec(image)});
        let spec = json!({"selector": {"matchLabels": labels}, "template": template});
        create::<DaemonSet>(client, PLACE, json!({"metadata": {"name": name}, "spec": spec})).await;
    }
}
