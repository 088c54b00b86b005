//! `docs/explain.md` shows what the plugin prints, and names every field.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::plugin::{folder, run};

fn page() -> String {
    fs::read_to_string(folder().join("../../docs/explain.md")).expect("docs/explain.md")
}

#[test]
fn commands_of_the_page_print_what_the_page_says() {
    let page = page();
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut shown = 0;
    for block in blocks {
        let (first, printed) = block.split_once('\n').expect("a command");
        let command = first.strip_prefix("$ kubectl appnet explain ").expect("a command of ours");
        let done = run(&command.split_whitespace().collect::<Vec<_>>());
        if std::env::var_os("UPDATE_EXPLAIN").is_some() {
            let page = fs::read_to_string(folder().join("../../docs/explain.md")).expect("the page");
            let new = page.replace(block, &format!("{first}\n{}", done.out));
            fs::write(folder().join("../../docs/explain.md"), new).expect("the page can be written");
        } else {
            assert_eq!(done.out, printed, "{command}");
        }
        shown += 1;
    }
    assert!(shown >= 3, "the page shows {shown} commands");
}

/// The fields of a value, as `connections[].egress.gate`.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields_of) => {
            for (name, value) in fields_of {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn every_field_that_is_printed_is_described() {
    let mut printed = BTreeSet::new();
    for entry in fs::read_dir(folder().join("cases")).expect("the cases") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        let command = text.lines().next().and_then(|line| line.split_once(" explain ")).expect("a command").1;
        let out = run(&command.split_whitespace().chain(["-o", "yaml"]).collect::<Vec<_>>()).out;
        if !out.is_empty() {
            fields(&serde_saphyr::from_str(&out).expect("YAML"), "", &mut printed);
        }
    }
    let page = page();
    // The two sides are described once.
    let path = |path: &String| path.replace("].egress", "].SIDE").replace("].ingress", "].SIDE");
    let missing: BTreeSet<_> =
        printed.iter().map(path).filter(|path| !page.contains(&format!("| `{path}` |"))).collect();
    assert!(missing.is_empty(), "docs/explain.md does not describe {missing:?}");
}
