//! Policies of other APIs decide about connections too. Nothing here evaluates them, and every verb names them.

use serde_json::{Value, json};

use crate::plugin::{folder, run};

const APP: &str = "
apiVersion: v1
kind: Pod
metadata: {name: till, namespace: shop, labels: {app: till}}
spec: {containers: [{name: main}]}
---
apiVersion: v1
kind: Pod
metadata: {name: ledger, namespace: shop, labels: {app: ledger}}
spec: {containers: [{name: main, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger, namespace: shop}
spec:
  podSelector: {matchLabels: {app: ledger}}
  ingress: [{from: [{podSelector: {matchLabels: {app: till}}}], ports: [{port: 5432}]}]
";

/// Each of them, and how it is named. All but the last say that nobody may call anybody.
const OTHERS: [(&str, &str); 8] = [
    (
        "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: first}, spec: {priority: 7, \
         subject: {namespaces: {}}, ingress: [{name: none, action: Deny, from: [{namespaces: {}}]}]}}",
        "AdminNetworkPolicy first",
    ),
    (
        "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {\
         subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}",
        "BaselineAdminNetworkPolicy default",
    ),
    (
        "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: all}, spec: {tier: Admin, \
         priority: 3, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}",
        "ClusterNetworkPolicy all",
    ),
    (
        "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: own, namespace: shop}, spec: {endpointSelector: {}, \
         ingress: [{}]}}",
        "CiliumNetworkPolicy shop/own",
    ),
    (
        "{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: wide}, spec: {endpointSelector: {}, \
         ingressDeny: [{fromEntities: [all]}]}}",
        "CiliumClusterwideNetworkPolicy wide",
    ),
    (
        "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: till, namespace: shop}, spec: {selector: all(), \
         types: [Ingress]}}",
        "NetworkPolicy.projectcalico.org shop/till",
    ),
    (
        "{apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkPolicy, metadata: {name: globe}, spec: {selector: all(), types: \
         [Ingress, Egress]}}",
        "GlobalNetworkPolicy globe",
    ),
    (
        "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: mesh, namespace: shop}, spec: {}}",
        "AuthorizationPolicy shop/mesh",
    ),
];

/// The app with these beside it; how they are named, sorted.
fn files(name: &str) -> (String, String, Vec<&'static str>) {
    let others = OTHERS.map(|(object, _)| object).join("\n---\n");
    let folder = folder(name, &[("app.yaml", APP), ("others.yaml", &others)]);
    let path = |file: &str| folder.join(file).display().to_string();
    let mut names = OTHERS.map(|(_, name)| name);
    names.sort_unstable();
    (path("app.yaml"), path("others.yaml"), names.to_vec())
}

fn lines(names: &[&str]) -> String {
    names.iter().flat_map(|name| ["not evaluated: ", name, "\n"]).collect()
}

// Pitfall 53.
#[test]
fn the_map_names_them_on_standard_error_and_in_its_document_and_shows_what_it_knows() {
    let (app, others, names) = files("other_apis_map");
    let (code, out, err) = run(&["map", "-f", &app, &others]);
    assert_eq!((code, err), (0, lines(&names)));
    let (code, alone, err) = run(&["map", "-f", &app]);
    assert_eq!((code, err.as_str(), &out), (0, "", &alone));
    assert!(out.contains("shop/till[Pod] => shop/ledger[Pod] : TCP 5432\n"), "{out}");

    let (_, out, _) = run(&["map", "-f", &app, &others, "-o", "json"]);
    let map: Value = serde_json::from_str(&out).expect("JSON");
    let row = |name: &&str| {
        let (kind, which) = name.split_once(' ').expect("a kind and a name");
        let (namespace, name) = which.split_once('/').unwrap_or(("", which));
        json!({"kind": kind, "namespace": namespace, "name": name})
    };
    assert_eq!(map["notEvaluated"], json!(names.iter().map(row).collect::<Vec<_>>()));
    assert_eq!(map["partial"], false);
}

// Pitfall 53.
#[test]
fn an_explanation_names_them_in_its_notes() {
    let (app, others, names) = files("other_apis_explain");
    let words = ["explain", "--from", "shop/till", "--to", "shop/ledger", "--port", "5432", "-f", &app];
    let note = format!("not evaluated, and may decide otherwise: {}", names.join(", "));
    let (code, out, err) = run(&[&words[..], &[&others]].concat());
    assert_eq!((code, err), (0, lines(&names)));
    assert!(out.starts_with("ALLOWED ") && out.contains(&format!("\n  {note}\n")), "{out}");
    let (_, out, _) = run(&[&words[..], &[&others, "-o", "json"]].concat());
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert!(answer["notes"].as_array().expect("notes").contains(&json!(note)), "{out}");
    let (_, out, _) = run(&words);
    assert!(!out.contains("not evaluated"), "{out}");
}

#[test]
fn of_very_many_an_explanation_names_the_first() {
    let (app, _, _) = files("other_apis_many");
    let many = (0..30).map(|number| {
        format!("---\n{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {{name: own-{number:02}, namespace: shop}}}}\n")
    });
    let folder = folder("other_apis_many_more", &[("many.yaml", &many.collect::<String>())]);
    let many = folder.join("many.yaml").display().to_string();
    let (_, out, _) =
        run(&["explain", "--from", "shop/till", "--to", "shop/ledger", "--port", "5432", "-f", &app, &many]);
    let named: Vec<_> = (0..10).map(|number| format!("CiliumNetworkPolicy shop/own-{number:02}")).collect();
    let note = format!("\n  not evaluated, and may decide otherwise: {} and 20 more\n", named.join(", "));
    assert!(out.contains(&note), "{out}");
}

// Pitfall 53.
#[test]
fn a_plan_names_those_of_the_state_before_and_those_that_it_would_apply() {
    let (app, others, names) = files("other_apis_plan");
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {\
                  podSelector: {matchLabels: {app: till}}, policyTypes: [Ingress]}}";
    let folder = folder("other_apis_plan_closed", &[("closed.yaml", closed)]);
    let closed = folder.join("closed.yaml").display().to_string();
    let before = run(&["plan", "-f", &closed, "--against", &app, &others]);
    let alone = run(&["plan", "-f", &closed, "--against", &app]);
    assert_eq!((before.0, &before.1, before.2), (1, &alone.1, lines(&names)));
    assert!(alone.1.contains("now isolated on the way in by shop/closed") && alone.2.is_empty(), "{alone:?}");
    let applied = run(&["plan", "-f", &closed, &others, "--against", &app]);
    assert_eq!((applied.0, applied.2), (1, lines(&names)));
    // What they would cut nobody can tell: the flows are those of the policy alone.
    let flows = |text: &str| text.split_once("\nflows: ").map(|(_, flows)| flows.to_owned());
    assert_eq!(flows(&applied.1), flows(&alone.1));
}
