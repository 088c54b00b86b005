//! What tells who calls an app that names nobody: for each way an object of its own, so that each right has a use of its own.

use k8s_openapi::{
    api::{
        core::v1::Service,
        networking::v1::{Ingress, IngressClass},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::GroupVersionKind,
};
use serde_json::{Value, json};

use crate::{create::create, scenario::PATIENCE, support::eventually};

/// A way to tell a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// An Ingress has the address of a Service.
    Ingress,
    /// Its class was installed by Helm.
    Class,
    /// An `HTTPRoute` is of a Gateway that has the address of a Service.
    HttpRoute,
    /// The same for a `GRPCRoute`.
    GrpcRoute,
    /// A Prometheus reads a `PodMonitor`.
    PodMonitor,
    /// A Prometheus reads a `ServiceMonitor`.
    ServiceMonitor,
}

/// The kinds that not every cluster knows, with their group.
const KINDS: [(&str, &str, &str); 6] = [
    (GATEWAY, "Gateway", "gateways"),
    (GATEWAY, "HTTPRoute", "httproutes"),
    (GATEWAY, "GRPCRoute", "grpcroutes"),
    (MONITORING, "PodMonitor", "podmonitors"),
    (MONITORING, "ServiceMonitor", "servicemonitors"),
    (MONITORING, "Prometheus", "prometheuses"),
];
const GATEWAY: &str = "gateway.networking.k8s.io";
const MONITORING: &str = "monitoring.coreos.com";

fn resource(kind: &str) -> ApiResource {
    let (group, kind, plural) = KINDS.into_iter().find(|(_, known, _)| *known == kind).expect("a known kind");
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1", kind), plural)
}

/// Installs the kinds, and waits until they are served.
pub async fn install(client: &Client) {
    let file = format!("{}/tests/data/callers.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("the definitions");
    for definition in text.split("\n---\n") {
        let definition: CustomResourceDefinition = serde_saphyr::from_str(definition).expect("a definition");
        Api::all(client.clone()).create(&PostParams::default(), &definition).await.expect("taken");
    }
    for (_, kind, _) in KINDS {
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource(kind));
        let limit = ListParams::default().limit(1);
        eventually(&format!("{kind} is served"), PATIENCE, async || api.list(&limit).await.map(drop)).await;
    }
}

impl Telling {
    /// A label of the caller that it tells, as the policy has it.
    pub const fn marks(self) -> &'static str {
        match self {
            Self::Ingress => "edge-of-ingress",
            Self::Class => "ingress-nginx",
            Self::HttpRoute => "edge-of-http",
            Self::GrpcRoute => "edge-of-grpc",
            Self::PodMonitor => "reads-pod-monitors",
            Self::ServiceMonitor => "reads-service-monitors",
        }
    }

    /// Makes the objects that tell.
    pub async fn tell(self, client: &Client, ns: &str) {
        let mark = self.marks();
        match self {
            Self::Ingress => {
                published(client, ns, mark, "192.0.2.80").await;
                ingress(client, ns, mark, None).await;
                let api: Api<Ingress> = Api::namespaced(client.clone(), ns);
                let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.80"}]}}});
                api.patch_status(mark, &PatchParams::default(), &Patch::Merge(status)).await.expect("taken");
            }
            Self::Class => {
                let class: IngressClass = serde_json::from_value(json!({
                    "metadata": {"name": ns, "annotations": {"meta.helm.sh/release-namespace": ns}},
                    "spec": {"controller": "k8s.io/ingress-nginx"},
                }))
                .expect("a class");
                Api::all(client.clone()).create(&PostParams::default(), &class).await.expect("taken");
                ingress(client, ns, mark, Some(ns)).await;
            }
            Self::HttpRoute => routed(client, ns, ("HTTPRoute", mark, "192.0.2.81")).await,
            Self::GrpcRoute => routed(client, ns, ("GRPCRoute", mark, "192.0.2.82")).await,
            Self::PodMonitor | Self::ServiceMonitor => {
                let (kind, field) = if self == Self::PodMonitor {
                    ("PodMonitor", "podMonitorSelector")
                } else {
                    ("ServiceMonitor", "serviceMonitorSelector")
                };
                let labels = json!({"matchLabels": {"app": "api"}});
                other(client, ns, "Prometheus", mark, json!({"spec": {field: {}}})).await;
                other(client, ns, kind, mark, json!({"spec": {"selector": labels}})).await;
            }
        }
    }
}

async fn other(client: &Client, ns: &str, kind: &str, name: &str, content: Value) {
    let mut object = DynamicObject::new(name, &resource(kind)).data(content);
    object.metadata.namespace = Some(ns.to_owned());
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), ns, &resource(kind));
    api.create(&PostParams::default(), &object).await.expect("taken");
}

/// A Service whose load balancer has this address, before Pods with the label `role`.
async fn published(client: &Client, ns: &str, name: &str, address: &str) {
    let spec = json!({"type": "LoadBalancer", "selector": {"role": name}, "ports": [{"port": 80}]});
    create::<Service>(client, ns, json!({"metadata": {"name": name}, "spec": spec})).await;
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}});
    let api: Api<Service> = Api::namespaced(client.clone(), ns);
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("taken");
}

async fn ingress(client: &Client, ns: &str, name: &str, class: Option<&str>) {
    let backend = json!({"service": {"name": "api", "port": {"number": 80}}});
    let spec = json!({"ingressClassName": class, "defaultBackend": backend});
    create::<Ingress>(client, ns, json!({"metadata": {"name": name}, "spec": spec})).await;
}

async fn routed(client: &Client, ns: &str, (kind, name, address): (&str, &str, &str)) {
    published(client, ns, name, address).await;
    other(client, ns, "Gateway", name, json!({})).await;
    let status = json!({"status": {"addresses": [{"value": address}]}});
    say(client, ns, ("Gateway", name), status).await;
    let parent = json!({"name": name});
    let spec = json!({"parentRefs": [parent], "rules": [{"backendRefs": [{"name": "api", "port": 80}]}]});
    other(client, ns, kind, name, json!({"spec": spec})).await;
    let accepted = json!({"parentRef": parent, "conditions": [{"type": "Accepted", "status": "True"}]});
    say(client, ns, (kind, name), json!({"status": {"parents": [accepted]}})).await;
}

/// Writes a status, as the controller of the kind does.
async fn say(client: &Client, ns: &str, (kind, name): (&str, &str), status: Value) {
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), ns, &resource(kind));
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("taken");
}
