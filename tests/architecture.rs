//! The house rules that a compiler does not check, by reading the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// No client, no clock, no runtime, no files: data in, data out.
const PURE: [&str; 13] = [
    "api", "model", "policy", "observe", "plan", "reach", "objects", "explain", "lint", "diagnose", "verify", "report",
    "leader",
];
/// Modules that a pure one may not lean on.
const IMPURE: [&str; 5] = ["cluster", "controller", "serve", "metrics", "operator"];
/// The only modules that may name the client: the one that talks to Kubernetes, and the two that wire things up.
const MAY_NAME_THE_CLIENT: [&str; 3] = ["cluster", "controller", "operator"];
const LONGEST_FILE: usize = 330;
const EMPTY_WORDS: [&str; 4] = ["utils", "helpers", "common", "types"];

const NOT_IN_PURE: &[&str] = &[
    "kube::Client",
    "kube::Api",
    "kube::client",
    "kube::runtime",
    "tokio",
    "futures::",
    "async fn",
    "std::time::Instant",
    "std::time::SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "std::fs",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "reqwest",
    "hyper",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<(String, String)> {
    below(&root().join(folder))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            (name, fs::read_to_string(&path).expect("a readable source"))
        })
        .collect()
}

/// The code of a source: without comments and texts, which may say anything.
fn code(source: &str) -> String {
    let mut kept = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => text_length(rest),
            '\'' if rest.starts_with("'\"'") => 3,
            '\'' if rest.starts_with("'\\\"'") => 4,
            _ => 0,
        };
        if skipped == 0 {
            kept.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    kept
}

fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    for (position, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return position + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// Every path that a source uses, those of grouped `use` lines spelled out: `kube::{Api, api::Patch}` is
/// `kube::Api` and `kube::api::Patch`. The code itself follows, for what is named in place.
fn names(source: &str) -> Vec<String> {
    let code = code(source);
    let mut names: Vec<String> = code.lines().map(str::to_owned).collect();
    for statement in code.split(';') {
        let Some(tree) = statement.rfind("use ").map(|start| &statement[start + 4..]) else { continue };
        let tree: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
        spelled_out("", &tree, &mut names);
    }
    names
}

fn spelled_out(prefix: &str, tree: &str, names: &mut Vec<String>) {
    let mut depth = 0;
    let mut start = 0;
    let mut parts = Vec::new();
    for (position, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('{') {
            Some((head, inner)) => {
                let inner = inner.strip_suffix('}').unwrap_or(inner);
                spelled_out(&format!("{prefix}{head}"), inner, names);
            }
            None => names.push(format!("{prefix}{part}")),
        }
    }
}

/// Is `word` named, as a whole word at both ends?
fn names_it(name: &str, word: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    name.match_indices(word).any(|(start, _)| {
        let open_end =
            word.ends_with(|c: char| !c.is_alphanumeric()) || word.contains("::Tcp") || word.contains("::Udp");
        !inside(name[..start].chars().next_back()) && (open_end || !inside(name[start + word.len()..].chars().next()))
    })
}

fn module(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

fn offences(files: &[(String, String)], words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, source) in files {
        let names = names(source);
        for word in words {
            if names.iter().any(|name| names_it(name, word)) {
                found.push(format!("{file} names {word}"));
            }
        }
    }
    found
}

#[test]
fn pure_modules_have_no_client_no_clock_no_runtime_and_no_files() {
    let pure: Vec<_> = sources("src").into_iter().filter(|(file, _)| PURE.contains(&module(file))).collect();
    for name in PURE {
        assert!(pure.iter().any(|(file, _)| module(file) == name), "there is no module '{name}'");
    }
    let words: Vec<_> = NOT_IN_PURE.iter().map(ToString::to_string).collect();
    let found = offences(&pure, &words);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn pure_modules_do_not_lean_on_the_others() {
    let pure: Vec<_> = sources("src").into_iter().filter(|(file, _)| PURE.contains(&module(file))).collect();
    let words: Vec<_> = IMPURE.iter().map(|module| format!("crate::{module}")).collect();
    let found = offences(&pure, &words);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_cluster_and_the_wiring_name_the_client() {
    let others: Vec<_> =
        sources("src").into_iter().filter(|(file, _)| !MAY_NAME_THE_CLIENT.contains(&module(file))).collect();
    let words = ["kube::Client", "kube::Api", "kube::client", "kube::Config"].map(str::to_owned);
    // The programs only start what the library holds.
    let found = offences(&others, &words);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for folder in ["src", "tests"] {
        for (file, source) in sources(folder) {
            let lines = source.lines().count();
            if lines > LONGEST_FILE {
                long.push(format!(
                    "{file} has {lines} lines; {LONGEST_FILE} are the most: give its parts names of their own"
                ));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_file_or_folder_has_a_name_that_says_nothing() {
    let mut found = Vec::new();
    for folder in ["src", "tests", "docs", "examples"] {
        let empty = |path: &PathBuf| {
            path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| EMPTY_WORDS.contains(&stem))
        };
        found.extend(below(&root().join(folder)).into_iter().filter(empty));
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = sources("src").into_iter().filter(|(_, source)| !source.starts_with("//!")).collect();
    assert!(silent.is_empty(), "{:?}", silent.iter().map(|(file, _)| file).collect::<Vec<_>>());
}

#[test]
fn unsafe_code_is_forbidden() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let section =
        |name: &str| manifest.split(name).nth(1).and_then(|rest| rest.split("\n[").next()).expect("a section");
    let lints = section("[workspace.lints.rust]");
    assert!(lints.lines().any(|line| line.trim() == "unsafe_code = \"forbid\""), "{lints}");
    for manifest in ["Cargo.toml", "lab/probe/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest} has lints of its own, or none");
    }
}

#[test]
fn the_scan_sees_through_groups_comments_and_texts() {
    let source = "use kube::{\n    Resource,\n    runtime::{watcher, Controller},\n    Api,\n};\n// tokio::spawn\nconst A: &str = \"std::fs \\\" reqwest\";\nfn f() { let now = std::time::Instant::now(); }\nuse std::net::IpAddr;";
    let names = names(source);
    let found = |word: &str| names.iter().any(|name| names_it(name, word));
    for word in ["kube::Api", "kube::runtime", "std::time::Instant", "kube::runtime::Controller"] {
        assert!(found(word), "{word} in {names:?}");
    }
    for word in ["tokio", "std::fs", "reqwest", "kube::Client", "std::net::Tcp"] {
        assert!(!found(word), "{word} in {names:?}");
    }
    assert!(names_it("use std::net::TcpStream", "std::net::Tcp"));
    assert!(!names_it("kube::ApiResource", "kube::Api"));
}
