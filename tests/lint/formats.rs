//! The same findings in every format, and which of them count.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    plugin::{findings, run},
    policies::{CASES, folder, lint},
};

/// Everything that is wrong in all cases at once, and in a profile.
fn all(flags: &[&str]) -> (i32, String) {
    let folder = folder();
    let files = CASES.map(|(_, found, _)| folder.join(found).join("input.yaml").display().to_string());
    let invalid = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/invalid.yaml");
    let files = files.iter().map(String::as_str).chain([invalid]).flat_map(|file| ["-f", file]);
    let (code, out, _) = run(&["lint"].into_iter().chain(files).chain(flags.iter().copied()).collect::<Vec<_>>());
    (code, out)
}

#[test]
fn sarif_has_the_findings_of_the_text_at_the_same_places_and_declares_their_rules() {
    let (code, out) = all(&["-o", "sarif"]);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &log["version"]), (1, &"2.1.0".into()));
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.ends_with("/sarif-schema-2.1.0.json")), "{log}");
    let [run] = &log["runs"].as_array().expect("runs")[..] else { panic!("one run: {log}") };
    assert_eq!(run["tool"]["driver"]["name"], "kubectl-appnet");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules: Vec<_> =
        run["tool"]["driver"]["rules"].as_array().expect("rules").iter().map(|rule| &rule["id"]).collect();
    assert_eq!(rules.len(), rules.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), "{rules:?}");

    let text = all(&[]).1;
    let found = findings(&all(&["-o", "json"]).1);
    let results = run["results"].as_array().expect("results");
    assert_eq!((results.len(), results.len()), (text.lines().count(), found.len()));
    let mut used = BTreeSet::new();
    for ((result, line), finding) in results.iter().zip(text.lines()).zip(&found) {
        let place = &result["locations"][0]["physicalLocation"];
        let (uri, region) = (place["artifactLocation"]["uri"].as_str().expect("a URI"), &place["region"]);
        let message = result["message"]["text"].as_str().expect("a text");
        let level = if result["level"] == "warning" { "warning: " } else { "" };
        assert_eq!(line, format!("{uri}:{}:{}: {level}{message}", region["startLine"], region["startColumn"]));
        assert_eq!(result["level"], finding.severity.as_str());
        assert_eq!(result["ruleId"], finding.reason.as_str());
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
        assert_eq!(rules[index], &result["ruleId"], "{result}");
        used.insert(finding.reason.clone());
    }
    assert_eq!(used.len(), rules.len(), "no rule is declared in vain");
}

#[test]
fn a_name_that_is_no_uri_is_spelled_as_one() {
    let folder = super::plugin::folder("sarif_name", &[("a b#ü.yaml", &super::profile(super::BAD))]);
    let file = folder.join("a b#ü.yaml").display().to_string();
    let log: Value = serde_json::from_str(&run(&["lint", "-o", "sarif", "-f", &file]).1).expect("JSON");
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().is_some_and(|uri| uri.ends_with("/sarif_name/a%20b%23%C3%BC.yaml")), "{uri}");
}

#[test]
fn yaml_and_json_are_the_same_document() {
    let json: Value = serde_json::from_str(&all(&["-o", "json"]).1).expect("JSON");
    let yaml: Value = serde_saphyr::from_str(&all(&["-o", "yaml"]).1).expect("YAML");
    assert_eq!(json, yaml);
    assert!(json["findings"].as_array().is_some_and(|found| found.len() > 20), "{json}");
}

#[test]
fn errors_alone_are_shown_and_counted_when_asked_for() {
    let (warnings, errors) = ("rule-repeats", "dns-blocked");
    assert_eq!(lint(warnings, &["--severity", "warning"]), lint(warnings, &[]));
    let (code, out, err) = lint(warnings, &["--severity", "error"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "0 profiles, 1 policy, 0 problems\n"));
    let (code, out, _) = lint(errors, &["--severity", "error"]);
    assert_eq!((code, &out), (1, &lint(errors, &[]).1));
    let severities = |flags: &[&str]| {
        let found = findings(&all(&[&["-o", "json"], flags].concat()).1).into_iter();
        found.map(|finding| finding.severity).collect::<BTreeSet<_>>()
    };
    assert_eq!(severities(&[]), ["error".to_owned(), "warning".to_owned()].into());
    assert_eq!(severities(&["--severity", "error"]), ["error".to_owned()].into());
}

#[test]
fn the_exit_code_tells_findings_from_what_cannot_be_read() {
    for format in ["text", "json", "yaml", "sarif"] {
        let code = |case, flags: &[&str]| lint(case, &[&["-o", format], flags].concat()).0;
        assert_eq!(code("rule-overlaps", &[]), 0, "{format}");
        assert_eq!(code("rule-repeats", &[]), 1, "{format}");
        assert_eq!(code("rule-repeats", &["--severity", "error"]), 0, "{format}");
        assert_eq!(code("rule-overlaps", &["-f", "nowhere.yaml"]), 2, "{format}");
        assert_eq!(code("rule-repeats", &["-f", "nowhere.yaml"]), 2, "{format}");
    }
}

#[test]
fn nothing_wrong_is_an_empty_list_and_a_run_without_results() {
    assert_eq!(findings(&lint("rule-overlaps", &["-o", "json"]).1).len(), 0);
    let log: Value = serde_json::from_str(&lint("rule-overlaps", &["-o", "sarif"]).1).expect("JSON");
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}
