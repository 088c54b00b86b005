//! The rights that are given and those that are used, said in the same words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    objects::{string, strings},
    rights::{Right, rights},
    support::Seen,
};

/// What a request needs.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// `networking.k8s.io/networkpolicies list`.
    pub right: Right,
    /// The namespace; none for the whole cluster.
    namespace: Option<String>,
    name: Option<String>,
}

/// The right that a request needs; none for one that asks which kinds there are, which everyone may.
pub fn need(request: &Seen) -> Option<Need> {
    let mut parts: Vec<_> = request.path.trim_matches('/').split('/').map(str::to_owned).collect();
    let depth = if parts[0] == "api" { 2 } else { 3 };
    if parts.len() <= depth {
        return None;
    }
    let head: Vec<_> = parts.drain(..depth).collect();
    let group = if depth == 2 { "" } else { &head[1] };
    // `namespaces/NAME` alone is an object, with something behind it is where that something is.
    let inside = parts.len() > 2 && parts[0] == "namespaces";
    let namespace = inside.then(|| parts.drain(..2).nth(1).expect("there are more than two"));
    let mut parts = parts.into_iter();
    let (resource, name, part) = (parts.next()?, parts.next(), parts.next());
    let watches = request.query.split('&').any(|pair| pair == "watch=true");
    let verb = match (request.method.as_str(), &name) {
        ("GET", None) if watches => "watch",
        ("GET", None) => "list",
        ("GET", Some(_)) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", Some(_)) => "delete",
        other => panic!("{other:?}"),
    };
    let part = part.map(|part| format!("/{part}")).unwrap_or_default();
    Some(Need { right: format!("{group}/{resource}{part} {verb}"), namespace, name })
}

/// A right, and where it holds: `everywhere`, or in one namespace, or there for one name.
pub type Scoped = (Right, String);

/// What is granted by name, wherever it is.
const NAMED_ANYWHERE: [&str; 2] = ["/configmaps get", "apps/daemonsets get"];

/// The rights of these requests. A right that was used in several namespaces, or for the whole cluster, is one that holds everywhere.
pub fn used(requests: &[Seen]) -> BTreeSet<Scoped> {
    let mut places = BTreeMap::<Right, BTreeSet<String>>::new();
    let mut names = BTreeMap::<Right, BTreeSet<String>>::new();
    for Need { right, namespace, name } in requests.iter().filter_map(need) {
        // What the network's own objects are called is known, and not where they are.
        if NAMED_ANYWHERE.contains(&right.as_str()) {
            names.entry(right).or_default().extend(name);
            continue;
        }
        // Of what is granted in one place, Leases are the one kind that is granted by name.
        let name = name.filter(|_| right.contains("/leases ")).map(|name| format!(" for {name}"));
        let place = namespace.map(|namespace| format!("in {namespace}{}", name.unwrap_or_default()));
        places.entry(right).or_default().insert(place.unwrap_or_else(everywhere));
    }
    let one = |places: BTreeSet<String>| match places.len() {
        1 => places.into_iter().next().expect("one"),
        _ => everywhere(),
    };
    let by_name = names.into_iter().map(|(right, names)| {
        let names: Vec<_> = names.into_iter().collect();
        (right, format!("{} for {}", everywhere(), names.join(",")))
    });
    places.into_iter().map(|(right, places)| (right, one(places))).chain(by_name).collect()
}

/// The rights that these roles give.
pub fn granted(roles: &[Value]) -> BTreeSet<Scoped> {
    let of_role = |role: &Value| {
        let place = role["metadata"]["namespace"].as_str().map(|namespace| format!("in {namespace}"));
        let scoped = move |right: Right| {
            let place = place.clone().unwrap_or_else(everywhere);
            let Some((resource, rest)) = right.split_once('[') else { return (right, place) };
            let (name, verb) = rest.split_once(']').expect("it is closed");
            (format!("{resource}{verb}"), format!("{place} for {name}"))
        };
        rights(role).into_iter().map(scoped).collect::<Vec<_>>()
    };
    roles.iter().flat_map(of_role).collect()
}

fn everywhere() -> String {
    "everywhere".into()
}

/// The roles of the operator's own account among the objects of the chart, its bindings and the account.
pub fn of_account(objects: &[Value]) -> Vec<Value> {
    let kinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
    let of_people = |object: &Value| ["-view", "-edit"].iter().any(|end| name(object).ends_with(end));
    let ours = objects.iter().filter(|object| kinds.contains(&string(&object["kind"])) && !of_people(object));
    ours.cloned().collect()
}

/// Only the roles of these objects.
pub fn roles(objects: &[Value]) -> Vec<Value> {
    objects.iter().filter(|object| string(&object["kind"]).ends_with("Role")).cloned().collect()
}

fn name(object: &Value) -> &str {
    string(&object["metadata"]["name"])
}

/// The same roles without this one right.
pub fn without(objects: &[Value], missing: &Scoped) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for role in objects.iter_mut().filter(|object| string(&object["kind"]).ends_with("Role")) {
        let rules = role["rules"].as_array().expect("rules").iter().flat_map(one_by_one).collect::<Vec<_>>();
        let kept = rules.into_iter().filter(|rule| {
            let mut alone = role.clone();
            alone["rules"] = Value::Array(vec![rule.clone()]);
            !granted(&[alone]).contains(missing)
        });
        role["rules"] = kept.collect();
    }
    objects
}

/// A rule as several, each with one right.
fn one_by_one(rule: &Value) -> Vec<Value> {
    let mut rules = Vec::new();
    for group in strings(&rule["apiGroups"]) {
        for resource in strings(&rule["resources"]) {
            for verb in strings(&rule["verbs"]) {
                let mut alone = rule.clone();
                alone["apiGroups"] = vec![group.clone()].into();
                alone["resources"] = vec![resource.clone()].into();
                alone["verbs"] = vec![verb].into();
                rules.push(alone);
            }
        }
    }
    rules
}
