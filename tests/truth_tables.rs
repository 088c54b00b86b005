//! What others say that NetworkPolicies mean: their truth tables, in `tests/cases/truth`, verdict by verdict.
//!
//! The number of cases stands here too, so that none gets lost.

#[path = "truth_tables/evaluator.rs"]
mod evaluator;
#[path = "flows/mod.rs"]
mod flows;
#[path = "truth_tables/objects.rs"]
mod objects;
#[path = "truth_tables/reader.rs"]
mod reader;
#[path = "truth_tables/table.rs"]
mod table;

use evaluator::{Evaluator, naively};
use objects::Objects;
use reader::Step;
use table::Table;

fn wrong(step: &Step) -> Vec<String> {
    let rows = step.table.rows(&step.objects).unwrap_or_else(|error| panic!("{}: {error}", step.name));
    assert!(!rows.is_empty(), "{} probes nothing", step.name);
    let evaluator = Evaluator::new(&step.objects);
    let mut wrong = Vec::new();
    for (flow, expected) in &rows {
        for (who, says) in [("the evaluator", evaluator.allows(flow)), ("the naive one", naively(&step.objects, flow))]
        {
            if says != *expected {
                let (is, should) = if says { ("allowed", "denied") } else { ("denied", "allowed") };
                wrong.push(format!("{}: {flow} is {is} to {who}, and should be {should}", step.name));
            }
        }
    }
    wrong
}

/// Every verdict of every case of the family is the evaluator's.
fn agree(family: &str, number: usize) {
    let cases = reader::family(family);
    let names: Vec<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(cases.len(), number, "{names:#?}");
    let problems: Vec<_> = cases.iter().flat_map(|case| &case.steps).flat_map(wrong).collect();
    assert!(problems.is_empty(), "{} differ:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn all_end_to_end_cases_of_kubernetes_hold() {
    agree("kubernetes-e2e", 48);
}

#[test]
fn what_the_recipes_say_works_works_and_nothing_else() {
    agree("recipes", 20);
}

#[test]
fn the_cases_of_policy_assistant_without_admin_policies_hold() {
    agree("policy-assistant", 2);
}

#[test]
fn the_families_of_cyclonus_hold() {
    agree("cyclonus", 54);
}

/// Two Pods, and no policy.
fn two_pods() -> Objects {
    let mut objects = Objects::default();
    for name in ["a", "b"] {
        let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "x", "name": name}});
        objects.add(pod).expect("a Pod");
    }
    objects
}

fn rows(text: &str) -> Result<Vec<String>, String> {
    let rows = Table::parse(text)?.rows(&two_pods())?;
    Ok(rows.iter().map(|(flow, allowed)| format!("{flow} {allowed}")).collect())
}

#[test]
fn the_last_line_that_matches_decides_and_pods_are_not_paired_with_themselves() {
    let text = "# Ours.\nprobe TCP 80, UDP 53\nall denied # but\n* -> x/b allowed\nx/a -> */b denied UDP\n";
    let expected =
        ["x/a -> x/b TCP 80 true", "x/a -> x/b UDP 53 false", "x/b -> x/a TCP 80 false", "x/b -> x/a UDP 53 false"];
    assert_eq!(rows(text).expect("a table"), expected);
}

#[test]
fn an_address_is_probed_with_the_pods_that_its_line_names() {
    let text = "# Ours.\nprobe TCP 80\nall denied\n2001:db8::5 -> x/a allowed\n* -> 192.0.2.7 allowed TCP 80\n";
    let found = rows(text).expect("a table");
    let expected = ["2001:db8::5 -> x/a TCP 80 true", "x/a -> 192.0.2.7 TCP 80 true", "x/b -> 192.0.2.7 TCP 80 true"];
    assert_eq!(found[2..], expected);
}

#[test]
fn a_table_with_a_mistake_is_refused() {
    let mistakes = [
        ("probe TCP 80\nall denied", "it does not begin with its origin"),
        ("# Ours.\nall denied", "nothing is probed"),
        ("# Ours.\nprobe TCP 80", "nothing holds for all"),
        ("# Ours.\nprobe ICMP 80\nall denied", "no protocol: ICMP"),
        ("# Ours.\nprobe TCP 80\nall open", "no verdict: open"),
        ("# Ours.\nprobe TCP 80\nall denied\nx/a > x/b allowed", "no line of a table: x/a > x/b allowed"),
        ("# Ours.\nprobe TCP 80\nall denied\nx/c -> x/b allowed", "this line decides nothing: x/c -> x/b allowed"),
        (
            "# Ours.\nprobe TCP 80\nall denied\nx/a -> x/b allowed UDP",
            "this line decides nothing: x/a -> x/b allowed UDP",
        ),
        (
            "# Ours.\nprobe TCP 80\nall denied\nx/a -> x/b allowed\n* -> * denied",
            "this line decides nothing: x/a -> x/b allowed",
        ),
        (
            "# Ours.\nprobe TCP 80\nall denied\n192.0.2.1 -> 192.0.2.2 allowed",
            "no Pod takes part: 192.0.2.1 -> 192.0.2.2 allowed",
        ),
    ];
    for (text, problem) in mistakes {
        assert_eq!(rows(text).expect_err(text), problem, "{text}");
    }
}

#[test]
fn a_misspelled_field_of_an_object_is_refused() {
    let policy = serde_json::json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "x", "name": "typo"},
        "spec": {"podSelector": {}, "ingress": [{"from": [{"podselector": {}}]}]},
    });
    let error = Objects::default().add(policy).expect_err("there is no such field");
    assert!(error.starts_with("there is no field .spec.ingress[].from[].podselector"), "{error}");
}
