//! The cases under `tests/cases`: files that are right, and files that are wrong in one way each.
//!
//! A wrong one begins with what must be said about it:
//!
//! ```text
//! # expect: <path, or - for none> <the beginning of the sentence>
//! # server: <what the API server does, where it is not asked or does not refuse>
//! ```
//!
//! To check the same files in another way, include this file: `#[path = "bad_input/cases.rs"] mod cases;`.
#![allow(dead_code)] // Each test looks at other parts.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

/// A file that is right or wrong.
pub struct Case {
    /// The file.
    pub file: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What must be said about it; nothing about a file that is right.
    pub expected: Vec<Expected>,
    /// What the API server does.
    pub server: Server,
}

/// Something that must be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The field.
    pub path: String,
    /// How the sentence begins.
    pub message: String,
}

/// What the API server does with a file that `kubectl` sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// Takes it.
    Accepts,
    /// Refuses it, as the plugin does.
    Refuses,
    /// Takes it although the plugin does not: the file says why.
    AcceptsWhatWeRefuse,
    /// Never sees it: `kubectl` cannot read the file.
    IsNotAsked,
}

impl Case {
    /// The file's name without folder and ending.
    pub fn name(&self) -> String {
        self.file.file_stem().expect("a file has a name").to_string_lossy().into_owned()
    }

    /// The content as text, for cases that are text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Files that are right.
pub fn good() -> Vec<Case> {
    read("good").map(|(file, bytes)| Case { file, bytes, expected: Vec::new(), server: Server::Accepts }).collect()
}

/// Files that are wrong.
pub fn bad() -> Vec<Case> {
    let case = |(file, bytes): (PathBuf, Vec<u8>)| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let expected: Vec<_> = header(&text, "# expect: ").map(expected).collect();
        assert!(!expected.is_empty(), "{} does not say what to expect", file.display());
        let server = match header(&text, "# server: ").next() {
            None => Server::Refuses,
            Some(what) if what.starts_with("accepts") => Server::AcceptsWhatWeRefuse,
            Some(what) if what.starts_with("is not asked") => Server::IsNotAsked,
            Some(what) => panic!("{} says of the server: {what}", file.display()),
        };
        Case { file, bytes, expected, server }
    };
    read("bad").map(case).collect()
}

/// The folder of the cases.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn read(name: &str) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder(name)).expect("the folder of the cases");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.into_iter().map(|file| {
        let bytes = fs::read(&file).expect("a case");
        (file, bytes)
    })
}

fn header<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().take_while(|line| line.starts_with('#')).filter_map(move |line| line.strip_prefix(prefix))
}

fn expected(line: &str) -> Expected {
    let (path, message) = line.split_once(' ').expect("a path and a sentence");
    let path = if path == "-" { "" } else { path };
    Expected { path: path.into(), message: message.into() }
}

/// Every rule of the schema with its sentence.
pub fn rules() -> BTreeSet<(String, String)> {
    fn collect(schema: &Value, found: &mut BTreeSet<(String, String)>) {
        if let Some(rules) = schema.get("x-kubernetes-validations").and_then(Value::as_array) {
            let text = |rule: &Value, field: &str| rule[field].as_str().unwrap_or_default().to_owned();
            found.extend(rules.iter().map(|rule| (text(rule, "rule"), text(rule, "message"))));
        }
        match schema {
            Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::to_value(appnet::api::definition()).expect("a definition"), &mut found);
    found
}
