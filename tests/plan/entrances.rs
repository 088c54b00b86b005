//! Ways in through an ingress controller, which is none of the Pods that are known.

use appnet::{
    plan::flows::{self, Way},
    reach::{Grain, Picture},
};

use super::applying::gathered;

const APP: &str = "{apiVersion: v1, kind: Pod, metadata: {name: api-0, namespace: shop, labels: {app: api}}, spec: {containers: [{name: main, ports: [{containerPort: 8080}]}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: front, port: {number: 80}}}}}
---
";
const DENY: &str = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}\n";

/// What of the way in through the Ingress is lost and won, and whether someone may still pass.
fn entrance(before: &Picture, after: &Picture) -> Vec<(String, String, bool)> {
    let all = flows::through(&flows::flows(before, after, Grain::Workloads), before, after);
    let through = all.into_iter().filter(|one| matches!(&one.way, Way::Entry(kind, ..) if kind == "Ingress"));
    through.map(|one| (one.lost.in_words(), one.won.in_words(), one.unsure)).collect()
}

#[test]
fn a_way_in_that_is_only_shut_or_only_opened_is_told() {
    let (open, shut) = (gathered(APP).picture, gathered(&(APP.to_owned() + DENY)).picture);
    let port = "TCP 8080";
    let [(lost, won, false)] = &entrance(&open, &shut)[..] else { panic!("the way in is shut") };
    assert!(lost == port && won != port, "{lost}, {won}");
    let [(lost, won, false)] = &entrance(&shut, &open)[..] else { panic!("the way in is opened") };
    assert!(lost != port && won == port, "{lost}, {won}");
    assert!(entrance(&open, &open).is_empty() && entrance(&shut, &shut).is_empty());
}
