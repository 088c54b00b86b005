//! What other projects say that NetworkPolicies do: their inputs and their stored results, in `tests/cases/oracle`.
//!
//! One test a family, and one for each difference that remains, with its count and the text of the API that decides. The
//! README beside the data tells what is compared and how.

#[path = "oracle/app_text.rs"]
mod app_text;
#[path = "oracle/apps.rs"]
mod apps;
#[path = "oracle/connlist.rs"]
mod connlist;
#[path = "oracle/diff.rs"]
mod diff;
#[path = "oracle/explain.rs"]
mod explain;
#[path = "oracle/explain_text.rs"]
mod explain_text;
#[path = "oracle/host_network.rs"]
mod host_network;
#[path = "oracle/lines.rs"]
mod lines;
#[path = "oracle/names.rs"]
mod names;
#[path = "oracle/state.rs"]
mod state;

use apps::App;
use state::{State, case, cases, title};

const LABELS_DIFFER_AND_MATTER: &str = "example_pods_w_same_owner_and_labels_gap_with_good_match_expression";
const LABELS_DIFFER: &str = "example_pods_w_same_owner_and_labels_gap_with_policy_selector_not_in_gap";
const NAMED_PORTS: &str = "netpol_named_port_test_2";

/// Objects that the API server would refuse, by case, under the names that the expected files give them; and the pairs
/// that are not compared for that.
const REFUSED: [(&str, &str, usize); 3] = [
    (LABELS_DIFFER_AND_MATTER, "default/internal-security[Pod]", 3),
    (LABELS_DIFFER, "default/internal-security[Pod]", 2),
    (NAMED_PORTS, "helloworld/pod-a[Deployment]", 3),
];

/// Ways in that name a port that their Service does not have.
const LEAD_NOWHERE: [(&str, &str); 2] = [
    ("k8s_ingress_test_new", "{ingress-controller} => default/unicorn[Deployment]"),
    ("onlineboutique_workloads_with_ingress", "{ingress-controller} => default/frontend[Deployment]"),
];

fn assert_none(different: &[String]) {
    assert!(different.is_empty(), "{} pairs differ:\n{}", different.len(), different.join("\n"));
}

#[test]
fn who_may_connect_to_whom_is_what_netpol_analyzer_says() {
    let cases = cases("connlist");
    assert_eq!(cases.len(), 25);
    let (mut same, mut on_host, mut different) = (0, 0, Vec::new());
    for case in &cases {
        let refused = REFUSED.iter().find(|(name, ..)| *name == title(case));
        let unread: Vec<_> = refused.iter().map(|(_, object, _)| *object).collect();
        let compared = connlist::compare(case, &unread);
        assert_eq!(compared.unread, refused.map_or(0, |(.., pairs)| *pairs), "{}", title(case));
        same += compared.same;
        on_host += compared.on_host;
        different.extend(compared.different.iter().map(|line| format!("{}: {line}", title(case))));
    }
    assert_none(&different);
    assert_eq!((same, on_host), (2703, 1364), "pairs that are equal, and that were left out");
}

#[test]
fn the_policies_and_rules_that_decide_are_those_that_netpol_analyzer_names() {
    let cases = cases("explain");
    assert_eq!(cases.len(), 6);
    let (mut pairs, mut stories, mut on_host) = (0, 0, 0);
    for case in &cases {
        let compared = explain::compare(case, &State::read(&case.join("input")));
        let different: Vec<_> = compared.different.keys().map(String::as_str).collect();
        let known = LEAD_NOWHERE.iter().filter(|(name, _)| *name == title(case));
        let known: Vec<_> = known.map(|(_, pair)| *pair).collect();
        assert_eq!(different, known, "{}: {:#?}", title(case), compared.different);
        pairs += compared.pairs;
        stories += compared.stories;
        on_host += compared.on_host;
    }
    assert_eq!((pairs, stories, on_host), (949, 6111, 138), "pairs, stories, and pairs that were left out");
}

#[test]
fn what_changes_between_two_states_is_what_netpol_analyzer_says() {
    let cases = cases("diff");
    assert_eq!(cases.len(), 14);
    let (mut same, mut on_host, mut different) = (0, 0, Vec::new());
    for case in &cases {
        let compared = diff::compare(case, false);
        same += compared.same;
        on_host += compared.on_host;
        different.extend(compared.different);
    }
    assert_none(&different);
    assert_eq!((same, on_host), (7945, 5983), "differences that are equal, and that were left out");
}

#[test]
fn apps_are_mapped_and_a_default_deny_cuts_what_was_allowed_and_nothing_else() {
    let cases = cases("apps");
    assert_eq!(cases.len(), 5);
    let apps: Vec<_> = cases.iter().map(|case| App::read(case)).collect();
    apps.iter().for_each(App::breaks_by_default_deny);
    let lines: Vec<_> = apps.iter().map(|app| (app.title.as_str(), app.is_all_open())).collect();
    let expected = [
        ("bookinfo", 156),
        ("k8s_wordpress_example", 6),
        ("onlineboutique-pods", 156),
        ("qotd", 132),
        ("sockshop", 210),
    ];
    assert_eq!(lines, expected, "lines of the map");
}

#[test]
fn the_policies_that_cluster_topology_analyzer_writes_allow_its_service_edges_and_ways_in_and_nothing_else() {
    let cases = cases("apps");
    let counts = |app: &App| {
        let (lines, ways_in) = app.allows_what_is_stored();
        (lines, ways_in, app.stored_pairs_are_service_edges(), app.open_doors_have_a_reason())
    };
    let apps: Vec<_> = cases.iter().map(|case| App::read(case)).collect();
    let counts: Vec<_> = apps.iter().map(|app| (app.title.as_str(), counts(app))).collect();
    let expected = [
        ("bookinfo", (3, 1, 2, 1)),
        ("k8s_wordpress_example", (2, 0, 1, 1)),
        ("onlineboutique-pods", (17, 0, 16, 1)),
        ("qotd", (10, 2, 10, 2)),
        ("sockshop", (4, 0, 3, 4)),
    ];
    assert_eq!(counts, expected, "lines of the map, ways in, edges between workloads, workloads open to anyone");
}

/// "NetworkPolicy behaviour for hostNetwork pods is undefined" (Kubernetes documentation, Network Policies).
#[test]
fn pairs_with_an_end_on_the_host_network_are_unknown_here_and_agree_once_it_is_taken_for_an_ordinary_pod() {
    let mut different = Vec::new();
    for case in cases("connlist").iter().filter(|case| REFUSED.iter().all(|(name, ..)| *name != title(case))) {
        let state = State::read(&case.join("input")).without_host_network();
        different.extend(connlist::compare_changed(case, &state).different);
    }
    for case in cases("explain").iter().filter(|case| LEAD_NOWHERE.iter().all(|(name, _)| *name != title(case))) {
        let state = State::read(&case.join("input")).without_host_network();
        let compared = explain::compare(case, &state);
        assert_eq!(compared.on_host, 0);
        different.extend(compared.different.into_keys());
    }
    for case in cases("diff") {
        let compared = diff::compare(&case, true);
        assert_eq!(compared.on_host, 0);
        different.extend(compared.different);
    }
    assert_none(&different);
}

/// The API server takes only a DNS subdomain as the name of a `NetworkPolicy`.
#[test]
fn a_policy_of_a_name_that_the_api_server_refuses_is_evaluated_and_reported() {
    let mut found = Vec::new();
    for case in cases("connlist") {
        let state = State::read(&case.join("input"));
        let misnamed = state.problems().iter().filter(|problem| problem.contains(": metadata.name: ")).count();
        if misnamed > 0 {
            let names = state.reading.picture.policies.iter().map(|policy| policy.name.as_str());
            assert_eq!(names.collect::<Vec<_>>(), ["use_common_labels_same_values"]);
            found.push((title(&case), misnamed));
        }
    }
    assert_eq!(found, [(LABELS_DIFFER_AND_MATTER.to_owned(), 1), (LABELS_DIFFER.to_owned(), 1)]);
}

/// `OwnerReference.kind`: "Kind of the referent", which is required.
#[test]
fn pods_whose_owner_has_no_kind_are_reported_and_not_read() {
    for name in [LABELS_DIFFER_AND_MATTER, LABELS_DIFFER] {
        let state = State::read(&case("connlist", name).join("input"));
        let problem = "metadata.ownerReferences[0]: must be readable: missing field `kind`";
        assert_eq!(state.problems().iter().filter(|one| one.contains(problem)).count(), 2, "{:?}", state.problems());
        assert_eq!(state.problems().len(), 3, "the name of the policy, and two Pods");
        let pods = state.reading.picture.pods.iter().map(|pod| pod.name.as_str());
        assert_eq!(pods.collect::<Vec<_>>(), ["pod-3"]);
    }
}

/// The same cases with the kind put in: their labels differ, in one of the cases in what the policy asks for.
#[test]
fn pods_of_one_owner_that_differ_in_a_label_that_a_policy_uses_are_shown_one_by_one_and_each_has_the_lines_of_its_owner()
 {
    let with_kind =
        |text: String| text.replace("- name: internal-security", "- kind: ReplicaSet\n      name: internal-security");
    for (name, members) in [
        (LABELS_DIFFER_AND_MATTER, &["default/pod-1[Pod]", "default/pod-2[Pod]"][..]),
        (LABELS_DIFFER, &["default/internal-security[ReplicaSet]"]),
    ] {
        let case = case("connlist", name);
        let state = State::read_with(&case.join("input"), with_kind);
        assert_eq!(state.problems().len(), 1, "the name of the policy: {:?}", state.problems());
        assert_none(&connlist::compare_members(&case, &state, members, "default/internal-security[Pod]"));
    }
}

/// `ContainerPort.containerPort`: "Number of port to expose on the pod's IP address", which is required.
#[test]
fn a_container_port_without_a_number_is_reported_and_the_case_agrees_once_it_has_one() {
    let case = case("connlist", NAMED_PORTS);
    let problem = "spec.template.spec.containers[0].ports[1]: must be readable: missing field `containerPort`";
    let problems = State::read(&case.join("input")).problems();
    assert!(matches!(&problems[..], [one] if one.ends_with(problem)), "{problems:?}");
    let state = State::read_with(&case.join("input"), |text| text.replace("containerport:", "containerPort:"));
    assert_eq!(state.problems(), [""; 0]);
    let compared = connlist::compare_changed(&case, &state);
    assert_none(&compared.different);
    assert_eq!(compared.same, 3);
}

/// `ServiceBackendPort.number`: "the numerical port number (e.g. 80) on the Service". They take it for the Pods' port too.
#[test]
fn an_ingress_that_names_a_port_that_its_service_does_not_have_leads_nowhere_here_and_agrees_once_it_names_one() {
    // The ports of the Services are 5000 and 80; both lead to the Pods' port 8080.
    for ((name, pair), port) in LEAD_NOWHERE.iter().zip(["5000", "80"]) {
        let case = case("explain", name);
        let compared = explain::compare(&case, &State::read(&case.join("input")));
        let what = &compared.different[*pair];
        assert_eq!(what, &["is told on one side only", "No Connections here, TCP 8080 there"], "{name}");
        let corrected = |text: String| text.replace("number: 8080", &format!("number: {port}"));
        let compared = explain::compare(&case, &State::read_with(&case.join("input"), corrected));
        assert!(compared.different.is_empty(), "{name}: {:#?}", compared.different);
    }
}

/// Every rule that matches lets a connection pass; they name the first one of a policy.
#[test]
fn of_several_rules_of_a_policy_netpol_analyzer_names_the_first_and_we_name_all() {
    let more = |case: &std::path::PathBuf| explain::compare(case, &State::read(&case.join("input"))).more_rules;
    assert_eq!(cases("explain").iter().map(more).sum::<usize>(), 129);
}

/// `IPBlock.cidr` may be of either family ("192.168.1.0/24" or "`2001:db8::/64`"): every cluster has an outside of both.
#[test]
fn differences_speak_of_ipv6_too_and_netpol_analyzer_does_not() {
    let counts = cases("diff").into_iter().map(|case| diff::compare(&case, false).v6);
    assert_eq!(counts.sum::<usize>(), 47);
}

#[test]
fn the_lines_about_workloads_that_came_or_went_prove_that_ref1_is_before() {
    let mut proofs = 0;
    for case in cases("diff") {
        let states = diff::States::read(&case, false);
        for line in diff::parse(&state::text(&case.join("expected.txt"))) {
            line.must_fit(&states);
            proofs += usize::from(line.info.is_some());
        }
    }
    assert_eq!(proofs, 75);
}
