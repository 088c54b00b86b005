//! `kubectl appnet plan`, the real program, case by case: each has its output beside it, in `tests/plan/cases`.
//!
//! `UPDATE_PLANS=1` writes the outputs anew.

#[path = "plan/applying.rs"]
mod applying;
#[path = "plan/apps.rs"]
mod apps;
#[path = "plan/audit.rs"]
mod audit;
#[path = "plan/entrances.rs"]
mod entrances;
#[path = "plan/families.rs"]
mod families;
#[path = "plan/random.rs"]
mod random;
#[path = "plan/schema.rs"]
mod schema;

use std::{path::PathBuf, process::Command};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/plan/cases")
}

/// Runs `plan` in the folder of the cases: standard output, standard error, exit status.
fn plan(arguments: &str) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-appnet"));
    // Whoever runs the tests may have a cluster; it is none of ours.
    let command = command.env("KUBECONFIG", "/does/not/exist");
    let done = command.current_dir(folder()).arg("plan").args(arguments.split_whitespace()).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(done.stdout), text(done.stderr), done.status.code().expect("an exit status"))
}

/// The output is the one that stands in `name.txt`, and the exit status the one that is expected.
fn golden(name: &str, arguments: &str, status: i32) -> String {
    let (out, err, code) = plan(arguments);
    let seen = format!("$ kubectl appnet plan {arguments}\n{out}--- standard error\n{err}");
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(&path, &seen).expect("it can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(seen, expected, "{name}");
    assert_eq!(code, status, "{name}: {err}");
    out
}

#[test]
fn a_profile_for_an_app_without_policies_names_what_breaks() {
    let out = golden("first-profile", "-f profile.yaml --against cluster.yaml", 1);
    assert!(out.contains("→ Service shop/db → shop/db[StatefulSet]: TCP 5432"), "{out}");
    assert!(out.contains("now isolated on the way in by shop/shop-allow-db, shop/shop-default-deny"), "{out}");
}

#[test]
fn endpoints_that_are_listed_anew_take_the_place_of_those_of_their_service_and_of_no_other() {
    let out = golden("listed", "-f listed-anew.yaml --against listed.yaml", 1);
    // What is left of the world outside: the new address of one Service, and the old one of the other.
    assert!(out.contains("203.0.113.9-255.255.255.255") && !out.contains("203.0.113.7-203.0.113.8"), "{out}");
}

#[test]
fn every_pair_has_a_line_of_its_own_when_asked() {
    let out = golden("first-profile-all", "-f profile.yaml --against cluster.yaml --all", 1);
    assert!(out.contains("  cut     blog/writer[Deployment] → shop/db[StatefulSet]: all ports\n"), "{out}");
}

#[test]
fn what_is_there_already_changes_nothing() {
    golden("unchanged", "-f profile.yaml --against cluster.yaml profile.yaml rendered.yaml", 0);
    golden("unchanged-objects", "-f cluster.yaml --against cluster.yaml", 0);
}

#[test]
fn what_an_operator_wrote_and_owns_changes_nothing() {
    let (out, err, code) = plan("-f profile.yaml --against cluster.yaml owned.json");
    assert_eq!(code, 0, "{out}{err}");
    let (out, ..) = plan("-f tier.yaml --against cluster.yaml owned.json");
    assert!(out.contains("delete  NetworkPolicy shop/shop-allow-db (of profile shop)"), "{out}");
}

#[test]
fn a_policy_of_someone_else_keeps_its_name_and_what_it_says() {
    let (out, ..) = plan("-f profile.yaml --against cluster.yaml taken.yaml");
    assert!(out.contains("blocked NetworkPolicy shop/shop-allow-db (of profile shop)"), "{out}");
    assert!(out.contains(", 0 opened\n"), "nobody may call the database before or after: {out}");
}

#[test]
fn with_a_profile_that_is_deleted_its_policies_go() {
    let (out, err, code) = plan("--delete AppNetworkProfile/shop/shop --against cluster.yaml owned.json");
    assert_eq!(code, 1, "{err}");
    assert!(out.starts_with("objects: 0 to create, 0 to update, 6 to delete, 0 unchanged\n"), "{out}");
    assert!(out.contains("flows: 0 cut, 0 changed, 24 opened\n"), "as many as the profile cut: {out}");
}

#[test]
fn a_changed_port_cuts_the_old_one_and_opens_the_new_one() {
    let out = golden("port", "-f port.yaml --against cluster.yaml profile.yaml rendered.yaml", 1);
    assert!(out.contains("changed shop/api[Deployment] → shop/db[StatefulSet]: TCP 5432 → TCP 5433"), "{out}");
}

#[test]
fn a_removed_tier_takes_its_policy_with_it_and_cuts_what_it_allowed() {
    let out = golden("tier", "-f tier.yaml --against cluster.yaml profile.yaml rendered.yaml", 1);
    assert!(out.contains("delete  NetworkPolicy shop/shop-allow-db (of profile shop)"), "{out}");
    assert!(out.contains("shop/api[Deployment] → Service shop/db → shop/db[StatefulSet]: TCP 5432"), "{out}");
}

#[test]
fn a_label_with_a_typo_cuts_the_workload_that_no_tier_selects_any_more() {
    let out = golden("typo", "-f typo.yaml --against cluster.yaml profile.yaml rendered.yaml", 1);
    assert!(out.contains("update  Deployment shop/api: spec.template.metadata.labels"), "{out}");
    assert!(out.contains("shop/web[Deployment] → shop/api[Deployment]: TCP 9090"), "{out}");
}

#[test]
fn what_a_policy_of_someone_else_allows_is_not_cut() {
    let (out, ..) = plan("-f profile.yaml --against cluster.yaml foreign.yaml --all");
    assert!(!out.contains("blog/writer[Deployment] → shop/db"), "it keeps TCP 9187, and had no more before: {out}");
    assert!(!out.contains("coredns[Deployment] → shop/db"), "it could not call before either: {out}");
    assert!(out.contains("opened  shop/api[Deployment] → shop/db[StatefulSet]: TCP 5432"), "{out}");
    golden("foreign", "-f profile.yaml --against cluster.yaml foreign.yaml", 1);
}

#[test]
fn a_removal_opens_what_the_policy_closed() {
    let out = golden("removal", "--delete NetworkPolicy/shop/exporter --against cluster.yaml foreign.yaml", 1);
    assert!(out.contains("opened  "), "{out}");
    let (_, err, code) = plan("--delete NetworkPolicy/shop/nobody --against cluster.yaml");
    assert_eq!(code, 2);
    assert!(err.contains("there is no such object in the state before"), "{err}");
}

#[test]
fn a_profile_that_is_wrong_is_named_by_line_and_the_others_go_on() {
    let out = golden("wrong", "-f wrong.yaml profile.yaml --against cluster.yaml", 2);
    assert!(out.starts_with("PARTIAL: "), "{out}");
    assert!(out.contains("create  NetworkPolicy shop/shop-allow-api"), "{out}");
}

#[test]
fn what_makes_it_fail_can_be_chosen() {
    let against = "--against cluster.yaml foreign.yaml";
    for (flags, code) in [("cut", 0), ("opened", 1), ("any", 1), ("none", 0)] {
        let arguments = format!("--delete NetworkPolicy/shop/exporter {against} --fail-on {flags}");
        assert_eq!(plan(&arguments).2, code, "{arguments}");
    }
    for (flags, code) in [("cut", 1), ("opened", 0)] {
        assert_eq!(plan(&format!("-f profile.yaml --against cluster.yaml --fail-on {flags}")).2, code, "{flags}");
    }
}

#[test]
fn without_a_state_before_it_says_what_is_missing() {
    let (out, err, code) = plan("-f profile.yaml");
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("for plan --against"), "{err}");
}

#[test]
fn programs_and_pull_requests_get_the_same_plan() {
    let arguments = "-f port.yaml --against cluster.yaml profile.yaml rendered.yaml";
    golden("port-md", &format!("{arguments} -o md"), 1);
    let json: serde_json::Value =
        serde_json::from_str(&golden("port-json", &format!("{arguments} -o json"), 1)).expect("JSON");
    let yaml: serde_json::Value = serde_saphyr::from_str(&plan(&format!("{arguments} -o yaml")).0).expect("YAML");
    assert_eq!(json, yaml);
    assert_eq!((&json["apiVersion"], &json["kind"]), (&"cli.appnet.dev/v1".into(), &"Plan".into()));
}

#[test]
fn a_service_without_a_selector_that_leads_to_a_pod_is_among_what_is_cut() {
    let (out, err, code) = plan("-f by-hand-deny.yaml --against by-hand.yaml");
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("→ Service shop/db → shop/standby[Pod]: TCP 5432\n"), "{out}");
}

#[test]
fn pod_by_pod_is_finer_than_by_workload() {
    let (out, ..) = plan("-f profile.yaml --against cluster.yaml --by pods --all");
    assert!(out.contains("blog/writer[Pod] → shop/db[Pod]: all ports"), "{out}");
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let page = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/plan.md")).expect("a page");
    let mut shown = 0;
    for block in page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let (command, expected) = block.split_once('\n').expect("a command and its output");
        let arguments = command.strip_prefix("$ kubectl appnet plan ").expect("it is a plan");
        let (out, ..) = plan(arguments);
        assert_eq!(expected, out, "{command}");
        shown += 1;
    }
    assert!(shown >= 2, "{shown}");
}
