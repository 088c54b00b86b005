//! `docs/lint.md`: what it shows is what is printed, and it names every check and every field, and none that there is not.

use std::{collections::BTreeSet, fs, path::Path};

use appnet::api::Reason;
use serde_json::Value;

use super::{
    plugin::{outcome, plugin},
    policies::{CASES, folder, lint},
};

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint.md")).expect("docs/lint.md")
}

/// The first cells of the table that begins with this one.
fn first_cells(head: &str) -> Vec<String> {
    let page = page();
    let (_, table) = page.split_once(&format!("| {head} |")).unwrap_or_else(|| panic!("a table of each {head}"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect()
}

#[test]
fn commands_of_the_page_print_what_the_page_says() {
    let mut shown = 0;
    for block in page().split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let (first, printed) = block.split_once('\n').expect("a command");
        let command = first.strip_prefix("$ kubectl appnet ").expect("a command of ours");
        let words: Vec<_> = command.split_whitespace().collect();
        let (_, out, err) = outcome(plugin(&words).current_dir(folder()).output().expect("the plugin runs"));
        if std::env::var_os("UPDATE_LINT").is_some() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint.md");
            fs::write(&file, page().replace(block, &format!("{first}\n{out}{err}"))).expect("it can be written");
        } else {
            assert_eq!(format!("{out}{err}"), printed, "{command}");
        }
        shown += 1;
    }
    assert!(shown >= 3, "the page shows {shown} commands");
}

#[test]
fn the_page_has_a_row_for_each_reason_that_has_a_case_and_the_cases_have_every_reason_of_lint() {
    let listed: Vec<_> = first_cells("reason");
    let cases: BTreeSet<_> = CASES.iter().map(|(reason, ..)| reason.as_str().to_owned()).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), cases);
    assert_eq!(listed.len(), cases.len(), "each once");
    let reasons = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reasons.md")).expect("a page");
    let of_lint = reasons.lines().filter(|line| line.contains("| lint |")).filter_map(|line| line.split('`').nth(1));
    for reason in of_lint {
        assert!(Reason::ALL.iter().any(|known| known.as_str() == reason), "{reason}");
        assert!(cases.contains(reason), "no case has {reason}");
    }
}

#[test]
fn the_page_says_how_bad_each_is() {
    let page = page();
    for (reason, case, _) in CASES {
        let found: Value = serde_json::from_str(&lint(case, &["-o", "json"]).1).expect("JSON");
        let severity = found["findings"][0]["severity"].as_str().expect("a severity").to_owned();
        let row = format!("| `{}` | {severity} |", reason.as_str());
        assert!(page.contains(&row), "docs/lint.md does not say: {row}");
    }
}

#[test]
fn the_page_names_every_field_and_no_other() {
    let found: Value = serde_json::from_str(&lint("dns-blocked", &["-o", "json"]).1).expect("JSON");
    let of_document = found.as_object().expect("an object").keys().cloned();
    let of_finding = found["findings"][0].as_object().expect("a finding").keys();
    let fields: BTreeSet<_> = of_document.chain(of_finding.map(|field| format!("findings[].{field}"))).collect();
    assert_eq!(first_cells("field").into_iter().collect::<BTreeSet<_>>(), fields);
}
