//! The manifests of an app and the stored policies, read plainly, without any of the product's readers.

use std::collections::{BTreeMap, BTreeSet};

use appnet::{api::Protocol, reach::PortSet};
use serde_json::Value;

/// A workload as its manifest tells it.
#[derive(Clone)]
pub struct Workload {
    /// As in `shop/api[Deployment]`.
    pub name: String,
    pub namespace: String,
    labels: Value,
    /// The ports that its containers name.
    named: BTreeMap<String, u16>,
    /// Every text in its Pod template, and in the `ConfigMaps` that the template names.
    texts: Vec<String>,
}

/// A Service as its manifest tells it.
pub struct Service {
    pub name: String,
    namespace: String,
    selector: Value,
    /// Reachable from outside by itself: of type `NodePort` or `LoadBalancer`.
    pub is_public: bool,
    /// Prometheus is told to call it.
    pub is_scraped: bool,
    ports: Vec<Value>,
}

/// Whom a rule of a stored policy is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The rule names nobody.
    Everyone,
    /// An empty selector of namespaces.
    EveryPod,
    /// Some Pods of the policy's namespace, by their labels.
    Named,
}

/// Kinds that run Pods.
const RUN_PODS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"];

pub fn workloads(objects: &[Value]) -> Vec<Workload> {
    let mut found: BTreeMap<String, Workload> = BTreeMap::new();
    for object in objects.iter().filter(|object| RUN_PODS.iter().any(|kind| object["kind"] == *kind)) {
        let workload = workload(object, objects);
        let known = found.entry(workload.name.clone()).or_insert_with(|| workload.clone());
        assert_eq!(known.labels, workload.labels, "{} has Pods of two sorts", workload.name);
    }
    found.into_values().collect()
}

fn workload(object: &Value, objects: &[Value]) -> Workload {
    let namespace = namespace(object);
    let template = if object["kind"] == "Pod" { object } else { &object["spec"]["template"] };
    let owner = object["metadata"]["ownerReferences"].get(0).filter(|owner| owner["controller"] == true);
    let (kind, name) = match owner {
        Some(owner) => (&owner["kind"], &owner["name"]),
        None => (&object["kind"], &object["metadata"]["name"]),
    };
    let containers = || list(&template["spec"]["containers"]);
    let ports = containers().iter().flat_map(|container| list(&container["ports"]));
    let named = ports.filter_map(|port| Some((port["name"].as_str()?.to_owned(), number(&port["containerPort"])?)));
    let mut texts = Vec::new();
    for container in containers() {
        texts_of(container, &mut texts);
    }
    let maps = objects.iter().filter(|other| other["kind"] == "ConfigMap" && self::namespace(other) == namespace);
    for map in maps {
        if texts.iter().any(|text| *text == map["metadata"]["name"]) {
            texts_of(&map["data"], &mut texts);
        }
    }
    Workload {
        name: format!("{namespace}/{}[{}]", name.as_str().expect("a name"), kind.as_str().expect("a kind")),
        labels: template["metadata"]["labels"].clone(),
        named: named.collect(),
        texts,
        namespace,
    }
}

pub fn services(objects: &[Value]) -> Vec<Service> {
    let all = objects.iter().filter(|object| object["kind"] == "Service");
    let read = |object: &Value| Service {
        name: object["metadata"]["name"].as_str().expect("a name").to_owned(),
        namespace: namespace(object),
        selector: object["spec"]["selector"].clone(),
        is_public: ["NodePort", "LoadBalancer"].iter().any(|kind| object["spec"]["type"] == *kind),
        is_scraped: object["metadata"]["annotations"]["prometheus.io/scrape"] == "true",
        ports: list(&object["spec"]["ports"]).to_vec(),
    };
    all.map(read).collect()
}

impl Workload {
    /// Does one of its texts name this host? A name is not part of a longer one; a port or a domain may follow.
    pub fn mentions(&self, host: &str) -> bool {
        let of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        self.texts.iter().any(|text| text.split(|letter| !of_name(letter)).any(|word| word == host))
    }

    fn has(&self, labels: &Value) -> bool {
        let wanted = labels.as_object().unwrap_or_else(|| panic!("no labels: {labels}"));
        wanted.iter().all(|(key, value)| self.labels[key] == *value)
    }

    fn port(&self, port: &Value) -> Option<u16> {
        number(port).or_else(|| self.named.get(port.as_str()?).copied())
    }
}

impl Service {
    pub fn leads_to(&self, workload: &Workload) -> bool {
        self.selector.is_object() && self.namespace == workload.namespace && workload.has(&self.selector)
    }

    /// The Pods' ports; the Service's own where no other is named.
    pub fn ports(&self, workload: &Workload) -> PortSet {
        let targets = self.ports.iter().map(|port| (port, port.get("targetPort").unwrap_or(&port["port"])));
        let numbers = targets.filter_map(|(port, target)| Some((protocol(port), workload.port(target)?)));
        PortSet::of(numbers.map(|(protocol, port)| (protocol, (port, port))))
    }
}

/// The ports at which a stored policy lets `subject` speak with `other` in a direction, by rules of these sorts.
/// Nothing for `other` is an address outside the cluster. `called` has the named ports.
pub fn stored(
    policies: &[Value],
    (subject, direction): (&Workload, &str),
    other: Option<&Workload>,
    called: Option<&Workload>,
    sorts: &[Whom],
) -> PortSet {
    let mut ports = PortSet::default();
    for policy in policies.iter().filter(|policy| selects(policy, subject)) {
        for rule in list(&policy["spec"][direction]) {
            let peers = list(&rule[if direction == "ingress" { "from" } else { "to" }]);
            let about = |peer: &Value| {
                let sort = whom(peer);
                let named = other.filter(|other| other.namespace == subject.namespace);
                let is_meant = match sort {
                    Whom::Everyone | Whom::EveryPod => other.is_some(),
                    Whom::Named => named.is_some_and(|other| other.has(&peer["podSelector"]["matchLabels"])),
                };
                sorts.contains(&sort) && is_meant
            };
            let everyone = peers.is_empty() && sorts.contains(&Whom::Everyone);
            if everyone || peers.iter().any(about) {
                ports = ports.union(&rule_ports(rule, called));
            }
        }
    }
    ports
}

/// The stored policies all isolate both directions, which is what makes rules add up to all that is allowed.
fn selects(policy: &Value, workload: &Workload) -> bool {
    let spec = &policy["spec"];
    assert_eq!(spec["policyTypes"], serde_json::json!(["Ingress", "Egress"]), "{policy}");
    let labels = &spec["podSelector"]["matchLabels"];
    namespace(policy) == workload.namespace && (labels.is_null() || workload.has(labels))
}

/// Is a workload isolated by one of the policies?
pub fn is_isolated(policies: &[Value], workload: &Workload) -> bool {
    policies.iter().any(|policy| selects(policy, workload))
}

/// Which sort of peer. There are no others here.
fn whom(peer: &Value) -> Whom {
    let fields: BTreeSet<&str> = peer.as_object().expect("a peer").keys().map(String::as_str).collect();
    let fields: Vec<&str> = fields.into_iter().collect();
    match &fields[..] {
        ["namespaceSelector"] if peer["namespaceSelector"] == serde_json::json!({}) => Whom::EveryPod,
        ["podSelector"] if peer["podSelector"]["matchLabels"].is_object() => Whom::Named,
        _ => panic!("a peer of another sort: {peer}"),
    }
}

fn rule_ports(rule: &Value, called: Option<&Workload>) -> PortSet {
    let ports = list(&rule["ports"]);
    assert!(!ports.is_empty(), "all ports: {rule}");
    // A name that the Pod does not have stands for no port.
    let number_of = |port: &Value| number(port).or_else(|| called?.port(port));
    let spans = ports.iter().filter_map(|port| Some((protocol(port), number_of(&port["port"])?)));
    PortSet::of(spans.map(|(protocol, port)| (protocol, (port, port))))
}

fn protocol(port: &Value) -> Protocol {
    match port["protocol"].as_str() {
        None | Some("TCP") => Protocol::Tcp,
        Some("UDP") => Protocol::Udp,
        Some(other) => panic!("no protocol: {other}"),
    }
}

fn namespace(object: &Value) -> String {
    object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|number| u16::try_from(number).ok())
}

fn texts_of(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| texts_of(field, texts)),
        _ => {}
    }
}
