//! Changes to policies that nobody generates: a rule more, or a policy more.

use std::cmp::Reverse;

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use serde_json::{Value, json};

use super::{
    super::{answer::ChangeShown, origin, setting::Setting},
    ask::Ask,
    candidate::{Act, Candidate},
    selector::Named,
};
use crate::{
    model::PortRange,
    reach::{Direction, Policy},
};

/// How many policies that are there are tried.
const MOST: usize = 3;

/// The changes that may open one side.
pub(super) fn candidates(setting: &Setting<'_>, ask: &Ask<'_>, direction: Direction) -> Vec<Candidate> {
    let mut found = Vec::new();
    let Named::Pods { namespace, labels } = ask.ends(direction).0 else { return found };
    let rule = rule(ask, direction, namespace);
    for name in there(setting, ask, direction, namespace) {
        found.extend(one_rule_more(setting, (namespace, &name), direction, &rule));
    }
    let (from, to) = (ask.from.word(), ask.to.word());
    let base = match direction {
        Direction::Ingress => format!("allow-{from}-into-{to}"),
        Direction::Egress => format!("allow-{from}-out-to-{to}"),
    };
    let base: String = base.chars().take(58).collect();
    let base = base.trim_end_matches('-');
    let name = setting.free_name(namespace, base);
    let mut spec = json!({"podSelector": {"matchLabels": labels}, "policyTypes": [direction.as_str()]});
    spec[direction.field()] = json!([rule]);
    found.extend(name.and_then(|name| new(namespace, &name, &spec)));
    found
}

/// The policies of this side that nobody generates and that select these Pods alone by their labels, those of the fewest Pods
/// first, then those that name most labels. A rule more in another one would open a half for others too; one that selects every Pod of its namespace does so as
/// soon as there are others, and a default-deny with a rule is none any more.
fn there(setting: &Setting<'_>, ask: &Ask<'_>, direction: Direction, namespace: &str) -> Vec<String> {
    let Some(pod) = ask.pods(direction).next() else { return Vec::new() };
    let isolating = setting.reach.isolating(pod, direction).iter();
    let names = isolating.filter_map(|id| Some(setting.reach.policy_name(*id)?.1));
    let mut own: Vec<(usize, Reverse<usize>, &str)> = names
        .filter_map(|name| {
            let selector = setting.policy(namespace, name)?.subject.selector()?;
            let there = setting.picture.pods.iter().filter(|pod| pod.namespace == namespace);
            let selected: Vec<_> = there.filter(|pod| selector.matches(&pod.labels)).collect();
            // A selector that only says whom it leaves out is one for whoever comes next.
            let labels = selector.labels().len();
            let alone = labels > 0 && ask.is_only(direction, selected.iter().copied());
            (alone && origin::profile_of(setting, namespace, name).is_none()).then_some((
                selected.len(),
                Reverse(labels),
                name,
            ))
        })
        .collect();
    own.sort_unstable();
    own.into_iter().take(MOST).map(|(.., name)| name.to_owned()).collect()
}

fn rule(ask: &Ask<'_>, direction: Direction, own: &str) -> Value {
    let peer = match ask.ends(direction).1 {
        Named::Block(block) => json!({"ipBlock": {"cidr": block}}),
        Named::Pods { namespace, labels } if namespace == own => json!({"podSelector": {"matchLabels": labels}}),
        Named::Pods { namespace, labels } => json!({
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchLabels": labels},
        }),
    };
    let ports: Vec<_> = ask
        .ports
        .iter()
        .map(|(protocol, port)| match port {
            PortRange::Numbers(number, _) => json!({"port": number, "protocol": protocol}),
            PortRange::Name(name) => json!({"port": name.as_str(), "protocol": protocol}),
        })
        .collect();
    let field = if direction == Direction::Ingress { "from" } else { "to" };
    json!({field: [peer], "ports": ports})
}

fn read(namespace: &str, name: &str, spec: &Value) -> Option<Policy> {
    let spec: NetworkPolicySpec = serde_json::from_value(spec.clone()).ok()?;
    Policy::read(namespace, name, &spec).ok()
}

fn yaml(value: &Value) -> Option<String> {
    serde_saphyr::to_string(value).ok()
}

fn one_rule_more(
    setting: &Setting<'_>,
    (namespace, name): (&str, &str),
    direction: Direction,
    rule: &Value,
) -> Option<Candidate> {
    let mut policy = setting.policy(namespace, name)?.clone();
    let field = direction.field();
    let mut spec = json!({"podSelector": {}, "policyTypes": [direction.as_str()]});
    spec[field] = json!([rule]);
    let mut more = read(namespace, name, &spec)?;
    let (rules, more) = match direction {
        Direction::Ingress => (policy.ingress.as_mut()?, more.ingress.take()?),
        Direction::Egress => (policy.egress.as_mut()?, more.egress.take()?),
    };
    // A list that is not there cannot be appended to.
    let operation = if rules.is_empty() {
        json!([{"op": "add", "path": format!("/spec/{field}"), "value": [rule]}])
    } else {
        json!([{"op": "add", "path": format!("/spec/{field}/-"), "value": rule}])
    };
    rules.extend(more);
    let shown = ChangeShown {
        what: format!("in NetworkPolicy {namespace}/{name}, add to spec.{field}"),
        place: setting.sources.policy(namespace, name, &format!("spec.{field}")),
        yaml: yaml(&json!([rule]))?,
        command: format!("kubectl patch networkpolicy {name} -n {namespace} --type json -p '{operation}'"),
    };
    Some(Candidate { shown, act: Act::Policy(policy) })
}

fn new(namespace: &str, name: &str, spec: &Value) -> Option<Candidate> {
    let object = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    });
    let yaml = yaml(&object)?;
    let shown = ChangeShown {
        what: format!("write a NetworkPolicy {namespace}/{name}"),
        place: None,
        command: format!("kubectl apply -f - <<'EOF'\n{}\nEOF", yaml.trim_end()),
        yaml,
    };
    Some(Candidate { shown, act: Act::Policy(read(namespace, name, spec)?) })
}
