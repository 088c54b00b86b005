//! The docs name every reason, condition, flag and field that there is, and none that there is not.

use std::collections::BTreeSet;

use appnet::{
    api::{ConditionType, OperatorConfig, Reason},
    model::Platform,
    operator::Args,
};
use clap::CommandFactory;

fn page(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cells of the table whose first heading is this, row by row, without the heading.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let rows = page.lines().skip_while(|line| !line.starts_with(&format!("| {heading} |"))).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn reasons() -> BTreeSet<String> {
    Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect()
}

fn conditions() -> BTreeSet<String> {
    ConditionType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()
}

#[test]
fn every_reason_is_explained_and_no_other() {
    let rows = table(&page("reasons.md"), "reason");
    let listed: Vec<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(listed, Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>());
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        let appears = quoted(&row[1]);
        assert!(appears.is_subset(&conditions()), "{row:?}");
        assert!(
            !appears.is_empty() || row[1].contains("Event") || row[1].contains("lint") || row[1].contains("diagnose"),
            "{row:?}"
        );
    }
}

#[test]
fn every_condition_is_explained_with_reasons_that_exist() {
    let rows = table(&page("conditions.md"), "type");
    let listed: Vec<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(listed, ConditionType::ALL.map(ConditionType::as_str));
    for row in &rows {
        for reason in row[2..].iter().flat_map(|cell| quoted(cell)) {
            assert!(reasons().contains(&reason) || conditions().contains(&reason), "{}: {reason}", row[0]);
        }
    }
}

#[test]
fn the_two_pages_agree_on_which_condition_has_which_reason() {
    let of_reasons: BTreeSet<_> = table(&page("reasons.md"), "reason")
        .iter()
        .flat_map(|row| quoted(&row[1]).into_iter().map(|kind| (kind, row[0].trim_matches('`').to_owned())))
        .collect();
    let of_conditions: BTreeSet<_> = table(&page("conditions.md"), "type")
        .iter()
        .flat_map(|row| {
            let named = row[2..].iter().flat_map(|cell| quoted(cell)).filter(|word| reasons().contains(word));
            named.map(|reason| (row[0].trim_matches('`').to_owned(), reason)).collect::<Vec<_>>()
        })
        // `Ready` takes the reasons of the condition that stands in the way, and the page says so in words.
        .filter(|(kind, _)| kind != "Ready")
        .collect();
    let listed: BTreeSet<_> = of_reasons.into_iter().filter(|(kind, _)| kind != "Ready").collect();
    let missing: Vec<_> = listed.symmetric_difference(&of_conditions).collect();
    assert!(missing.is_empty(), "only one of the pages says: {missing:?}");
}

#[test]
fn contributing_says_what_every_module_holds() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |file: &str| std::fs::read_to_string(format!("{root}/{file}")).expect("a page");
    let library = read("src/lib.rs");
    let modules: BTreeSet<_> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<_> =
        table(&read("CONTRIBUTING.md"), "module").iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(listed, modules);
}

#[test]
fn the_doc_comment_of_every_condition_names_only_reasons() {
    let source = include_str!("../src/api/condition.rs");
    for line in source.lines().filter(|line| line.contains("True: ") || line.contains("Unknown: ")) {
        for word in quoted(line).into_iter().filter(|word| word.chars().all(char::is_alphanumeric)) {
            let known = reasons().contains(&word) || conditions().contains(&word) || word == "True";
            assert!(known, "src/api/condition.rs names '{word}': {line}");
        }
    }
}

#[test]
fn every_flag_is_explained_with_its_variable_and_default_and_no_other() {
    let rows = table(&page("configuration.md"), "flag");
    let listed: Vec<_> = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let command = Args::command();
    let flags: Vec<_> =
        command.get_arguments().filter(|flag| !matches!(flag.get_id().as_str(), "help" | "version")).collect();
    let expected: Vec<_> = flags
        .iter()
        .map(|flag| {
            let env = flag.get_env().expect("every flag has a variable").to_string_lossy().into_owned();
            (format!("`--{}`", flag.get_long().expect("a long name")), format!("`{env}`"))
        })
        .collect();
    assert_eq!(listed, expected);
    for (flag, row) in flags.iter().zip(&rows) {
        if let Some(default) = flag.get_default_values().first() {
            assert_eq!(row[2], format!("`{}`", default.to_string_lossy()), "{}", row[0]);
        }
    }
}

#[test]
fn every_field_of_the_configuration_file_is_explained_and_no_other() {
    let page = page("configuration.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let config: OperatorConfig = serde_saphyr::from_str(example).expect("the example is a configuration");
    Platform::parse(&config).unwrap_or_else(|problems| panic!("the example is refused: {problems}"));

    let fields = serde_json::to_value(OperatorConfig::default()).expect("a configuration is a value");
    let fields: BTreeSet<_> = fields
        .as_object()
        .expect("an object")
        .iter()
        .flat_map(|(key, value)| match value.as_object() {
            Some(inner) => inner.keys().map(|field| format!("{key}.{field}")).collect(),
            None => vec![key.clone()],
        })
        .collect();
    let listed: BTreeSet<_> = table(&page, "field").iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(listed, fields);
    for field in fields {
        let key = field.rsplit('.').next().unwrap_or_default().to_owned();
        assert!(example.contains(&format!("{key}:")), "the example does not show {field}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> = std::fs::read_dir(root.join("docs"))
        .expect("docs")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    let others = [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "examples/README.md",
        "charts/appnet/README.md",
    ];
    pages.extend(others.map(|page| root.join(page)));
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{} links to {link}", path.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).expect("a readable page");
                let slug = |line: &str| {
                    let title = line.trim_start_matches(['#', ' ']).to_lowercase();
                    title.replace(' ', "-").replace(['/', '`', ',', '.', ':', '(', ')', '?'], "")
                };
                let found = text.lines().any(|line| line.starts_with('#') && slug(line) == anchor);
                assert!(found, "{} links to {link}", path.display());
            }
        }
    }
}

#[test]
fn every_reason_has_its_anchor_in_troubleshooting_and_every_anchor_is_a_reason() {
    let page = page("troubleshooting.md");
    let listed: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    let anchors: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(anchors.len(), listed.len(), "an anchor twice");
    assert_eq!(anchors, reasons());
}
