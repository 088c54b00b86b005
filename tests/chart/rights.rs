//! The rights that the chart gives, one by one. More than these is a finding for whoever reviews the chart.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::objects::{name, objects, strings};

/// One verb on one resource: `networking.k8s.io/networkpolicies list`. A name in brackets restricts it.
pub type Right = String;

const READ_ANYWHERE: &[(&str, &str)] = &[
    ("/namespaces", "list watch"),
    ("/pods", "list watch"),
    ("/services", "list watch"),
    ("discovery.k8s.io/endpointslices", "list watch"),
];
const CONTROLLERS: &[(&str, &str)] = &[
    ("networking.k8s.io/ingresses", "list watch"),
    ("networking.k8s.io/ingressclasses", "list watch"),
    ("gateway.networking.k8s.io/gateways", "list watch"),
    ("gateway.networking.k8s.io/httproutes", "list watch"),
    ("gateway.networking.k8s.io/grpcroutes", "list watch"),
];
const SCRAPERS: &[(&str, &str)] = &[
    ("monitoring.coreos.com/podmonitors", "list watch"),
    ("monitoring.coreos.com/servicemonitors", "list watch"),
    ("monitoring.coreos.com/prometheuses", "list watch"),
];
const NETWORK: &[(&str, &str)] =
    &[("/configmaps[amazon-vpc-cni,cilium-config]", "get"), ("apps/daemonsets[aws-node,kindnet]", "get")];
const MANAGE: &[(&str, &str)] = &[
    ("appnet.dev/appnetworkprofiles", "get list watch"),
    ("appnet.dev/appnetworkprofiles/status", "update"),
    ("networking.k8s.io/networkpolicies", "list watch create update delete"),
    ("events.k8s.io/events", "create patch"),
];
const CILIUM: &[(&str, &str)] = &[("cilium.io/ciliumnetworkpolicies", "list watch create update delete")];
const LEASES: &[(&str, &str)] =
    &[("coordination.k8s.io/leases[appnet]", "get update"), ("coordination.k8s.io/leases", "create")];
const VIEW: &[(&str, &str)] =
    &[("appnet.dev/appnetworkprofiles", "get list watch"), ("appnet.dev/appnetworkprofiles/status", "get list watch")];
const EDIT: &[(&str, &str)] = &[("appnet.dev/appnetworkprofiles", "create update patch delete deletecollection")];

fn one_by_one(tables: &[&[(&str, &str)]]) -> BTreeSet<Right> {
    let rows = tables.iter().flat_map(|table| table.iter());
    rows.flat_map(|(resource, verbs)| verbs.split(' ').map(move |verb| format!("{resource} {verb}"))).collect()
}

/// What the rules of a role allow.
pub fn rights(role: &Value) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        let fields: BTreeSet<_> = rule.as_object().expect("a rule").keys().map(String::as_str).collect();
        assert!(fields.is_subset(&["apiGroups", "resources", "resourceNames", "verbs"].into()), "{rule}");
        let names = strings(&rule["resourceNames"]);
        let names = if names.is_empty() { String::new() } else { format!("[{}]", names.join(",")) };
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                for verb in strings(&rule["verbs"]) {
                    assert!(![&group, &resource, &verb].iter().any(|word| word.contains('*')), "{rule}");
                    rights.insert(format!("{group}/{resource}{names} {verb}"));
                }
            }
        }
    }
    rights
}

/// All roles of the chart with these settings: no more and no fewer than these.
fn expect(values: &str, wanted: &[(&str, BTreeSet<Right>)]) {
    let objects = objects(values);
    let roles: Vec<_> =
        objects.iter().filter(|object| object["kind"].as_str().is_some_and(|kind| kind.ends_with("Role"))).collect();
    let found: Vec<_> = roles.iter().map(|role| (name(role), rights(role))).collect();
    let mut wanted: Vec<_> = wanted.iter().map(|(name, rights)| ((*name).to_owned(), rights.clone())).collect();
    wanted.sort();
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(sorted, wanted, "{values}");
    // Each of the operator's own roles is bound, to its account and to nobody else. Those of people are aggregated.
    for role in roles.iter().filter(|role| !["view", "edit"].iter().any(|end| name(role).ends_with(end))) {
        let kind = format!("{}Binding", role["kind"].as_str().expect("a kind"));
        let binds = |object: &&Value| {
            object["kind"] == kind.as_str()
                && object["roleRef"]["name"] == role["metadata"]["name"]
                && object["roleRef"]["kind"] == role["kind"]
                && object["metadata"]["namespace"] == role["metadata"]["namespace"]
        };
        let bindings: Vec<_> = objects.iter().filter(binds).collect();
        assert_eq!(bindings.len(), 1, "{}", name(role));
        let account = serde_json::json!([{"kind": "ServiceAccount", "name": "appnet", "namespace": "appnet-system"}]);
        assert_eq!(bindings[0]["subjects"], account);
    }
}

#[test]
fn the_operator_has_these_rights_and_no_others() {
    let people =
        || [("ClusterRole appnet-view", one_by_one(&[VIEW])), ("ClusterRole appnet-edit", one_by_one(&[EDIT]))];
    let election = || ("Role appnet-system/appnet-leader-election", one_by_one(&[LEASES]));
    let [view, edit] = people();
    let all = one_by_one(&[READ_ANYWHERE, CONTROLLERS, SCRAPERS, NETWORK, MANAGE, CILIUM]);
    expect("", &[("ClusterRole appnet", all), election(), view, edit]);
    expect(
        "{platform: {cni: Standard, discovery: None}, rbac: {aggregate: false}, leaderElection: {enabled: false}}",
        &[("ClusterRole appnet", one_by_one(&[READ_ANYWHERE, MANAGE]))],
    );
    // Whoever is named need not be looked for.
    let named = "[{namespace: edge, allPods: true}]";
    for (field, rights) in [("ingressControllers", SCRAPERS), ("monitoring", CONTROLLERS)] {
        expect(
            &format!(
                "{{platform: {{cni: Standard, {field}: {named}}}, rbac: {{aggregate: false}}, leaderElection: {{enabled: false}}}}"
            ),
            &[("ClusterRole appnet", one_by_one(&[READ_ANYWHERE, MANAGE, rights]))],
        );
    }
    expect("rbac: {create: false}", &[]);
}

#[test]
fn the_operator_of_one_namespace_writes_nowhere_else() {
    let reads = one_by_one(&[READ_ANYWHERE, CONTROLLERS, SCRAPERS, NETWORK]);
    assert!(reads.iter().all(|right| [" get", " list", " watch"].iter().any(|verb| right.ends_with(verb))));
    expect(
        "{watchNamespace: app, rbac: {aggregate: false}}",
        &[
            ("ClusterRole appnet-appnet-system", reads),
            ("Role app/appnet-appnet-system", one_by_one(&[MANAGE, CILIUM])),
            ("Role appnet-system/appnet-leader-election", one_by_one(&[LEASES])),
        ],
    );
}

#[test]
fn people_get_their_rights_through_the_roles_of_the_cluster() {
    let objects = objects("");
    let to = |role: &str| {
        let labels = crate::objects::find(&objects, "ClusterRole", role)["metadata"]["labels"].clone();
        let prefix = "rbac.authorization.k8s.io/aggregate-to-";
        let keys =
            labels.as_object().expect("labels").keys().filter_map(|key| key.strip_prefix(prefix)).map(str::to_owned);
        keys.collect::<Vec<_>>()
    };
    assert_eq!(to("appnet-view"), ["admin", "edit", "view"]);
    assert_eq!(to("appnet-edit"), ["admin", "edit"]);
    assert!(to("appnet").is_empty(), "the operator's own rights are nobody else's");
}
