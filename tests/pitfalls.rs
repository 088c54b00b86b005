//! The page of pitfalls is complete, and every proof that it names is there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// How many pitfalls there are, and how many rows have a test at the least.
const PITFALLS: usize = 63;
const TESTED: usize = 30;

struct Row {
    number: usize,
    done: String,
    proof: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows() -> Vec<Row> {
    let page = text(&root().join("docs/pitfalls.md"));
    let lines = page.lines().filter(|line| line.starts_with('|'));
    let data = lines.filter(|line| !line.starts_with("| number |") && !line.starts_with("|---"));
    data.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, pitfall, done, proof] = cells[..] else { panic!("not four cells: {line}") };
        assert!(!pitfall.is_empty() && !proof.is_empty(), "an empty cell: {line}");
        let number = number.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        Row { number, done: done.into(), proof: proof.into() }
    })
    .collect()
}

/// File and name of each test that a row names.
fn cited(row: &Row) -> Vec<(String, String)> {
    let words = row.proof.split('`').skip(1).step_by(2);
    words
        .map(|word| {
            let (file, name) = word.split_once("::").unwrap_or_else(|| panic!("{}: no test: {word}", row.number));
            (file.to_owned(), name.to_owned())
        })
        .collect()
}

/// The names of the tests in a source: functions that have `#[test]` or its like right above.
fn tests_of(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        let name = line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        match name {
            Some(name) if marked => {
                found.insert(name.to_owned());
                marked = false;
            }
            // Between the mark and the function there may be other attributes.
            _ => {
                marked = line.starts_with("#[test]")
                    || line.starts_with("#[tokio::test")
                    || (marked && line.starts_with("#["));
            }
        }
    }
    found
}

/// The headings of a page as GitHub makes anchors of them.
fn anchors(page: &str) -> BTreeSet<String> {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title.chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn every_pitfall_has_its_row_in_order() {
    let numbers: Vec<_> = rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=PITFALLS).collect::<Vec<_>>());
}

#[test]
fn every_row_says_what_is_done_and_one_without_proof_says_that() {
    for row in rows() {
        let begins = ["**Prevents**", "**Reports**", "**Documents**", "**Not yet**"];
        assert!(begins.iter().any(|word| row.done.starts_with(word)), "{}: {}", row.number, row.done);
        let admits = row.done.starts_with("**Not yet**") || row.done.contains("there is no test yet");
        assert_eq!(admits, row.proof == "none", "{}: {} {}", row.number, row.done, row.proof);
        let linked = row.proof.contains("](limits.md#");
        assert!(linked || !cited(&row).is_empty() || admits, "{}: what is the proof?", row.number);
    }
}

#[test]
fn every_test_that_is_named_exists_and_most_rows_name_one() {
    let rows = rows();
    for row in &rows {
        for (file, name) in cited(row) {
            let path = if file.starts_with("src/") { root().join(&file) } else { root().join("tests").join(&file) };
            assert!(tests_of(&text(&path)).contains(&name), "{}: {file} has no test {name}", row.number);
        }
    }
    let tested = rows.iter().filter(|row| !cited(row).is_empty()).count();
    assert!(tested >= TESTED, "only {tested} rows name a test");
}

#[test]
fn every_test_that_names_a_pitfall_is_in_the_row_of_it() {
    let rows = rows();
    let mut files = vec!["resolution.rs".to_owned()];
    for entry in std::fs::read_dir(root().join("tests/resolution")).expect("a folder") {
        files.push(format!("resolution/{}", entry.expect("an entry").file_name().to_string_lossy()));
    }
    for file in files {
        let source = text(&root().join("tests").join(&file));
        for part in source.split("#[test]").skip(1) {
            let name = part.trim().trim_start_matches("fn ").split('(').next().unwrap_or_default();
            let numbers: Vec<usize> = part
                .split("// Pitfall ")
                .filter_map(|line| line.lines().next())
                .flat_map(|line| line.split('.'))
                .flat_map(str::parse)
                .collect();
            assert!(!numbers.is_empty(), "{file}: {name} names no pitfall");
            for number in numbers {
                let row = rows.iter().find(|row| row.number == number).expect("a row");
                let named = cited(row).contains(&(file.clone(), name.to_owned()));
                assert!(named, "row {number} does not name `{file}::{name}`");
            }
        }
    }
}

#[test]
fn every_link_to_another_page_leads_to_a_section_of_it() {
    let page = text(&root().join("docs/pitfalls.md"));
    let links: Vec<_> = page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let there = anchors(&text(&root().join("docs").join(file)));
        assert!(anchor.is_empty() || there.contains(anchor), "{link} is not one of {there:?}");
    }
    assert!(text(&root().join("docs/limits.md")).contains("](pitfalls.md)"));
}
