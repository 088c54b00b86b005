//! What must hold for every answer, on random small clusters.

use appnet::{
    api::Protocol,
    explain::{
        Answer, ChangeShown, ConnectionShown, Explanation, GateShown, Profiles, Question, Setting, Sources, explain,
    },
    model::Labels,
    observe::Workload,
    reach::{
        Connection, Difference, Direction, End, FarEnd, Gate, Grain, Outcome, Picture, Pod, PodPort, Policy, Reach,
        differences,
    },
};
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

struct Nowhere;

impl Sources for Nowhere {
    fn policy(&self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
    fn label(&self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
    fn annotation(&self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
    fn profile(&self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
}

fn labels() -> impl Strategy<Value = Labels> {
    select(vec![vec![("app", "a")], vec![("app", "b")], vec![("app", "b"), ("part", "x")], vec![("part", "y")], vec![]])
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

fn pods() -> impl Strategy<Value = Vec<Pod>> {
    let one = (select(vec!["east", "west"]), labels(), select(vec![80, 8080]), prop::bool::weighted(0.1));
    vec(one, 2..6).prop_map(|pods| {
        let pod = |(number, (namespace, labels, port, host_network)): (usize, (&str, Labels, u16, bool))| Pod {
            namespace: namespace.into(),
            name: format!("p{number}"),
            workload: Workload { kind: "Pod".into(), name: format!("p{number}") },
            labels,
            ports: vec![PodPort { name: "http".into(), number: port, protocol: Protocol::Tcp }],
            addresses: Vec::new(),
            host_network,
        };
        pods.into_iter().enumerate().map(pod).collect()
    })
}

fn selector() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({"matchLabels": {"app": "a"}}),
        json!({"matchLabels": {"app": "b"}}),
        json!({"matchExpressions": [{"key": "part", "operator": "NotIn", "values": ["x"]}]}),
    ])
}

fn peer() -> impl Strategy<Value = Value> {
    let block = select(vec![
        json!({"ipBlock": {"cidr": "203.0.113.0/24"}}),
        json!({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["203.0.113.0/28"]}}),
    ]);
    let other = select(vec![json!({}), json!({"matchLabels": {"kubernetes.io/metadata.name": "west"}})]);
    prop_oneof![
        selector().prop_map(|pods| json!({"podSelector": pods})),
        (other, selector()).prop_map(|(spaces, pods)| json!({"namespaceSelector": spaces, "podSelector": pods})),
        block,
    ]
}

fn rules(field: &'static str) -> impl Strategy<Value = Value> {
    let ports = select(vec![
        json!([]),
        json!([{"port": 80}]),
        json!([{"port": "http"}]),
        json!([{"port": 53, "protocol": "UDP"}]),
    ]);
    vec((vec(peer(), 0..3), ports).prop_map(move |(peers, ports)| json!({field: peers, "ports": ports})), 0..3)
        .prop_map(Value::from)
}

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    let types = select(vec![json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])]);
    let one = (select(vec!["east", "west"]), selector(), types, rules("from"), rules("to"));
    vec(one, 0..5).prop_map(|all| {
        let read =
            |(number, (namespace, pods, types, ingress, egress)): (usize, (&str, Value, Value, Value, Value))| {
                let spec = json!({"podSelector": pods, "policyTypes": types, "ingress": ingress, "egress": egress});
                policy(namespace, &format!("n{number}"), spec)
            };
        all.into_iter().enumerate().map(read).collect()
    })
}

fn policy(namespace: &str, name: &str, spec: Value) -> Policy {
    let spec: NetworkPolicySpec = serde_json::from_value(spec).expect("a spec");
    Policy::read(namespace, name, &spec).expect("a policy")
}

/// Carries out a change in the picture.
fn make(picture: &mut Picture, change: &ChangeShown) {
    if change.what.starts_with("write") {
        let new: NetworkPolicy = serde_saphyr::from_str(&change.yaml).expect("a policy");
        let (namespace, name) = (new.metadata.namespace.expect("a namespace"), new.metadata.name.expect("a name"));
        picture.policies.push(Policy::read(&namespace, &name, &new.spec.expect("a spec")).expect("a policy"));
        return;
    }
    let words: Vec<_> = change.what.split([' ', '/', ',']).collect();
    let ["in", "NetworkPolicy", namespace, name, "", "add", "to", field] = words[..] else { panic!("{}", change.what) };
    let rules: Value = serde_saphyr::from_str(&change.yaml).expect("rules");
    let more = policy(
        namespace,
        name,
        match field {
            "spec.ingress" => json!({"policyTypes": ["Ingress"], "ingress": rules}),
            _ => json!({"policyTypes": ["Egress"], "egress": rules}),
        },
    );
    let known = picture.policies.iter_mut().find(|known| known.namespace == namespace && known.name == name);
    let known = known.expect("it is there");
    known.ingress.iter_mut().for_each(|list| list.extend(more.ingress.iter().flatten().cloned()));
    known.egress.iter_mut().for_each(|list| list.extend(more.egress.iter().flatten().cloned()));
}

fn word(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Allowed => Answer::Allowed,
        Outcome::Denied => Answer::Denied,
        Outcome::Unknown => Answer::Unknown,
    }
}

/// Each rule that is said to allow does so when nothing else is there.
fn rules_do_allow(picture: &Picture, shown: &ConnectionShown, connection: &Connection) {
    for (direction, side) in [(Direction::Egress, &shown.egress), (Direction::Ingress, &shown.ingress)] {
        let side = side.as_ref().expect("a side");
        let named: Vec<_> =
            side.policies.iter().flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule))).collect();
        assert_eq!(side.gate == GateShown::Allowed, named.iter().any(|(_, rule)| rule.allows), "{shown:?}");
        for (of, rule) in named {
            let whole =
                picture.policies.iter().find(|policy| policy.namespace == of.namespace && policy.name == of.name);
            let mut alone = whole.expect("a policy of the picture").clone();
            let list = |wanted: Direction| {
                let rules = alone.rules(direction).expect("rules");
                (wanted == direction).then(|| vec![rules[rule.number - 1].clone()])
            };
            (alone.ingress, alone.egress) = (list(Direction::Ingress), list(Direction::Egress));
            let verdict = Reach::new(&Picture { policies: vec![alone], ..picture.clone() }).query(connection);
            let gate = if direction == Direction::Egress { verdict.egress } else { verdict.ingress };
            assert_eq!(matches!(gate, Gate::Allowed(_)), rule.allows, "{rule:?}");
        }
    }
}

fn fix_works(picture: &Picture, before: &Reach, answer: &Explanation, connection: &Connection) -> bool {
    let Some(fix) = &answer.fix else { return false };
    let mut fixed = picture.clone();
    fix.changes.iter().for_each(|change| make(&mut fixed, change));
    let after = Reach::new(&fixed);
    assert_eq!(after.query(connection).outcome(), Outcome::Allowed, "{answer}");
    let text = |end: &FarEnd| match end {
        FarEnd::Node(key) => key.to_string(),
        FarEnd::Addresses(span) => span.to_string(),
    };
    let mut others = 0;
    for Difference { from, to, before, after } in differences(before, &after, Grain::Workloads) {
        assert!(before.without(&after).is_empty(), "it closes {} => {}\n{answer}", text(&from), text(&to));
        let line = format!("{} => {} : {}", text(&from), text(&to), after.without(&before));
        let ends = [(&from, &answer.from), (&to, &answer.to)];
        let asked = ends.iter().all(|(end, asked)| {
            text(end).trim_end_matches("[Pod]") == **asked || text(end) == format!("{asked}-{asked}")
        });
        let ports = format!("{} {}", connection.protocol.as_str(), connection.port);
        if !asked || after.without(&before).to_string() != ports {
            assert!(fix.opens_too.contains(&line), "it opens {line}, and does not say so\n{answer}");
            others += 1;
        }
    }
    assert_eq!(others, fix.opens_too.len(), "{answer}");
    true
}

/// Asks everything; how many fixes there were.
fn ask_everything(picture: &Picture) -> usize {
    let reach = Reach::new(picture);
    let profiles = Profiles::default();
    let setting = Setting::new(picture, &reach, &profiles, &Nowhere);
    let mut ends: Vec<_> =
        (0..).zip(&picture.pods).map(|(id, pod)| (End::Pod(id), format!("{}/{}", pod.namespace, pod.name))).collect();
    ends.extend(
        ["203.0.113.7", "203.0.113.77"].map(|ip| (End::Address(ip.parse().expect("an address")), ip.to_owned())),
    );
    let mut fixes = 0;
    for (from, from_text) in &ends {
        for (to, to_text) in ends.iter().filter(|(to, _)| matches!((from, to), (End::Pod(_), _) | (_, End::Pod(_)))) {
            for (protocol, port) in [(Protocol::Tcp, 80), (Protocol::Tcp, 8080), (Protocol::Udp, 53)] {
                let connection = Connection { from: *from, to: *to, protocol, port };
                let asked = format!("{port}/{}", protocol.as_str());
                let question = Question { from: from_text, to: to_text, port: Some(&asked), namespace: "east" };
                let answer = explain(&setting, question).expect("an answer");
                let outcome = word(reach.query(&connection).outcome());
                // What stops a Pod from calling itself is undefined.
                let undefined = from == to && outcome == Answer::Denied;
                assert_eq!(answer.verdict, if undefined { Answer::Unknown } else { outcome }, "{answer}");
                assert!(!undefined || (answer.fix.is_none() && answer.connections[0].reason.is_some()), "{answer}");
                assert!(answer.to_string().starts_with(answer.verdict.as_str()));
                rules_do_allow(picture, &answer.connections[0], &connection);
                fixes += usize::from(fix_works(picture, &reach, &answer, &connection));
            }
        }
    }
    fixes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_that_of_the_evaluator_every_rule_allows_alone_and_every_fix_works(
        (pods, policies) in (pods(), policies())
    ) {
        ask_everything(&Picture { pods, policies, ..Picture::default() });
    }
}

#[test]
fn a_closed_namespace_is_full_of_fixes() {
    let pod = |name: &str, app: &str| Pod {
        namespace: "east".into(),
        name: name.into(),
        workload: Workload { kind: "Pod".into(), name: name.into() },
        labels: Labels::from([("app".into(), app.into())]),
        ..Pod::default()
    };
    let deny = policy("east", "deny", json!({"policyTypes": ["Ingress", "Egress"]}));
    let picture =
        Picture { pods: vec![pod("p", "a"), pod("q", "b"), pod("r", "c")], policies: vec![deny], ..Picture::default() };
    // Nobody can be asked about an address that calls itself, and nobody knows of a Pod that does: 3 Pods call 2 addresses and
    // each other, and are called.
    assert_eq!(ask_everything(&picture), 3 * (3 * 2 + 3 * 2 * 2));
}
