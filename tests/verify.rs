//! What `kubectl appnet verify` would try, and what it makes of an outcome.

use std::collections::BTreeSet;

use appnet::{
    cli::read::Reader,
    reach::{Picture, Reach},
    verify::{Became, Edge, Expected, Extent, Verdict, edges, judge, sources, unproven},
};

/// Two web Pods that are alike, an api with two TCP ports and one over UDP, a db, one on the host network, and the cluster's DNS.
const STATE: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}, status: {phase: Running, podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: a, ports: [{containerPort: 8080}, {containerPort: 9090}, {containerPort: 5353, protocol: UDP}]}]}, status: {phase: Running, podIP: 10.0.0.3}}
- {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: a, ports: [{containerPort: 5432}]}]}, status: {phase: Running, podIP: 'fd00::4'}}
- {apiVersion: v1, kind: Pod, metadata: {name: node-1, namespace: shop, labels: {app: agent}}, spec: {hostNetwork: true, containers: [{name: a, ports: [{containerPort: 9100}]}]}, status: {phase: Running, podIP: 192.0.2.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: waiting, namespace: shop, labels: {app: later}}, spec: {containers: [{name: a, ports: [{containerPort: 1}]}]}, status: {phase: Pending}}
- {apiVersion: v1, kind: Pod, metadata: {name: dns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: a, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}, status: {phase: Running, podIP: 10.0.0.9}}
- {apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system}, spec: {selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: api, namespace: shop}
  spec:
    podSelector: {matchLabels: {app: api}}
    ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: db, namespace: shop}
  spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}
";

fn picture() -> Picture {
    let mut reader = Reader::new("default");
    reader.add_bytes("state.yaml", STATE.as_bytes());
    let reading = reader.finish();
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    reading.picture
}

fn planned(denied: Option<usize>) -> Vec<(String, Vec<Edge>)> {
    let picture = picture();
    let reach = Reach::new(&picture);
    let extent = Extent { namespaces: BTreeSet::from(["shop".to_owned()]), denied };
    let all = sources(&picture, &reach, &extent);
    all.into_iter().map(|source| (source.name.clone(), edges(&picture, &reach, &source, &extent))).collect()
}

/// Each connection as `target expected`.
fn lines(edges: &[Edge]) -> Vec<String> {
    let word = |edge: &Edge| if edge.expected == Expected::Allowed { "allowed" } else { "denied" };
    edges.iter().map(|edge| format!("{} {}", edge.target, word(edge))).collect()
}

#[test]
fn every_port_of_every_other_pod_is_called_and_dns_and_neither_itself_nor_what_has_no_address() {
    let planned = planned(None);
    let names: Vec<_> = planned.iter().map(|(name, _)| name.as_str()).collect();
    // Neither the one on the host network nor the one that does not run yet.
    assert_eq!(names, ["shop/api-1", "shop/db-1", "shop/web-1"]);
    assert_eq!(
        lines(&planned[0].1),
        ["tcp:[fd00::4]:5432 denied", "dns:10.0.0.9:53 allowed", "dnstcp:10.0.0.9:53 allowed"]
    );
    assert_eq!(
        lines(&planned[1].1),
        ["tcp:10.0.0.3:8080 denied", "tcp:10.0.0.3:9090 denied", "dns:10.0.0.9:53 denied", "dnstcp:10.0.0.9:53 denied"]
    );
    assert_eq!(
        lines(&planned[2].1),
        [
            "tcp:10.0.0.3:8080 allowed",
            "tcp:10.0.0.3:9090 denied",
            "tcp:[fd00::4]:5432 denied",
            "dns:10.0.0.9:53 allowed",
            "dnstcp:10.0.0.9:53 allowed",
        ]
    );
}

#[test]
fn of_the_denied_calls_as_many_are_tried_as_are_asked_for_and_all_that_are_allowed() {
    for (denied, wanted) in [(0, 0), (1, 1), (2, 2), (9, 2)] {
        let (_, edges) = planned(Some(denied)).swap_remove(2);
        let count = |expected| edges.iter().filter(|edge| edge.expected == expected).count();
        assert_eq!((count(Expected::Denied), count(Expected::Allowed)), (wanted, 3), "{denied}");
    }
}

#[test]
fn an_outcome_says_what_it_can_and_no_more() {
    let (_, edges) = planned(None).swap_remove(2);
    let verdict = |expected, became| {
        let edge = edges.iter().find(|edge| edge.expected == expected).expect("one").clone();
        judge(edge, became).verdict
    };
    let all = [Became::Open, Became::Refused, Became::Silent];
    let allowed = [Verdict::Agrees, Verdict::Inconclusive, Verdict::Differs];
    let denied = [Verdict::Differs, Verdict::Inconclusive, Verdict::Agrees];
    assert_eq!(all.map(|became| verdict(Expected::Allowed, became)), allowed);
    assert_eq!(all.map(|became| verdict(Expected::Denied, became)), denied);
}

#[test]
fn that_all_is_allowed_and_connects_proves_no_denial() {
    let edge = |expected| Edge {
        from: "shop/web".into(),
        to: "shop/api".into(),
        port: "TCP 8080".into(),
        expected,
        target: "tcp:10.0.0.3:8080".into(),
    };
    let (open, silent, refused) = (
        judge(edge(Expected::Allowed), Became::Open),
        judge(edge(Expected::Denied), Became::Silent),
        judge(edge(Expected::Denied), Became::Refused),
    );
    let said = |all: &[&appnet::verify::Checked]| unproven(&all.iter().map(|one| (*one).clone()).collect::<Vec<_>>());
    assert!(said(&[&open]).is_some_and(|why| why.starts_with("nothing of what was tried should be denied")));
    assert!(said(&[&open, &refused]).is_some_and(|why| why.starts_with("every denied call was refused")));
    assert_eq!(said(&[&open, &refused, &silent]), None);
    // What differs, or was not tried, is told in its own words.
    let differs = judge(edge(Expected::Allowed), Became::Silent);
    let not_tried = appnet::verify::Checked { verdict: Verdict::NotTried, became: None, ..open.clone() };
    assert_eq!([said(&[&open, &differs]), said(&[&refused, &differs]), said(&[&open, &not_tried])], [None; 3]);
}
