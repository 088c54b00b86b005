//! `kubectl appnet diagnose` on a catalogue of seeded faults: each is found and named; on healthy apps nothing is wrong.
//!
//! `tests/faults/faults` holds a fault a file, with the codes that have to be found in its head, the one that matters first;
//! `tests/faults/healthy` holds apps in which nothing is wrong.

use std::{collections::BTreeSet, fs, path::Path};

use appnet::api::Reason;
use catalogue::{Case, cases};
use plugin::run;
use serde_json::Value;

#[path = "faults/catalogue.rs"]
mod catalogue;
#[path = "lint/plugin.rs"]
mod plugin;

/// The codes that are found, each with its severity, in the order in which they are printed; and the exit code.
fn diagnose(case: &Case) -> (Vec<(String, String)>, i32) {
    let file = case.file.display().to_string();
    let mut words = vec!["diagnose", "-f", &file, "-o", "json"];
    words.extend(case.ask.iter().map(String::as_str));
    let (code, out, err) = run(&words);
    let document: Value =
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{}: {error}\n{out}{err}", case.name));
    let text = |one: &Value, field: &str| one[field].as_str().expect("a text").to_owned();
    let findings = document["findings"].as_array().expect("findings").iter();
    (findings.map(|one| (text(one, "code"), text(one, "severity"))).collect(), code)
}

#[test]
fn every_seeded_fault_is_found_and_named_and_nothing_else_is() {
    let cases = cases("faults");
    assert!(cases.len() >= 60, "{}", cases.len());
    let (mut missed, mut beside, mut said) = (Vec::new(), Vec::new(), 0);
    for case in &cases {
        assert!(!case.codes.is_empty(), "{} names no code", case.name);
        let (found, code) = diagnose(case);
        said += found.len();
        for wanted in &case.codes {
            if !found.iter().any(|(code, _)| code == wanted) {
                missed.push(format!("{}: {wanted} is not among {found:?}", case.name));
            }
        }
        let more = found.iter().filter(|(code, _)| !case.codes.contains(code));
        beside.extend(more.map(|(code, severity)| format!("{}: {code} ({severity})", case.name)));
        let errors = found.iter().any(|(_, severity)| severity == "error");
        assert_eq!(code, i32::from(errors), "{}: {found:?}", case.name);
    }
    println!("recall: {} of {} faults are found", cases.len() - missed.len(), cases.len());
    println!("precision: {} of {said} findings are about the fault", said - beside.len());
    assert!(missed.is_empty() && beside.is_empty(), "missed: {missed:#?}\nbeside: {beside:#?}");
}

#[test]
fn the_policy_that_is_printed_selects_nobody_whom_nothing_isolates() {
    let pod = |name: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}, spec: {{containers: [{{name: a}}]}}}}\n"
        )
    };
    let policy = "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: allow-dns-egress-of-web, namespace: shop}, \
                  spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}}\n";
    let dns = "---\n{apiVersion: v1, kind: Pod, metadata: {name: dns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: a, ports: [{containerPort: 53, protocol: UDP}]}]}}\n\
               ---\n{apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system}, spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}}\n";
    // With the cluster's DNS in the files, and without.
    for (name, dns) in [("printed-with-dns", dns), ("printed-without-dns", "")] {
        let state = format!("{}{}{policy}{dns}", pod("web"), pod("free"));
        let file = plugin::folder(name, &[("state.yaml", &state)]).join("state.yaml").display().to_string();
        let (_, out, err) = run(&["diagnose", "-f", &file, "-n", "shop", "-o", "json"]);
        let document: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        let blocked = document["findings"].as_array().expect("findings").iter().find(|one| one["code"] == "DNSBlocked");
        let command = blocked.expect("DNS is blocked")["fix"]["command"].as_str().expect("a command").to_owned();
        // For every Pod it would isolate `free`; under a name that is taken it would replace that policy.
        assert!(command.contains("podSelector:\n    matchLabels:\n      app: web\n"), "{name}: {command}");
        assert!(command.contains("name: allow-dns-egress-of-web-2\n"), "{name}: {command}");
    }
}

#[test]
fn names_that_pods_answer_themselves_are_told_beside_what_is_wrong_with_their_dns() {
    let spec = "containers: [{name: a}], hostAliases: [{ip: 203.0.113.9, hostnames: [pay.example.com, pay]}, {ip: wrong, hostnames: [x]}]";
    let pod = |name: &str, more: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}, spec: {{{spec}{more}}}}}\n"
        )
    };
    let policy = "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}, policyTypes: [Egress]}}\n";
    let dns = "---\n{apiVersion: v1, kind: Pod, metadata: {name: dns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: a}]}}\n\
               ---\n{apiVersion: v1, kind: Service, metadata: {name: kube-dns, namespace: kube-system}, spec: {selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}}\n";
    let own = ", dnsPolicy: None, dnsConfig: {nameservers: [198.51.100.53]}";
    let state = format!("{}{}{}{policy}{dns}", pod("web", ""), pod("api", own), pod("job", ", dnsPolicy: Default"));
    let (_, out, err) =
        plugin::run_with_input(&["diagnose", "-f", "-", "-n", "shop", "-o", "json", "--all"], state.as_bytes());
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let findings = document["findings"].as_array().expect("findings");
    let said: Vec<_> =
        findings.iter().map(|one| (one["code"].as_str(), one["found"].as_str().expect("text"))).collect();
    let names = "pay (203.0.113.9), pay.example.com (203.0.113.9)";
    for code in ["DNSBlocked", "ResolverBlocked", "HostAliases"] {
        let told = said.iter().filter(|(found, _)| *found == Some(code)).collect::<Vec<_>>();
        assert!(!told.is_empty() && told.iter().all(|(_, text)| text.contains(names)), "{code}: {said:#?}");
    }
}

#[test]
fn where_there_is_nothing_to_diagnose_it_is_said_and_is_no_success() {
    let others = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: key}}\n";
    for text in ["# to be written\n", others] {
        let (code, out, err) = plugin::run_with_input(&["diagnose", "-f", "-"], text.as_bytes());
        assert!(
            err.contains("error: nothing to diagnose: no profile, no Pod, no policy and no Service was found"),
            "{err}"
        );
        assert_eq!((code, out.as_str()), (2, ""), "{text}");
    }
}

#[test]
fn on_healthy_apps_nothing_is_wrong() {
    let cases = cases("healthy");
    assert!(cases.len() >= 30, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let (found, code) = diagnose(case);
        let errors: Vec<_> = found.iter().filter(|(_, severity)| severity != "note").collect();
        if !errors.is_empty() || code != 0 {
            wrong.push(format!("{}: {errors:?}", case.name));
        }
    }
    println!("healthy: {} of {} apps have no error and no warning", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_code_of_a_fault_is_a_reason_and_every_reason_of_diagnose_has_a_fault() {
    let named: BTreeSet<_> = cases("faults").into_iter().flat_map(|case| case.codes).collect();
    let known: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    assert!(named.is_subset(&known), "{:?}", named.difference(&known));
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reasons.md")).expect("docs/reasons.md");
    let of_diagnose =
        page.lines().filter(|line| line.contains("| diagnose |")).filter_map(|line| line.split('`').nth(1));
    let without: Vec<_> = of_diagnose.filter(|code| !named.contains(*code) && *code != "CannotBeKnown").collect();
    assert!(without.is_empty(), "no fault leads to {without:?}");
}

/// The fields of a document, as `findings[].code`.
fn fields(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                found.insert(path.clone());
                // One of three, which the page tells in words.
                if key != "fix" {
                    fields(&path, value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(&format!("{prefix}[]"), item, found)),
        _ => {}
    }
}

#[test]
fn the_page_names_every_field_of_what_programs_read_and_no_other() {
    let mut found = BTreeSet::new();
    for case in cases("faults").iter().filter(|case| case.name.starts_with("path-") || case.name.starts_with("dns-")) {
        let file = case.file.display().to_string();
        let mut words = vec!["diagnose", "-f", &file, "-o", "json"];
        words.extend(case.ask.iter().map(String::as_str));
        fields("", &serde_json::from_str(&run(&words).1).expect("JSON"), &mut found);
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md");
    let page = fs::read_to_string(page).expect("docs/troubleshooting.md");
    let (_, table) = page.split_once("| field | meaning |\n").expect("a table of fields");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let named: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(named, found);
}
