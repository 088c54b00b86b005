//! `docs/map.md` explains every field of the document, and none that there is not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json;

fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                found.insert(path.clone());
                fields(value, &path, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn the_page_names_every_field() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/map.md")).expect("docs/map.md");
    let rows = page.lines().filter(|line| line.starts_with("| `") && !line.starts_with("| `--"));
    let named: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    fields(&json(&["--exposure"]), "", &mut found);
    // The shop has none of these.
    found.extend(["kind", "namespace", "name"].map(|field| format!("notEvaluated[].{field}")));
    // What is alike is explained once.
    let found: BTreeSet<_> =
        found.iter().map(|field| field.replace(".egress", ".ingress").replace("unknown[]", "edges[]")).collect();
    let explained = |field: &String| !["openTo[].all", "openTo[].ports"].iter().any(|ports| field.contains(ports));
    assert_eq!(named, found.into_iter().filter(explained).collect());
}
