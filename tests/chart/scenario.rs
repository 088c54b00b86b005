//! A short life that uses every right of the operator, step by step.

use std::{fmt::Debug, time::Duration};

use appnet::{
    api::{AppNetworkProfile, CiliumNetworkPolicy},
    observe::PolicyRow,
    plan::observed_hash,
};
use k8s_openapi::{
    api::{
        coordination::v1::Lease,
        core::v1::{Pod, Service},
        discovery::v1::EndpointSlice,
        events::v1::Event,
        networking::v1::NetworkPolicy,
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, Resource,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    callers,
    create::{create, namespace},
    network,
    objects::NAMESPACE,
    scene::{condition, is, provide_dns},
    step::Step,
    support::{ControlPlane, eventually},
};

pub const PATIENCE: Duration = Duration::from_secs(90);

const PROFILE: &str = "
tiers:
- name: web
  podSelector: {matchLabels: {app: web}}
- name: api
  podSelector: {matchLabels: {app: api}}
  ports: [{name: http, port: 8080}]
  exposed: {}
  metrics: {}
  from:
  - pods: {namespace: PARTNER, allPods: true}
  to:
  - {name: kube-api, apiServer: {}}
  - {name: queue, service: {name: queue}}
  - {name: legacy, service: {name: legacy}}
";
const TO_THE_API_SERVER: &str = "  - {name: kube-api, apiServer: {}}\n";
const WEB: &str = "- name: web\n  podSelector: {matchLabels: {app: web}}\n";

const ALLOW: &str = "shop-allow-api";
const COMPANION: &str = "shop-apiserver-api";
const REPAIRED: &str = "DriftRepaired";
const LEGACY: &str = "192.0.2.77";
const QUEUE_PORT: i32 = 5672;

/// What all scenarios of a control plane need: DNS, the address of an API server, and Cilium's definition.
pub async fn prepare(control_plane: &ControlPlane) -> Client {
    let client = control_plane.client().await;
    provide_dns(&client).await;
    let file = format!("{}/tests/data/ciliumnetworkpolicies.yaml", env!("CARGO_MANIFEST_DIR"));
    let definition: CustomResourceDefinition =
        serde_saphyr::from_str(&std::fs::read_to_string(file).expect("the definition")).expect("a definition");
    Api::all(client.clone()).create(&PostParams::default(), &definition).await.expect("taken");
    // An API server on the loopback interface publishes no address of its own.
    create::<EndpointSlice>(&client, "default", slice("kubernetes", "https", 6443, "192.0.2.11")).await;
    callers::install(&client).await;
    network::install(&client).await;
    eventually("Cilium's kind is served", PATIENCE, async || {
        Api::<CiliumNetworkPolicy>::all(client.clone()).list(&ListParams::default()).await.map(drop)
    })
    .await;
    namespace(&client, NAMESPACE).await;
    client
}

fn slice(service: &str, port: &str, number: i32, address: &str) -> Value {
    json!({
        "metadata": {"name": service, "labels": {"kubernetes.io/service-name": service}}, "addressType": "IPv4",
        "endpoints": [{"addresses": [address]}], "ports": [{"name": port, "port": number, "protocol": "TCP"}],
    })
}

/// A namespace in which all this happens.
pub struct Scenario {
    client: Client,
    ns: String,
    /// The Lease, in the release's namespace.
    lease: String,
}

impl Scenario {
    pub async fn new(client: &Client, ns: &str, lease: &str) -> Self {
        namespace(client, ns).await;
        let service = json!({"metadata": {"name": "legacy"}, "spec": {"ports": [{"name": "tcp", "port": 80}]}});
        create::<Service>(client, ns, service).await;
        let api = json!({"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": 8080}]});
        create::<Service>(client, ns, json!({"metadata": {"name": "api", "labels": {"app": "api"}}, "spec": api}))
            .await;
        Self { client: client.clone(), ns: ns.into(), lease: lease.into() }
    }

    fn partner(&self) -> String {
        format!("{}-partner", self.ns)
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.ns)
    }

    pub async fn profile(&self) -> Option<AppNetworkProfile> {
        self.api().get_opt("shop").await.expect("an answer")
    }

    /// Does what the step begins with.
    pub async fn act(&self, step: Step) {
        match step {
            // What the network says is there from the beginning.
            Step::Lead | Step::Event | Step::NetworkSettings | Step::NetworkPrograms => {}
            Step::Ready => {
                let profile = AppNetworkProfile::new("shop", self.spec(PROFILE));
                self.api().create(&PostParams::default(), &profile).await.expect("taken");
            }
            Step::Namespace => namespace(&self.client, &self.partner()).await,
            Step::Service => {
                let spec = json!({"selector": {"app": "queue"}, "ports": [{"name": "amqp", "port": QUEUE_PORT}]});
                let service = json!({"metadata": {"name": "queue"}, "spec": spec});
                create::<Service>(&self.client, &self.ns, service).await;
            }
            Step::Endpoints => {
                create::<EndpointSlice>(&self.client, &self.ns, slice("legacy", "tcp", 8080, LEGACY)).await;
            }
            Step::Pod => {
                let spec = json!({"containers": [{"name": "main", "image": "example.com/none"}],
                    "automountServiceAccountToken": false});
                let pod = json!({"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": spec});
                // The controller manager makes the namespace's account, which a Pod cannot be without.
                let pod: Pod = serde_json::from_value(pod).expect("a Pod");
                eventually("the Pod is taken", PATIENCE, async || {
                    self.api().create(&PostParams::default(), &pod).await.map(drop)
                })
                .await;
            }
            Step::Caller(telling) => telling.tell(&self.client, &self.ns).await,
            Step::Repair => self.edit::<NetworkPolicy>(ALLOW, json!({"spec": {"ingress": [{}]}})).await,
            Step::RepeatedEvent => {
                // What is changed before the status tells of it as written is put back too, but counts as no drift.
                eventually("the status tells of what is there", PATIENCE, async || self.recorded().await).await;
                self.edit_and_wait().await;
                // Two edits that one look repairs are told at once.
                eventually("the repair is told", PATIENCE, async || match self.event(REPAIRED, |_| true).await {
                    (true, _) => Ok(()),
                    (false, seen) => Err(seen),
                })
                .await;
                self.edit_and_wait().await;
            }
            Step::CompanionRepair => {
                self.edit::<CiliumNetworkPolicy>(COMPANION, json!({"spec": {"egress": []}})).await;
            }
            Step::CompanionGone => self.change(TO_THE_API_SERVER).await,
            Step::TierGone => self.change(WEB).await,
        }
    }

    /// Does the status list the tier's policy as it is there?
    async fn recorded(&self) -> Result<(), String> {
        let policy = self.api::<NetworkPolicy>().get(ALLOW).await.expect("it is there");
        let status = self.profile().await.and_then(|profile| profile.status).unwrap_or_default();
        let hash = observed_hash(&PolicyRow::from(&policy));
        if status.policies.iter().any(|record| record.hash == hash) { Ok(()) } else { Err(format!("{status:?}")) }
    }

    async fn edit_and_wait(&self) {
        Box::pin(self.act(Step::Repair)).await;
        self.until(Step::Repair).await;
    }

    fn spec<T: DeserializeOwned>(&self, text: &str) -> T {
        serde_saphyr::from_str(&text.replace("PARTNER", &self.partner())).expect("a spec")
    }

    async fn edit<K>(&self, name: &str, patch: Value)
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.expect("taken");
    }

    /// Takes these lines out of the profile.
    async fn change(&self, lines: &str) {
        assert!(PROFILE.contains(lines));
        let spec: Value = self.spec(&PROFILE.replace(lines, ""));
        self.edit::<AppNetworkProfile>("shop", json!({"spec": spec})).await;
    }

    /// Is the step's end reached? `Err` holds what is there instead.
    pub async fn reached(&self, step: Step) -> Result<(), String> {
        let profile = self.profile().await;
        let says_no_more = |kind: &str, text: &str| {
            let condition = profile.as_ref().and_then(|profile| condition(profile, kind));
            (condition.as_ref().is_some_and(|condition| !condition.message.contains(text)), format!("{condition:?}"))
        };
        let tells_of_the_network = |text: &str| {
            let condition = profile.as_ref().and_then(|profile| condition(profile, "EnforcementDetected"));
            (condition.as_ref().is_some_and(|condition| condition.message.contains(text)), format!("{condition:?}"))
        };
        let (reached, seen) = match step {
            Step::Lead => {
                let leases: Api<Lease> = Api::namespaced(self.client.clone(), NAMESPACE);
                let spec = leases.get_opt(&self.lease).await.expect("an answer").and_then(|lease| lease.spec);
                let renewed = spec.as_ref().is_some_and(|spec| spec.renew_time > spec.acquire_time);
                (renewed, format!("{spec:?}"))
            }
            Step::Ready => {
                let ready = profile.as_ref().is_some_and(|profile| is(profile, "Ready", "True"));
                (ready, format!("{:?}", profile.and_then(|profile| profile.status)))
            }
            Step::Event => self.event("PolicyCreated", |_| true).await,
            Step::RepeatedEvent => {
                self.event(REPAIRED, |event| event.series.as_ref().is_some_and(|series| series.count > 1)).await
            }
            Step::Namespace => says_no_more("LabelsMatched", "does not exist"),
            Step::Pod => says_no_more("LabelsMatched", "tier 'web' selects"),
            Step::Service => self.policy(|text| text.contains(&QUEUE_PORT.to_string())).await,
            Step::Endpoints => self.policy(|text| text.contains(LEGACY)).await,
            Step::Caller(telling) => self.policy(|text| text.contains(telling.marks())).await,
            Step::NetworkSettings => tells_of_the_network("`enable-policy` is 'never'"),
            Step::NetworkPrograms => tells_of_the_network("AWS VPC CNI"),
            Step::Repair => self.policy(|text| !text.contains("\"ingress\":[{}]")).await,
            Step::CompanionRepair => {
                let policy = self.api::<CiliumNetworkPolicy>().get_opt(COMPANION).await.expect("an answer");
                let rules = policy.map(|policy| policy.rest["spec"]["egress"].clone()).unwrap_or_default();
                (rules.as_array().is_some_and(|rules| !rules.is_empty()), rules.to_string())
            }
            Step::CompanionGone => {
                let policy = self.api::<CiliumNetworkPolicy>().get_opt(COMPANION).await.expect("an answer");
                (policy.is_none(), format!("{policy:?}"))
            }
            Step::TierGone => {
                let policy = self.api::<NetworkPolicy>().get_opt("shop-allow-web").await.expect("an answer");
                (policy.is_none(), format!("{policy:?}"))
            }
        };
        if reached { Ok(()) } else { Err(seen) }
    }

    async fn event(&self, reason: &str, fits: impl Fn(&Event) -> bool) -> (bool, String) {
        let mut events = self.api::<Event>().list(&ListParams::default()).await.expect("an answer").items;
        events.retain(|event| event.reason.as_deref() == Some(reason));
        (events.iter().any(fits), format!("{events:?}"))
    }

    async fn policy(&self, fits: impl Fn(&str) -> bool) -> (bool, String) {
        let policy = self.api::<NetworkPolicy>().get_opt(ALLOW).await.expect("an answer");
        let text = policy.map(|policy| json!(policy.spec).to_string()).unwrap_or_default();
        (!text.is_empty() && fits(&text), text)
    }

    pub async fn until(&self, step: Step) {
        eventually(&format!("{step:?} is reached in {}", self.ns), PATIENCE, async || self.reached(step).await).await;
    }

    /// Acts, and waits for the end.
    pub async fn go(&self, step: Step) {
        self.act(step).await;
        self.until(step).await;
    }
}
