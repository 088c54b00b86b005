//! Changes of several policies: what has to be written before them, and what need not.

use std::collections::BTreeMap;

use appnet::{observe::World, plan::Write};

use super::{DNS, ONE_TIER, TWO_TIERS, converged, desired, shown, stages};

#[test]
fn two_tiers_that_swap_their_pods_get_a_bridge_first_that_goes_when_both_have_changed() {
    let before = format!("{DNS}, isolation: Tiers, {TWO_TIERS}")
        .replacen("port: 8080}]", "port: 8080}], from: [{pods: {allPods: true}}]", 1)
        .replacen("port: 8081}]", "port: 8080}], from: [{pods: {allPods: true}}]", 1);
    let after =
        before.replace("{app: api}", "{app: other}").replace("{app: web}", "{app: api}").replace("other", "web");
    let done = stages(&mut converged(&before, &World::default()), &desired(&after));
    assert!(done[0].starts_with("create shop-bridge-"), "{done:#?}");
    assert!(done.last().is_some_and(|last| last.starts_with("delete shop-bridge-")), "{done:#?}");
}

#[test]
fn pods_that_a_tier_leaves_keep_what_they_had_until_the_deny_is_gone() {
    let before = format!("dns: {{mode: None}}, {ONE_TIER}");
    let after = before.replace("app: api", "app: web").replace("dns:", "isolation: Tiers, dns:");
    let done = stages(&mut converged(&before, &World::default()), &desired(&after));
    let [first, deny, bridge] = &done[..] else { panic!("{done:#?}") };
    assert!(first.starts_with("create shop-bridge-") && first.contains("update shop-allow-api"), "{first}");
    assert_eq!(deny, "delete shop-default-deny");
    assert!(bridge.starts_with("delete shop-bridge-"), "{bridge}");
}

#[test]
fn what_is_not_lost_on_the_way_gets_no_bridge() {
    let tier = |name: &str, label: &str, ports: &str| {
        let ports: Vec<_> = ports.split(' ').map(|port| format!("{{name: p{port}, port: {port}}}")).collect();
        format!(
            "{{name: {name}, podSelector: {{matchLabels: {{{label}}}}}, ports: [{}], from: [{{pods: {{allPods: true}}}}]}}",
            ports.join(", ")
        )
    };
    let calling = |whom: &str, port: u16| {
        let to = format!("to: [{{name: all, pods: {{{whom}}}, ports: [{{port: {port}}}]}}], from:");
        tier("web", "app: web", "83").replace("from:", &to)
    };
    // One half of `api` goes, one stays, and `web` gets one by which it calls these Pods at this port.
    let meeting = |whom: &str, port: u16| {
        let before = [tier("api", "app: api", "8080 81"), tier("web", "app: web", "83")].to_vec();
        (before, [tier("api", "app: api", "8080 82"), calling(whom, port)].to_vec())
    };
    let named = "{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: main, port: http}], from: [{pods: {allPods: true}}]}";
    let spec = |tiers: &[String]| format!("{DNS}, isolation: Tiers, tiers: [{}]", tiers.join(", "));
    for (what, (before, after)) in [
        (
            "Pods move to a new tier, which is written first",
            (
                [tier("api", "app: api", "8080"), tier("web", "app: web", "81")].to_vec(),
                [tier("api", "app: old", "8080"), tier("web", "app: web", "82"), tier("next", "app: api", "8080")]
                    .to_vec(),
            ),
        ),
        (
            "Pods move to a tier from one that goes last",
            (
                [tier("api", "app: api", "8080"), tier("web", "app: web", "8080")].to_vec(),
                [tier("api", "app: web", "8080")].to_vec(),
            ),
        ),
        (
            "the first of two tiers of a Pod keeps what the second gets",
            (
                [tier("api", "app: api", "8080 81"), tier("web", "part: web", "82")].to_vec(),
                [tier("api", "app: api", "8080 83"), tier("web", "part: web", "8080")].to_vec(),
            ),
        ),
        (
            "the second of two tiers of a Pod has what the first loses",
            (
                [tier("api", "app: api", "8080"), tier("web", "part: web", "8080 81")].to_vec(),
                [tier("api", "app: api", "82"), tier("web", "part: web", "8080 83")].to_vec(),
            ),
        ),
        (
            "a port that changes between name and number cannot be taken out in part",
            (
                [named.to_owned(), tier("web", "app: web", "83")].to_vec(),
                [named.replace("port: http", "port: 8080"), calling("allPods: true", 8080)].to_vec(),
            ),
        ),
        ("a half that stays meets one that comes, and the flow is wanted", meeting("allPods: true", 8080)),
        ("a half that comes is about other Pods", meeting("podSelector: {matchLabels: {app: other}}", 81)),
        ("a half that comes is about Pods of another namespace", meeting("namespace: partner, allPods: true", 81)),
        ("a half that goes and one that comes have no port in common", meeting("allPods: true", 9999)),
    ] {
        let done = stages(&mut converged(&spec(&before), &World::default()), &desired(&spec(&after))).join("; ");
        assert!(!done.is_empty() && !done.contains("bridge"), "{what}: {done}");
        // Nor is anything taken out of a policy before it gets its new rules.
        assert!(!done.split("; ").any(|write| write.ends_with(": spec")), "{what}: {done}");
    }
}

#[test]
fn a_half_that_would_meet_one_that_comes_is_taken_out_first_and_the_policy_keeps_its_owners() {
    let ports = "ports: [{name: http, port: 8080}]";
    let api = "{name: api, podSelector: {matchLabels: {app: api}}, to: [{name: all, pods: {allPods: true}, ports: [{port: 8080}]}]}";
    let before = format!("{DNS}, tiers: [{api}, {{name: web, podSelector: {{matchLabels: {{app: web}}}}, {ports}}}]");
    let after = before
        .replace(", to: [{name: all, pods: {allPods: true}, ports: [{port: 8080}]}]", "")
        .replace(&format!("{ports}}}]"), &format!("{ports}, from: [{{pods: {{allPods: true}}}}]}}]"));
    let mut cluster = converged(&before, &World::default());
    let row = cluster.rows.iter_mut().find(|row| row.name == "shop-allow-api").expect("it is there");
    // What somebody added is no reason to lose the others.
    let mut stranger = row.owners[0].clone();
    (stranger.kind, stranger.uid, stranger.controller) = ("ConfigMap".into(), "theirs".into(), None);
    row.owners.push(stranger);
    let owners = row.owners.clone();
    let stage = cluster.stage(&desired(&after));
    let first = &stage.writes[0];
    assert_eq!(shown(first), "update shop-allow-api: spec", "{:#?}", stage.writes);
    let Write::Update { body, .. } = first else { panic!("{first:?}") };
    let kept = body.owners(&BTreeMap::new());
    let ours = owners.iter().filter(|owner| owner.uid != "theirs").cloned().collect::<Vec<_>>();
    assert!(ours.len() > 1 && ours.iter().all(|owner| kept.iter().any(|one| one.uid == owner.uid)), "{kept:#?}");
    assert_eq!(kept.iter().filter(|owner| owner.controller == Some(true)).count(), 1, "{kept:#?}");
}

#[test]
fn a_half_of_a_tier_that_goes_is_taken_out_before_the_one_that_it_would_meet_comes() {
    let ports = "ports: [{name: http, port: 8080}]";
    let api = "{name: api, podSelector: {matchLabels: {app: api}}, to: [{name: all, pods: {allPods: true}, ports: [{port: 8080}]}]}";
    let web = format!("{{name: web, podSelector: {{matchLabels: {{app: web}}}}, {ports}}}");
    let before = format!("{DNS}, tiers: [{api}, {web}]");
    let after =
        format!("{DNS}, tiers: [{}]", web.replace(ports, &format!("{ports}, from: [{{pods: {{allPods: true}}}}]")));
    let done = stages(&mut converged(&before, &World::default()), &desired(&after));
    assert_eq!(
        done,
        [
            "update shop-allow-api: spec; update shop-allow-web: metadata.annotations[appnet.dev/explanation], spec.ingress",
            "delete shop-allow-api"
        ]
    );
}

#[test]
fn a_tier_waits_for_one_that_cannot_come_only_where_its_pods_would_lose_something() {
    let api = "{name: api, podSelector: {matchLabels: {app: api}}, ports: [{name: http, port: 8080}], from: [{pods: {allPods: true}}]}";
    let (old, next) = (api.replace("app: api", "app: old"), "{name: next, podSelector: {matchLabels: {app: api}}}");
    let moves = [format!("tiers: [{api}]"), format!("tiers: [{old}, {next}]")];
    let web = "{name: web, podSelector: {matchLabels: {part: web}}, ports: [{name: http, port: 8080}, {name: x, port: 81}], from: [{pods: {allPods: true}}]}";
    let shares = [
        format!("tiers: [{api}, {web}]"),
        format!("tiers: [{}, {}]", api.replace("8080", "82"), web.replace("81", "83")),
    ];
    for (what, isolation, [before, after], refused, waits) in [
        ("its Pods would be open", "Tiers", &moves, "shop-allow-next", true),
        ("its Pods are isolated all the same", "Namespace", &moves, "shop-allow-next", false),
        ("the other one gives what it loses already", "Namespace", &shares, "shop-allow-web", false),
    ] {
        // DNS is given by every policy.
        let spec = |tiers: &str| format!("dns: {{mode: None}}, isolation: {isolation}, {tiers}");
        let mut cluster = converged(&spec(before), &World::default());
        cluster.failed.insert(refused.to_owned());
        let stage = cluster.stage(&desired(&spec(after)));
        let goes = stage.writes.iter().any(|write| write.name() == "shop-allow-api");
        assert_eq!(goes, !waits, "{what}: {:#?}", stage.writes.iter().map(shown).collect::<Vec<_>>());
    }
}
