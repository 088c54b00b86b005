//! Names resolve over UDP and TCP, through the cluster's DNS and nothing else, wherever that is.

use serde_json::json;

use crate::{
    cluster::{QUIET, eventually},
    place::{Open, Place, Server, Shut},
};

const UDP: &str = "dns:10.96.0.10:53";
const TCP: &str = "dnstcp:10.96.0.10:53";
pub const TIER: &str =
    "tiers: [{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}]}]";

/// The Pods of the app, and one elsewhere that listens where only DNS should.
pub fn pods() -> [Vec<Server>; 2] {
    [vec![Server::new("api", &[8080]), Server::new("untiered", &[7001])], vec![Server::new("rogue", &[53])]]
}

#[test]
fn dns_works_over_udp_and_tcp_for_every_pod_and_port_53_elsewhere_does_not() {
    let _quiet = QUIET.read();
    let (place, other) = (Place::new("dns"), Place::new("other"));
    let [own, others] = pods();
    place.start(&own);
    other.start(&others);
    let rogue = other.tcp("rogue", 53);
    place.expect("without a profile", &[("api", UDP, Open), ("api", TCP, Open), ("api", &rogue, Open)]);
    place.profile(TIER);
    place.expect(
        "with the profile",
        &[
            ("api", UDP, Open),
            ("api", TCP, Open),
            ("untiered", UDP, Open),
            ("untiered", TCP, Open),
            ("api", &rogue, Shut),
        ],
    );
    place.profile(&format!("{TIER}\ndns: {{mode: None}}"));
    place.expect(
        "without DNS in the profile",
        &[("api", UDP, Shut), ("api", TCP, Shut), ("untiered", UDP, Shut), ("untiered", TCP, Shut)],
    );
}

#[test]
fn dns_works_again_after_the_dns_pods_get_other_labels() {
    // Everybody's DNS changes.
    let _quiet = QUIET.write();
    let place = Place::new("relabel");
    place.start(&[Server::new("api", &[8080])]);
    place.profile(TIER);
    place.expect("before", &[("api", UDP, Open), ("api", TCP, Open)]);

    let kube = |args: &[&str]| place.cluster.kubectl(&[&["-n", "kube-system"], args].concat());
    let mut deployment: serde_json::Value =
        serde_json::from_str(&kube(&["get", "deployment", "coredns", "-o", "json"])).expect("JSON");
    let original = deployment["spec"]["template"]["metadata"]["labels"].clone();
    let labels = json!({"app.kubernetes.io/name": "resolver"});
    deployment["metadata"] = json!({"name": "resolver", "namespace": "kube-system"});
    deployment["spec"]["selector"] = json!({"matchLabels": labels});
    deployment["spec"]["template"]["metadata"]["labels"] = labels.clone();
    place.cluster.apply(&deployment.to_string());
    kube(&["rollout", "status", "deployment/resolver", "--timeout=60s"]);
    let select = |selector: &serde_json::Value| {
        kube(&[
            "patch",
            "service",
            "kube-dns",
            "--type=json",
            "-p",
            &json!([
                {"op": "replace", "path": "/spec/selector", "value": selector}
            ])
            .to_string(),
        ]);
    };
    select(&labels);
    kube(&["scale", "deployment", "coredns", "--replicas=0"]);
    let policy = || place.get(&["networkpolicy", "shop-allow-dns"]).to_string();
    eventually("the policy follows", || if policy().contains("resolver") { Ok(()) } else { Err(policy()) });
    place.expect("after", &[("api", UDP, Open), ("api", TCP, Open)]);

    kube(&["scale", "deployment", "coredns", "--replicas=1"]);
    kube(&["rollout", "status", "deployment/coredns", "--timeout=60s"]);
    select(&original);
    eventually("the policy follows back", || if policy().contains("resolver") { Err(policy()) } else { Ok(()) });
    kube(&["delete", "deployment", "resolver"]);
    place.expect("and back", &[("api", UDP, Open), ("api", TCP, Open)]);
}
