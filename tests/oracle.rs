//! What other projects say that NetworkPolicies do: their inputs and their stored results, in `tests/cases/oracle`.
//!
//! Every difference that remains has a test of its own, and is counted. The README beside the data tells what is compared.

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

use std::path::Path;

/// Objects that the API server would refuse, by case, under the names that the expected files give them.
const REFUSED: [(&str, &[&str]); 3] = [
    (LABELS_DIFFER_AND_MATTER, &["default/internal-security[Pod]"]),
    (LABELS_DIFFER, &["default/internal-security[Pod]"]),
    ("netpol_named_port_test_2", &["helloworld/pod-a[Deployment]"]),
];
const LABELS_DIFFER_AND_MATTER: &str = "example_pods_w_same_owner_and_labels_gap_with_good_match_expression";
const LABELS_DIFFER: &str = "example_pods_w_same_owner_and_labels_gap_with_policy_selector_not_in_gap";

#[test]
fn who_may_connect_to_whom_is_what_netpol_analyzer_says() {
    let cases = state::cases("connlist");
    assert_eq!(cases.len(), 25);
    let refused = |case: &Path| REFUSED.iter().find(|(name, _)| *name == state::title(case)).map_or(&[][..], |(_, it)| it);
    let cases: Vec<_> = cases.iter().map(|case| (case.as_path(), refused(case))).collect();
    connlist::agree(&cases, &[]);
}

#[test]
fn the_policies_and_rules_that_decide_are_those_that_netpol_analyzer_names() {
    let cases = state::cases("explain");
    assert_eq!(cases.len(), 6);
    for c in &cases { for o in [false,true] { let r = explain::compare(c, o); println!("{} {o} pairs {} stories {} host {} diff {}", state::title(c), r.pairs, r.stories, r.on_host, r.different.len()); for l in r.different.iter().take(8) { println!("   {l}"); } } }
    panic!();
}

#[test]
fn what_changes_between_two_states_is_what_netpol_analyzer_says() {
    let cases = state::cases("diff");
    assert_eq!(cases.len(), 14);
    for c in &cases { for o in [false,true] { let r = diff::compare(c, o); println!("{} {o} same {} host {} diff {}", state::title(c), r.same, r.on_host, r.different.len()); for l in r.different.iter().take(8) { println!("   {l}"); } } }
    panic!();
}

#[test]
fn ordinary() {
    for c in &state::cases("connlist") { let r = connlist::compare_as_ordinary_pods(c); println!("{} same {} host {} diff {}", state::title(c), r.same, r.on_host, r.different.len()); for l in r.different.iter().take(8) { println!("   {l}"); } }
    panic!();
}
