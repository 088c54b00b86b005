//! The checks of policies and of what profiles select, one case after the other: `tests/lint/policies/CASE` holds an input and all that is said of it.
//!
//! `UPDATE_LINT=1 cargo test --test lint` writes what is said anew.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use appnet::api::Reason;

use super::plugin::{self, findings};

/// For each reason, an input in which it is the only one, and a neighbour of that in which there is nothing to say.
pub const CASES: [(Reason, &str, &str); 21] = [
    (Reason::DnsBlocked, "dns-blocked", "dns-allowed-by-another-policy"),
    (Reason::DnsBlocked, "dns-blocked-and-another-meant", "dns-blocked-and-meant"),
    (Reason::DnsOverUdpOnly, "dns-over-udp-only", "dns-by-name-over-both"),
    (Reason::AllowsEverything, "everyone-at-every-port", "everyone-at-one-port"),
    (Reason::AllowsEverything, "every-pod-at-one-port", "every-pod-of-some-namespaces"),
    (Reason::MetadataReachable, "metadata-reachable", "metadata-excepted"),
    (Reason::BlockHoldsPods, "block-holds-pods", "block-beside-pods"),
    (Reason::NoMatchingPods, "subject-near-miss", "subject-later"),
    (Reason::NoMatchingPods, "subject-like-nothing", "subject-later"),
    (Reason::NoMatchingNamespaces, "namespace-near-miss", "namespace-by-its-name"),
    (Reason::NoMatchingNamespaces, "namespace-misspelt", "namespace-elsewhere"),
    (Reason::NoMatchingPods, "peer-near-miss", "peer-later"),
    (Reason::NoMatchingPods, "peer-on-the-host-network", "peer-beside-the-host-network"),
    (Reason::NamedPortNotFound, "named-port-of-nobody", "named-port-of-one"),
    (Reason::NoMatchingPods, "tier-near-miss", "tier-later"),
    (Reason::NoMatchingPods, "caller-near-miss", "caller-later"),
    (Reason::NamedPortNotFound, "tier-port-of-nobody", "tier-later"),
    (Reason::PodInSeveralTiers, "tiers-overlap", "tier-later"),
    (Reason::InvalidSpec, "field-misspelt", "field-of-later"),
    (Reason::RuleRepeats, "rule-repeats", "rule-overlaps"),
    (Reason::RuleIgnored, "rule-ignored", "types-from-the-rules"),
];

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/policies")
}

/// Exit code, standard output and standard error of `lint` in the folder of a case.
pub fn lint(case: &str, flags: &[&str]) -> (i32, String, String) {
    let arguments = [&["lint", "-f", "input.yaml"], flags].concat();
    plugin::outcome(plugin::plugin(&arguments).current_dir(folder().join(case)).output().expect("the plugin runs"))
}

/// Compares what is said of a case with its file, and returns the reasons.
fn case(name: &str) -> Vec<String> {
    let (code, out, err) = lint(name, &[]);
    let said = format!("$ kubectl appnet lint -f input.yaml\n{out}{err}exit code {code}\n");
    let file = folder().join(name).join("expected.txt");
    if std::env::var_os("UPDATE_LINT").is_some() {
        fs::write(&file, &said).expect("it can be written");
    }
    assert_eq!(said, fs::read_to_string(&file).unwrap_or_default(), "{}", file.display());
    let found = findings(&lint(name, &["-o", "json"]).1);
    let text = fs::read_to_string(folder().join(name).join("input.yaml")).expect("the input");
    for (finding, line) in found.iter().zip(out.lines()) {
        let place = format!("input.yaml:{}:{}: ", finding.line, finding.column);
        assert!(line.starts_with(&place) && line.ends_with(&finding.message), "{line}\n{finding:?}");
        // The field that the path names stands at the place, or what would hold it.
        let there = text.lines().nth(finding.line - 1).and_then(|line| line.get(finding.column - 1..));
        let there = there.unwrap_or_else(|| panic!("{place}is not in {name}"));
        let field = finding.path.rsplit('.').next().unwrap_or_default();
        let is_item =
            field.ends_with(']') && text.lines().nth(finding.line - 1).is_some_and(|line| line.contains(['-', '[']));
        assert!(there.starts_with(field) || is_item, "{name}: {place}has {there:?}, not {field}");
    }
    assert_eq!(found.len(), out.lines().count(), "{name}");
    found.into_iter().map(|finding| finding.reason).collect()
}

#[test]
fn every_check_says_what_it_finds_and_where() {
    for (reason, found, _) in CASES {
        let reasons = case(found);
        assert!(!reasons.is_empty() && reasons.iter().all(|said| said == reason.as_str()), "{found}: {reasons:?}");
    }
}

#[test]
fn nothing_is_said_of_what_is_nearly_the_same_and_right() {
    for (_, _, left_alone) in CASES {
        assert_eq!(case(left_alone), [""; 0], "{left_alone}");
        assert_eq!(lint(left_alone, &[]).0, 0, "{left_alone}");
    }
}

#[test]
fn every_folder_is_a_case() {
    let listed: BTreeSet<_> = CASES.iter().flat_map(|(_, found, alone)| [*found, *alone]).map(str::to_owned).collect();
    let folders = fs::read_dir(folder()).expect("the cases").map(|entry| entry.expect("an entry").file_name());
    let folders: BTreeSet<_> = folders.map(|name| name.into_string().expect("text")).collect();
    assert_eq!(listed, folders);
}

#[test]
fn near_misses_of_pods_and_of_namespaces_are_named() {
    let said = |name| lint(name, &[]).1;
    let subject = said("subject-near-miss");
    assert!(subject.contains("Pods of Deployment 'payment' have app=payment; correct the labels"), "{subject}");
    assert!(subject.contains("Pods of Deployment 'api' have app.kubernetes.io/name=api; correct"), "{subject}");
    let peer = said("peer-near-miss");
    assert!(peer.contains("Pods of Deployment 'frontend' have app=frontend; correct"), "{peer}");
    assert!(peer.contains("no Pod of namespace 'edge' has it; Pods of Deployment 'proxy' have app=proxy"), "{peer}");
    let namespace = said("namespace-near-miss");
    assert!(namespace.contains("namespace 'monitoring' has team=monitoring; correct"), "{namespace}");
    assert!(namespace.contains("namespace 'edge' has role=ingress; correct"), "{namespace}");
    // Like none, it may be elsewhere: files hold a part of a cluster.
    assert!(!namespace.contains("payroll"), "{namespace}");
    let nothing = said("subject-like-nothing");
    assert!(
        nothing.contains("no Pod of namespace 'shop' has it; create the Pods, or correct the selector"),
        "{nothing}"
    );
    assert!(nothing.contains("the Pods that have it are on the host network"), "{nothing}");
}
