//! What a cluster looks like with objects applied to it, or taken away: what has the same kind, namespace and name, and nothing else.

use appnet::{
    objects::{Collection, Gathered, Kind},
    plan::{Applying, Removal},
    reach::Pod,
};
use serde_json::Value;

/// Two namespaces that hold objects of the same names: whoever mixes them up is found out.
const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: blog}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: api-7, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: a, controller: true}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api, tier: back}}, spec: {containers: [{name: main, ports: [{containerPort: 8080}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: api-7-x, namespace: shop, labels: {app: api, tier: back, canary: 'yes'}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-7, uid: b, controller: true}]}, spec: {containers: [{name: main, ports: [{containerPort: 8080}]}]}, status: {podIP: 10.0.0.7}}
---
{apiVersion: v1, kind: Pod, metadata: {name: tool, namespace: shop, labels: {app: tool}}, spec: {containers: [{name: main}]}, status: {podIP: 10.0.0.8}}
---
{apiVersion: v1, kind: Pod, metadata: {name: tool, namespace: blog, labels: {app: pen}}, spec: {containers: [{name: main}]}, status: {podIP: 10.0.0.9}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, clusterIPs: [10.96.0.7], ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: blog}, spec: {selector: {app: pen}, ports: [{port: 81}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: front, namespace: shop}, spec: {defaultBackend: {service: {name: api, port: {number: 80}}}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: front, namespace: blog}, spec: {defaultBackend: {service: {name: api, port: {number: 81}}}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: blog}, spec: {podSelector: {}, policyTypes: [Egress]}}
";

pub fn gathered(text: &str) -> Gathered {
    let mut collection = Collection::default();
    for document in text.split("---\n").filter(|document| !document.trim().is_empty()) {
        let object: Value = serde_saphyr::from_str(document).expect("YAML");
        let field = |name: &str| object[name].as_str().expect("a text").to_owned();
        let kind = Kind::of(&field("apiVersion"), &field("kind")).expect("a kind that is read");
        collection.add(kind.read(object, "default").expect("an object"), ());
    }
    collection.finish()
}

fn standing() -> Applying {
    let Gathered { picture, templates, endpoints, .. } = gathered(CLUSTER);
    Applying { picture, templates, endpoints, changes: Vec::new() }
}

fn with(files: &str) -> Applying {
    let mut state = standing();
    let Gathered { picture, templates, endpoints, .. } = gathered(files);
    state.apply(&picture, &templates, &endpoints);
    state
}

/// What became of the objects, a line each.
fn changes(state: &Applying) -> Vec<String> {
    let lines = state.changes.iter().map(|change| {
        format!("{} {} {}/{} {}", change.action, change.kind, change.namespace, change.name, change.fields.join(","))
    });
    lines.map(|line| line.trim_end().to_owned()).collect()
}

fn pod<'a>(state: &'a Applying, namespace: &str, name: &str) -> &'a Pod {
    let mut of_name = state.picture.pods.iter().filter(|pod| pod.namespace == namespace && pod.name == name);
    let found = of_name.next().unwrap_or_else(|| panic!("no Pod {namespace}/{name}"));
    assert_eq!(of_name.next(), None);
    found
}

fn labels(pod: &Pod) -> String {
    pod.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

/// Everything that is there, in a line each; templates have a line of their own.
fn everything(state: &Applying) -> Vec<String> {
    let picture = &state.picture;
    let mut all: Vec<_> = picture.namespaces.keys().map(|name| format!("Namespace {name}")).collect();
    all.extend(picture.pods.iter().map(|pod| format!("Pod {}/{}", pod.namespace, pod.name)));
    all.extend(picture.services.keys().map(|one| format!("Service {}/{}", one.namespace, one.name)));
    all.extend(picture.entries.iter().map(|one| format!("{} {}/{}", one.kind, one.namespace, one.name)));
    all.extend(picture.policies.iter().map(|one| format!("NetworkPolicy {}/{}", one.namespace, one.name)));
    all.extend(state.templates.keys().map(|(namespace, one)| format!("{} {namespace}/{}", one.kind, one.name)));
    all
}

#[test]
fn pods_of_a_workload_lose_what_its_template_lost_and_keep_what_others_gave_them() {
    let state = with(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api, ring: two}}, \
         spec: {hostNetwork: true, containers: [{name: main, ports: [{containerPort: 8081}]}]}}}}",
    );
    let changed = "Update Deployment shop/api spec.template.metadata.labels,spec.template.spec.containers,spec.template.spec.hostNetwork";
    assert_eq!(changes(&state), [changed]);
    let api = pod(&state, "shop", "api-7-x");
    assert_eq!(labels(api), "app=api canary=yes ring=two");
    assert_eq!((api.ports[0].number, api.host_network), (8081, true));
    assert_eq!(everything(&state), everything(&standing()), "its Pods stand for it, and no other joins them");
}

#[test]
fn a_workload_without_pods_stands_for_them_once() {
    let new = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: blog}, spec: {template: {metadata: {labels: {app: pen}}}}}";
    let mut state = with(new);
    assert_eq!(changes(&state), ["Create Deployment blog/api"]);
    assert_eq!(labels(pod(&state, "blog", "api")), "app=pen");
    // Once more: it is there, as the Pod that stands for its Pods.
    let Gathered { picture, templates, endpoints, .. } = gathered(new);
    state.apply(&picture, &templates, &endpoints);
    assert_eq!(changes(&state)[1..], ["Unchanged Deployment blog/api"]);
    assert_eq!(labels(pod(&state, "blog", "api")), "app=pen");
}

#[test]
fn a_pod_takes_the_place_of_the_one_with_its_name_and_namespace_and_keeps_its_addresses() {
    let state = with(
        "{apiVersion: v1, kind: Pod, metadata: {name: tool, namespace: shop, labels: {app: hammer}}, spec: {containers: [{name: main}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: tool, namespace: blog, labels: {app: pen}}, spec: {containers: [{name: main}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: saw, namespace: shop, labels: {app: saw}}, spec: {containers: [{name: main}]}}
",
    );
    assert_eq!(
        changes(&state),
        ["Unchanged Pod blog/tool", "Create Pod shop/saw", "Update Pod shop/tool metadata.labels"]
    );
    let tool = pod(&state, "shop", "tool");
    assert_eq!((labels(tool).as_str(), tool.addresses[0].to_string().as_str()), ("app=hammer", "10.0.0.8"));
    assert_eq!(labels(pod(&state, "blog", "tool")), "app=pen");
    assert_eq!(labels(pod(&state, "shop", "saw")), "app=saw");
}

#[test]
fn a_way_in_and_a_service_are_replaced_and_those_of_other_namespaces_stay() {
    let state = with(
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: front, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {zone: a}}}
",
    );
    assert_eq!(
        changes(&state),
        [
            "Update Namespace /shop metadata.labels",
            "Update Service shop/api spec.selector",
            "Update Ingress shop/front spec"
        ]
    );
    let leads_to = |namespace: &str| {
        let found: Vec<_> = state.picture.entries.iter().filter(|entry| entry.namespace == namespace).collect();
        let [entry] = found[..] else { panic!("{found:?}") };
        entry.backends[0].service.name.clone()
    };
    assert_eq!((leads_to("shop").as_str(), leads_to("blog").as_str()), ("web", "api"));
    let (which, api) = state.picture.services.iter().find(|(which, _)| which.namespace == "shop").expect("a Service");
    assert_eq!((which.name.as_str(), api.cluster_ips[0].to_string().as_str()), ("api", "10.96.0.7"));
    let of_shop: Vec<_> =
        state.picture.namespaces["shop"].iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert!(of_shop.contains(&"team=sales".to_owned()) && of_shop.contains(&"zone=a".to_owned()), "{of_shop:?}");
}

#[test]
fn classes_of_ingress_controllers_are_told_and_taken_over() {
    let class = |name: &str, controller: &str| {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: {name}}}, spec: {{controller: {controller}}}}}\n"
        )
    };
    let mut state = with(&(class("same", "example.com/same") + &class("other", "example.com/before")));
    state.changes.clear();
    let files = ["same", "other", "new"].map(|name| class(name, &format!("example.com/{name}"))).concat();
    let Gathered { picture, templates, endpoints, .. } = gathered(&files);
    state.apply(&picture, &templates, &endpoints);
    assert_eq!(
        changes(&state),
        ["Create IngressClass /new", "Update IngressClass /other spec", "Unchanged IngressClass /same"]
    );
    let controller = |name: &str| state.picture.callers.class(name).expect("a class").controller.as_str();
    assert_eq!(["other", "new"].map(controller), ["example.com/other", "example.com/new"]);
}

/// Takes an object away; what is there before and not after, and what is told of it.
fn removed(kind: &str, namespace: &str, name: &str) -> (Vec<String>, Vec<String>) {
    let mut state = standing();
    let removal = Removal { kind: kind.into(), namespace: namespace.into(), name: name.into() };
    let gone = state.remove(&removal);
    let left = everything(&state);
    assert_eq!(gone, left.len() < everything(&standing()).len());
    (everything(&standing()).into_iter().filter(|one| !left.contains(one)).collect(), changes(&state))
}

#[test]
fn what_is_deleted_goes_and_nothing_of_the_same_name_with_it() {
    for (kind, namespace, name, gone) in [
        ("Service", "shop", "api", &["Service shop/api"][..]),
        ("NetworkPolicy", "blog", "deny", &["NetworkPolicy blog/deny"]),
        ("Pod", "blog", "tool", &["Pod blog/tool"]),
        ("Pod", "shop", "api-7-x", &["Pod shop/api-7-x"]),
        ("Ingress", "shop", "front", &["Ingress shop/front"]),
        // With a workload its Pods go.
        ("Deployment", "shop", "api", &["Pod shop/api-7-x", "Deployment shop/api"]),
    ] {
        let told = format!("Delete {kind} {namespace}/{name}");
        assert_eq!(removed(kind, namespace, name), (gone.iter().map(|one| (*one).to_owned()).collect(), vec![told]));
    }
}

#[test]
fn with_a_namespace_everything_in_it_goes() {
    assert!(removed("Namespace", "", "shop").0.contains(&"Deployment shop/api".to_owned()));
    let gone = ["Namespace blog", "Pod blog/tool", "Service blog/api", "Ingress blog/front", "NetworkPolicy blog/deny"];
    assert_eq!(
        removed("Namespace", "", "blog"),
        (gone.map(str::to_owned).to_vec(), vec!["Delete Namespace /blog".to_owned()])
    );
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    for (kind, namespace, name) in [
        ("Service", "shop", "front"),
        ("Pod", "blog", "api-7-x"),
        ("Deployment", "blog", "api"),
        ("StatefulSet", "shop", "api"),
        ("Namespace", "", "jobs"),
    ] {
        assert_eq!(removed(kind, namespace, name), (Vec::new(), Vec::new()), "{kind} {namespace}/{name}");
    }
}
