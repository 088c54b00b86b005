//! Reads the folders of `tests/cases/truth`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{objects::Objects, table::Table};

/// A case is one table, or several steps with a table each.
pub struct Case {
    pub name: String,
    pub steps: Vec<Step>,
}

/// Objects, and what is expected of them.
pub struct Step {
    pub name: String,
    pub objects: Objects,
    pub table: Table,
}

/// All cases of a family, in the order of their numbers, which leave no gap.
pub fn family(name: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/truth").join(name);
    let mut base = Objects::default();
    add_file(&mut base, &folder.join("base.yaml"));
    numbered(&folder).iter().map(|folder| case(&base, folder)).collect()
}

fn case(base: &Objects, folder: &Path) -> Case {
    let name = called(folder);
    let mut objects = base.clone();
    let there = add_file(&mut objects, &folder.join("objects.yaml"));
    let steps = numbered(folder);
    if steps.is_empty() {
        assert!(there, "{name} has no objects.yaml");
        return Case { steps: vec![step(name.clone(), objects, folder)], name };
    }
    assert!(steps.len() > 1, "{name} has only one step");
    let steps = steps.iter().map(|folder| {
        let mut objects = objects.clone();
        let there = add_file(&mut objects, &folder.join("objects.yaml"));
        let name = format!("{name}/{}", called(folder));
        assert!(there, "{name} has no objects.yaml");
        step(name, objects, folder)
    });
    Case { steps: steps.collect(), name }
}

fn step(name: String, objects: Objects, folder: &Path) -> Step {
    let strays = objects.strays();
    assert!(strays.is_empty(), "{name}: no namespace for {strays:?}");
    let path = folder.join("expected.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let table = Table::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    Step { name, objects, table }
}

/// Adds the objects of a file. Is there one?
fn add_file(objects: &mut Objects, path: &Path) -> bool {
    if !path.exists() {
        return false;
    }
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        objects.add(document).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    true
}

/// The folders in a folder. They are called `01-...`, `02-...` and so on.
fn numbered(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    for (position, path) in folders.iter().enumerate() {
        let number = called(path).split('-').next().and_then(|number| number.parse().ok());
        assert_eq!(number, Some(position + 1), "out of order: {}", path.display());
    }
    folders
}

fn called(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
