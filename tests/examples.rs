//! The examples are right: every profile is valid, and the policies beside it are the ones that it renders.
//!
//! `UPDATE_EXAMPLES=1 cargo test --test examples` writes the policies anew.

#[path = "rendering/mod.rs"]
mod rendering;

use std::{fs, path::Path};

use rendering::{Texts, documents, render};

const HEAD: &str =
    "# Generated from profile.yaml, do not edit. Write anew: UPDATE_EXAMPLES=1 cargo test --test examples\n";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
}

fn updating() -> bool {
    std::env::var_os("UPDATE_EXAMPLES").is_some()
}

fn folders() -> Vec<String> {
    let mut folders: Vec<_> = fs::read_dir(root())
        .expect("there are examples")
        .map(|entry| entry.expect("a readable entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a plain name"))
        .collect();
    folders.sort();
    folders
}

fn text(folder: &str, file: &str) -> String {
    fs::read_to_string(root().join(folder).join(file)).unwrap_or_default()
}

/// The policies of an example as a file: one document for each, allows first, so that applying it cuts nothing.
fn policies(folder: &str) -> Result<String, String> {
    let texts = Texts {
        profile: text(folder, "profile.yaml"),
        config: text(folder, "config.yaml"),
        cluster: text(folder, "cluster.yaml"),
    };
    let documents = render(&texts)?;
    let documents: Result<Vec<_>, _> = documents.iter().map(serde_saphyr::to_string).collect();
    Ok(format!("{HEAD}{}", documents.map_err(|error| error.to_string())?.join("---\n")))
}

#[test]
fn every_example_is_valid_and_its_policies_are_those_that_it_renders() {
    let mut wrong = Vec::new();
    for folder in folders() {
        match policies(&folder) {
            Err(problem) => wrong.push(format!("examples/{folder}: {problem}")),
            Ok(rendered) if updating() => {
                fs::write(root().join(&folder).join("policies.yaml"), rendered).expect("a writable folder");
            }
            Ok(rendered) if rendered == text(&folder, "policies.yaml") => {}
            Ok(rendered) => wrong.push(format!(
                "examples/{folder}: policies.yaml is stale; run UPDATE_EXAMPLES=1 cargo test --test examples\n{}",
                first_difference(&text(&folder, "policies.yaml"), &rendered)
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn first_difference(stored: &str, rendered: &str) -> String {
    let lines = stored.lines().map(Some).chain(std::iter::repeat(None));
    let number = rendered.lines().zip(lines).position(|(new, old)| Some(new) != old);
    let number = number.unwrap_or_else(|| rendered.lines().count());
    let line = |text: &str| text.lines().nth(number).unwrap_or("(the end)").to_owned();
    format!("first at line {}:\n  stored:   {}\n  rendered: {}", number + 1, line(stored), line(rendered))
}

#[test]
fn the_written_policies_read_back_as_the_ones_that_are_rendered() {
    if updating() {
        return;
    }
    for folder in folders() {
        let stored = text(&folder, "policies.yaml");
        let stored = documents(&stored).unwrap_or_else(|problem| panic!("examples/{folder}/policies.yaml: {problem}"));
        let profile = text(&folder, "profile.yaml");
        let texts = Texts { profile, config: text(&folder, "config.yaml"), cluster: text(&folder, "cluster.yaml") };
        let rendered = render(&texts).unwrap_or_else(|problem| panic!("examples/{folder}: {problem}"));
        let rendered: Vec<_> =
            rendered.iter().map(|policy| serde_json::to_value(policy).expect("a policy is a value")).collect();
        assert_eq!(stored, rendered, "examples/{folder}/policies.yaml");
    }
}

#[test]
fn the_table_of_examples_lists_every_folder_and_no_other() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let listed: Vec<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ["))
        .filter_map(|line| line.split_once(']').map(|(folder, _)| folder.to_owned()))
        .collect();
    assert_eq!(listed, folders());
}

#[test]
fn a_field_that_does_not_exist_is_not_read_past() {
    let profile = text("01-single-tier", "profile.yaml").replace("    ports:\n", "    port:\n");
    let problem = render(&Texts { profile, ..Texts::default() }).expect_err("no such field");
    assert!(problem.contains("spec.tiers[0].port is no field"), "{problem}");
}
