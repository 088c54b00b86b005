//! Spoils generated policies, one edit at a time. Every edit has to be found, or the comparison would be worth nothing.

mod edits;

use std::collections::BTreeMap;

use appnet::{
    api::{AppNetworkProfileSpec, Isolation, Protocol},
    reach::Policy,
};
use edits::EDITS;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::{
    case::{Case, Pod, Profile, labels},
    chance::Chance,
    compared, large, meaning,
    rendered::{self, Written},
};

/// Nothing in it is said twice, so that nothing can be taken away unseen. Where the namespace is isolated, DNS is, for tiers.
const PROFILE: &str = "
ingressController: {from: [{namespace: edge, allPods: true}]}
monitoring: {from: [{namespace: watch, podSelector: {matchLabels: {app: z}}}]}
tiers:
  - name: front
    podSelector: {matchLabels: {app: a}}
    ports: [{name: web, port: 8080}, {name: more, port: 9000, endPort: 9090}]
    exposed: {ports: [web]}
    metrics: {ports: [more]}
    from:
      - {cidr: 203.0.113.0/24, except: [203.0.113.0/25, 203.0.113.255/32]}
      - {pods: {namespace: jobs, podSelector: {matchLabels: {app: c}}}, ports: [web]}
      - {pods: {namespaceSelector: {matchLabels: {team: two}}, podSelector: {matchLabels: {app: c}}}, ports: [more]}
    to:
      - {name: pay, service: {namespace: jobs, name: pay}, ports: [{port: http}, {port: admin}]}
      - {name: out, cidr: 198.51.100.7/32, ports: [{port: 443}]}
      - {name: v6, cidr: '2001:db8::/32', except: ['2001:db8:1::/48'], ports: [{port: 443}, {port: 443, protocol: UDP}]}
  - name: back
    podSelector: {matchLabels: {app: b}}
    ports: [{name: api, port: admin}]
    from:
      - {tier: front}
      - {tier: back}
    to:
      - {name: front, pods: {podSelector: {matchLabels: {app: z}}}, ports: [{port: 80}]}
";

/// Pods with the labels that the profile names, in the namespaces that it names and in others.
fn case(isolation: Isolation) -> Case {
    let spec: AppNetworkProfileSpec = serde_saphyr::from_str(PROFILE.trim_start()).expect("a profile");
    let spec = AppNetworkProfileSpec { isolation, ..spec };
    let pod = |namespace, app| Pod {
        namespace,
        labels: labels(&[("app", app)]),
        ports: vec![("admin", Protocol::Tcp, 443), ("web", Protocol::Tcp, 81)],
    };
    let mut case = large::cluster(&mut Chance::new(0));
    case.node_local_dns = false;
    case.profiles = vec![Profile { namespace: "shop", name: "app", spec }];
    case.pods.retain(|pod| pod.labels.contains_key("k8s-app"));
    for namespace in ["shop", "jobs", "watch", "edge", "logs"] {
        case.pods.extend(["a", "b", "c", "z"].map(|app| pod(namespace, app)));
    }
    case.pods.push(pod("kube-system", "z"));
    // They only call themselves DNS.
    let dns = |namespace| Pod { labels: labels(&[("k8s-app", "kube-dns")]), ..pod(namespace, "") };
    case.pods.extend([dns("shop"), dns("jobs")]);
    case
}

/// A case, and which of its policies are edited.
type Edited = (Case, fn(&Written) -> bool);

fn edited() -> [Edited; 2] {
    let is_of_a_tier = |policy: &Written| policy.spec.pod_selector != Some(LabelSelector::default());
    [
        (case(Isolation::Tiers), is_of_a_tier),
        (case(Isolation::Namespace), |policy| policy.spec.pod_selector == Some(LabelSelector::default())),
    ]
}

#[test]
fn every_edit_of_a_generated_policy_is_found() {
    let (mut found, mut missed) = (BTreeMap::new(), Vec::new());
    for (case, is_edited) in edited() {
        let ends = case.ends();
        let declared = meaning::declared(&case, &ends);
        let policies = rendered::policies(&case);
        assert_eq!(compared::difference(&case, &ends, &declared, &policies), None);
        for place in (0..policies.len()).filter(|place| is_edited(&policies[*place])) {
            for (name, _, edit) in EDITS {
                for spec in edit(&policies[place].spec) {
                    let mut edited = policies.clone();
                    edited[place] = Written { spec, ..edited[place].clone() };
                    let Written { namespace, name: policy, spec } = &edited[place];
                    Policy::read(namespace, policy, spec).expect("an edit keeps to the words of the API");
                    match compared::difference(&case, &ends, &declared, &edited) {
                        Some(_) => *found.entry(*name).or_insert(0) += 1,
                        None => missed.push(format!("{name}: {policy} {}", serde_json::json!(spec))),
                    }
                }
            }
        }
    }
    println!("edits that were found: {found:?}");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    for (name, least, _) in EDITS {
        let count = found.get(name).copied().unwrap_or_default();
        assert!(count >= *least, "'{name}' was tried {count} times only");
    }
}

#[test]
fn a_policy_that_is_missing_is_found() {
    for (case, number) in [(case(Isolation::Tiers), 2), (case(Isolation::Namespace), 4)] {
        let ends = case.ends();
        let declared = meaning::declared(&case, &ends);
        let policies = rendered::policies(&case);
        assert_eq!(policies.len(), number);
        for place in 0..policies.len() {
            let mut fewer = policies.clone();
            let gone = fewer.remove(place);
            assert!(compared::difference(&case, &ends, &declared, &fewer).is_some(), "{}", gone.name);
        }
    }
}
