//! `kubectl appnet lint`, as it is run: the real binary over real files.

use std::{collections::BTreeMap, path::PathBuf};

use plugin::{BAD, Finding, GOOD, findings, folder, profile, run, run_with_input};
use serde_json::Value;

#[path = "bad_input/cases.rs"]
mod cases;
#[path = "lint/formats.rs"]
mod formats;
#[path = "lint/page.rs"]
mod page;
#[path = "lint/plugin.rs"]
mod plugin;
#[path = "lint/policies.rs"]
mod policies;

#[test]
fn every_bad_case_gets_the_findings_that_it_expects_and_no_other() {
    let folder = cases::folder("bad");
    let (code, out, err) = run(&["lint", "-o", "json", "-f", &folder.display().to_string()]);
    let mut by_file: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    // Most of these files tell the same profile, each in its own wrong way.
    let repeats = |finding: &Finding| finding.path.is_empty() && finding.message.contains("' must appear only once, ");
    for finding in findings(&out).into_iter().filter(|finding| !repeats(finding)) {
        by_file.entry(finding.file.clone()).or_default().push(finding);
    }
    let cases = cases::bad();
    assert!(cases.len() >= 70);
    for case in cases {
        let found = by_file.remove(&case.file.display().to_string()).unwrap_or_default();
        let is = |finding: &Finding, expected: &cases::Expected| {
            finding.path == expected.path && finding.message.starts_with(&expected.message)
        };
        for expected in &case.expected {
            assert!(
                found.iter().any(|finding| is(finding, expected)),
                "{}: no {expected:?} in {found:#?}",
                case.name()
            );
        }
        for finding in &found {
            assert!(case.expected.iter().any(|expected| is(finding, expected)), "{}: {finding:#?}", case.name());
            assert!(!finding.reason.is_empty());
            assert_stands_there(&case, finding);
        }
    }
    assert!(by_file.is_empty(), "{by_file:#?}");
    assert_eq!(code, 1, "{err}");
}

/// The place of a finding is in the file, and where the field is written, its name stands there.
fn assert_stands_there(case: &cases::Case, finding: &Finding) {
    let text = case.text();
    let lines: Vec<&str> = text.split('\n').collect();
    let place = format!("{}:{}:{}", case.name(), finding.line, finding.column);
    assert!((1..=lines.len()).contains(&finding.line), "{place}");
    let line: Vec<char> = lines[finding.line - 1].chars().collect();
    assert!((1..=line.len() + 1).contains(&finding.column), "{place}");
    let field = finding.path.rsplit('.').next().unwrap_or_default();
    let written = !field.is_empty() && !field.ends_with(']') && finding.message != "must be given";
    // What a profile lacks, and what an alias or a key is about, is found at what holds it.
    if written && lines.iter().any(|line| line.contains(&format!("{field}:"))) && !finding.message.contains("the key") {
        let there: String = line[finding.column - 1..].iter().collect();
        let there = there.trim_start_matches(['\'', '"']);
        assert!(
            there.starts_with(field) || finding.message.contains("'.inf'") || finding.message.contains("tag"),
            "{place} {field}: {there}"
        );
    }
}

#[test]
fn every_good_case_passes() {
    let (code, out, err) = run(&["lint", "-f", &cases::folder("good").display().to_string()]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "18 profiles, 0 problems (1 other object skipped)\n"));
}

#[test]
fn a_finding_is_a_line_that_editors_can_follow() {
    let folder = folder("a_finding", &[("shop.yaml", &profile(BAD))]);
    let file = folder.join("shop.yaml").display().to_string();
    let (code, out, err) = run(&["lint", "-f", &file]);
    let sentence = "must be a DNS label: lower-case letters, digits and '-', with a letter or digit at both ends, at most 63 characters";
    assert_eq!(out, format!("{file}:4:17: spec.tiers[0].name: {sentence}\n"));
    assert_eq!((code, err.as_str()), (1, "1 profile, 1 problem\n"));
}

#[test]
fn json_has_the_same_findings_as_objects() {
    let folder = folder("json", &[("shop.yaml", &profile(BAD))]);
    let (code, out, _) = run(&["lint", "-o", "json", "-f", &folder.display().to_string()]);
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(code, 1);
    assert_eq!(found["findings"][0]["line"], 4);
    assert_eq!(found["findings"][0]["column"], 17);
    assert_eq!(found["findings"][0]["path"], "spec.tiers[0].name");
    assert_eq!(found["findings"][0]["reason"], "InvalidSpec");
    let (code, out, _) = run_with_input(&["lint", "-o", "json", "-f", "-"], profile(GOOD).as_bytes());
    assert_eq!((code, findings(&out).len()), (0, 0));
}

#[test]
fn standard_input_and_several_files_are_checked_in_order() {
    let (code, out, err) = run_with_input(&["lint", "-f", "-"], profile(BAD).as_bytes());
    assert!(out.starts_with("<stdin>:4:17: spec.tiers[0].name: "), "{out}");
    assert_eq!((code, err.as_str()), (1, "1 profile, 1 problem\n"));

    let folder = folder("several", &[("b.yaml", &profile(BAD)), ("a.yml", &profile(BAD)), ("good.json", "[]")]);
    let name = |file: &str| folder.join(file).display().to_string();
    let (code, out, err) = run(&["lint", "-f", &name("b.yaml"), &name("a.yml"), "-f", &name("good.json")]);
    let files: Vec<_> = out.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(files, [name("b.yaml"), name("a.yml")]);
    assert_eq!((code, err.as_str()), (1, "2 profiles, 2 problems (1 other object skipped)\n"));
}

#[test]
fn a_directory_stands_for_its_manifests_at_any_depth_in_order() {
    let bad = profile(BAD);
    let folder = folder(
        "directory",
        &[
            ("z.yaml", &bad),
            ("deep/er/b.json", &bad),
            ("deep/a.yml", &bad),
            ("README.md", "not: [yaml"),
            ("script.yaml.bak", "not: [yaml"),
        ],
    );
    let (code, out, err) = run(&["lint", "-f", &folder.display().to_string()]);
    let files: Vec<_> = out.lines().filter_map(|line| line.split(':').next()).map(PathBuf::from).collect();
    assert_eq!(files, [folder.join("deep/a.yml"), folder.join("deep/er/b.json"), folder.join("z.yaml")]);
    assert_eq!((code, err.as_str()), (1, "3 profiles, 3 problems\n"));
}

#[test]
fn what_cannot_be_read_is_an_error_and_the_rest_is_checked_all_the_same() {
    let folder = folder("missing", &[("bad.yaml", &profile(BAD)), ("empty/README.md", "")]);
    let name = |file: &str| folder.join(file).display().to_string();
    let (code, out, err) = run(&["lint", "-f", &name("nowhere.yaml"), "-f", &name("bad.yaml")]);
    assert!(out.starts_with(&name("bad.yaml")), "{out}");
    assert!(err.contains("nowhere.yaml: cannot be read"), "{err}");
    assert!(err.ends_with("1 profile, 1 problem\n"), "{err}");
    assert_eq!(code, 2);
    let (_, out, _) = run(&["lint", "-o", "json", "-f", &name("nowhere.yaml"), "-f", &name("bad.yaml")]);
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&found["partial"], found["findings"].as_array().map(Vec::len)), (&Value::Bool(true), Some(1)));

    // A check of nothing must not look like a check that passed.
    let (code, out, err) = run(&["lint", "-f", &name("empty")]);
    assert!(err.contains("has no file that ends in .yaml, .yml or .json"), "{err}");
    assert_eq!((code, out.as_str()), (2, ""));
    let (code, out, err) = run_with_input(&["lint", "-f", "-"], b"# to be written\n---\n");
    assert_eq!((code, out.as_str(), err.as_str()), (2, "", "error: nothing to lint: no object was found\n"));
}

#[test]
fn other_kinds_are_skipped_whatever_is_wrong_with_them() {
    let other = "kind: ConfigMap\ndata: {a: 1, a: 2, b: !!binary aGk=}\n---\n- a list\n---\njust text\n";
    let (code, out, err) = run_with_input(&["lint", "-f", "-"], other.as_bytes());
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "0 profiles, 0 problems (3 other objects skipped)\n"));
}

#[test]
fn the_platform_has_its_say_when_its_configuration_is_given() {
    let config = "protectedNamespaces: [vault]\ncidrCeiling: [203.0.113.0/24]\n";
    let text = profile("{tiers: [{name: api, podSelector: {matchLabels: {app: api}}, to: [{name: out, cidr: 198.51.100.0/24, ports: [{port: 443}]}]}]}")
        .replace("namespace: app", "namespace: vault");
    let folder = folder(
        "platform",
        &[
            ("config.yaml", config),
            ("broken.yaml", "cidrCeilings: []\n"),
            ("wrong.yaml", "cidrCeiling: [203.0.113.7/24]\n"),
            ("shop/shop.yaml", &text),
        ],
    );
    let name = |file: &str| folder.join(file).display().to_string();
    let shop = name("shop");
    assert_eq!(run(&["lint", "-f", &shop]).0, 0);
    let (code, out, _) = run(&["lint", "-o", "json", "-f", &shop, "--config", &name("config.yaml")]);
    let found: Vec<_> =
        findings(&out).into_iter().map(|finding| (finding.line, finding.path, finding.reason)).collect();
    assert_eq!(
        found,
        [
            (3, "metadata.namespace".to_owned(), "ProtectedNamespace".to_owned()),
            (4, "spec.tiers[0].to[0].cidr".to_owned(), "AboveCeiling".to_owned()),
        ]
    );
    assert_eq!(code, 1);
    for config in ["broken.yaml", "wrong.yaml", "nowhere.yaml"] {
        let (code, out, err) = run(&["lint", "-f", &shop, "--config", &name(config)]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(config), "{err}");
    }
}

#[test]
fn help_shows_examples_before_flags_and_a_wrong_flag_is_an_error() {
    for arguments in [&["--help"][..], &["lint", "--help"], &["lint", "-h"]] {
        let (code, out, err) = run(arguments);
        let at = |part: &str| out.find(part).unwrap_or_else(|| panic!("{part} in {out}"));
        assert!(at("Examples:") < at("Usage: kubectl appnet") && at("Usage:") < at("Options:"), "{out}");
        assert_eq!((code, err.as_str()), (0, ""));
    }
    assert_eq!(run(&["--version"]).1, format!("kubectl-appnet {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [&[][..], &["lint", "-f"], &["lint", "-f", "x.yaml", "-o", "xml"], &["fmt"]] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains("--help") || err.contains("Usage: kubectl appnet"), "{err}");
    }
}

#[test]
fn a_profile_that_stands_twice_is_told_and_planned_once() {
    let twice =
        format!("{}---\n{}", plugin::profile(plugin::GOOD), plugin::profile(&plugin::GOOD.replace("api", "web")));
    let (code, out, err) = plugin::run_with_input(&["lint", "-f", "-"], twice.as_bytes());
    let said = "AppNetworkProfile 'shop' must appear only once, and stands in <stdin>:1:1 too";
    assert!(code == 1 && out.contains(said), "{code} {out}{err}");
    let (code, out, err) = plugin::run_with_input(&["plan", "-f", "-", "--against", "/dev/null"], twice.as_bytes());
    assert_eq!(out.matches("create  AppNetworkProfile app/shop\n").count(), 1, "{code} {out}{err}");
    assert!(
        code == 2 && err.contains(said) && out.contains("shop-allow-web") && !out.contains("shop-allow-api"),
        "{out}{err}"
    );
    // A field that nobody knows is no way to say the same.
    let misspelt = format!(
        "{}---\n{}",
        plugin::profile(plugin::GOOD),
        plugin::profile(&plugin::GOOD.replacen('{', "{modee: Audit, ", 1))
    );
    let (code, out, err) = plugin::run_with_input(&["plan", "-f", "-", "--against", "/dev/null"], misspelt.as_bytes());
    assert!(code == 2 && err.contains(said) && err.contains("modee"), "{code} {out}{err}");
}
