//! The differences from touched rows are those of two whole maps, for whatever clusters and changes.

use appnet::{
    api::{LabelSelector, Protocol},
    model::NonEmpty,
    model::{Labels, Selector},
    observe::Workload,
    reach::{
        Grain, NamespacesOf, Peer, Peers, Picture, Pod, PodsOf, Policy, PortSet, Ports, Reach, Rule, States,
        differences,
    },
};
use proptest::{collection::vec, option, prelude::*};

const NAMESPACES: [&str; 3] = ["shop", "blog", "ops"];
const KEYS: [&str; 3] = ["app", "role", "zone"];
const VALUES: [&str; 3] = ["a", "b", "c"];

fn labels() -> impl Strategy<Value = Labels> {
    vec((0..3usize, 0..3usize), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (KEYS[key].into(), VALUES[value].into())).collect())
}

fn selected() -> impl Strategy<Value = PodsOf> {
    labels().prop_map(|match_labels| {
        let selector = Selector::parse(&LabelSelector { match_labels, match_expressions: Vec::new() });
        selector.map_or(PodsOf::All, PodsOf::Selected)
    })
}

fn selector_of(pods: PodsOf) -> NamespacesOf {
    match pods {
        PodsOf::All => NamespacesOf::All,
        PodsOf::Selected(selector) => NamespacesOf::Selected(selector),
    }
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        selected().prop_map(|pods| Peer::Pods { namespaces: NamespacesOf::Own, pods }),
        (selected(), selected())
            .prop_map(|(namespaces, pods)| Peer::Pods { namespaces: selector_of(namespaces), pods }),
        (0..4u8).prop_map(|block| Peer::Block {
            cidr: format!("10.{block}.0.0/16").parse().expect("a block"),
            except: Vec::new()
        }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let ports = option::of((1..4u16).prop_map(|port| PortSet::span(Protocol::Tcp, 80, 80 + port)));
    (vec(peer(), 0..3), ports).prop_map(|(peers, ports)| Rule {
        peers: NonEmpty::new(peers).map_or(Peers::Any, Peers::These),
        ports: ports.map_or_else(Ports::any, |numbers| Ports { numbers, names: Vec::new() }),
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    (0..3usize, 0..4usize, selected(), option::of(vec(rule(), 0..3)), option::of(vec(rule(), 0..3))).prop_map(
        |(namespace, name, subject, ingress, egress)| Policy {
            namespace: NAMESPACES[namespace].into(),
            name: format!("policy-{name}"),
            subject,
            ingress,
            egress,
            ignored: Vec::new(),
        },
    )
}

fn pod() -> impl Strategy<Value = Pod> {
    (0..3usize, 0..4usize, 0..2usize, labels(), prop::bool::weighted(0.1)).prop_map(
        |(namespace, workload, pod, labels, host_network)| Pod {
            namespace: NAMESPACES[namespace].into(),
            name: format!("w{workload}-{pod}"),
            workload: Workload { kind: "Deployment".into(), name: format!("w{workload}") },
            labels,
            host_network,
            ..Pod::default()
        },
    )
}

/// A cluster. A namespace that has no labels of its own is left out.
fn picture() -> impl Strategy<Value = Picture> {
    (vec(pod(), 0..8), vec(policy(), 0..5), vec(labels(), 3)).prop_map(|(mut pods, mut policies, labels)| {
        pods.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        pods.dedup_by(|one, other| (&one.namespace, &one.name) == (&other.namespace, &other.name));
        policies.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        policies.dedup_by(|one, other| (&one.namespace, &one.name) == (&other.namespace, &other.name));
        let namespaces =
            NAMESPACES.iter().map(ToString::to_string).zip(labels).filter(|(_, labels)| !labels.is_empty());
        Picture { namespaces: namespaces.collect(), pods, policies, ..Picture::default() }
    })
}

/// What stays of the first cluster in the second one, in bits: labels of namespaces, Pods, policies.
fn partly(before: &Picture, after: Picture, kept: (bool, bool, u8)) -> Picture {
    let mut after = after;
    if kept.0 {
        after.namespaces.clone_from(&before.namespaces);
    }
    if kept.1 {
        after.pods.clone_from(&before.pods);
    }
    let stays = before.policies.iter().enumerate().filter(|(place, _)| kept.2 & (1 << place) != 0);
    for (_, policy) in stays {
        after.policies.retain(|other| (&other.namespace, &other.name) != (&policy.namespace, &policy.name));
        after.policies.push(policy.clone());
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planned_differences_are_those_of_two_whole_maps(
        before in picture(),
        other in picture(),
        kept in (any::<bool>(), any::<bool>(), any::<u8>()),
        pods in any::<bool>(),
    ) {
        let after = partly(&before, other, kept);
        let grain = if pods { Grain::Pods } else { Grain::Workloads };
        let states = States::new(&before, &after);
        let planned = states.differences(&states.nodes(grain));
        prop_assert_eq!(&planned, &differences(&states.before, &states.after, grain));
        // States that know nothing of each other may show a workload whole that both together show Pod by Pod.
        if pods {
            prop_assert_eq!(&planned, &differences(&Reach::new(&before), &Reach::new(&after), grain));
        }
        let nodes = states.nodes(grain);
        for one in &planned {
            for cause in states.causes(one, &nodes) {
                prop_assert!(!cause.isolates || !cause.policies.is_empty(), "{:?} {:?}", one, cause);
            }
        }
    }
}

#[test]
fn a_changed_policy_touches_only_the_rows_of_the_pods_that_it_selects() {
    let pod = |name: usize| Pod {
        namespace: NAMESPACES[name % 3].into(),
        name: format!("p{name}"),
        workload: Workload { kind: "Pod".into(), name: format!("p{name}") },
        labels: Labels::from([("app".into(), format!("{name}"))]),
        ..Pod::default()
    };
    let one = |app: &str| {
        Selector::parse(&LabelSelector {
            match_labels: Labels::from([("app".into(), app.into())]),
            ..LabelSelector::default()
        })
        .expect("a selector")
    };
    let before = Picture { pods: (0..300).map(pod).collect(), ..Picture::default() };
    let policy = Policy {
        namespace: "shop".into(),
        name: "deny".into(),
        subject: PodsOf::Selected(one("3")),
        ingress: Some(Vec::new()),
        egress: None,
        ignored: Vec::new(),
    };
    let states = States::new(&before, &Picture { policies: vec![policy], ..before.clone() });
    assert!(!states.touched.renumbered);
    assert_eq!((states.touched.ingress.len(), states.touched.egress.len()), (1, 0));
    // Everyone else, and addresses of both families.
    assert_eq!(states.differences(&states.nodes(Grain::Pods)).len(), 299 + 2);
}
