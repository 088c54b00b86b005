//! `docs/plan.md` explains every field of the document, and none that there is not.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

use super::plan;

fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                fields(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn the_page_names_every_field_and_no_other() {
    let page = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/plan.md")).expect("a page");
    let (_, table) = page.split_once("| field | meaning |\n").expect("a table of fields");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let named: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    // Between them these have everything: a new profile, one that changes, and a removal.
    for arguments in [
        "-f profile.yaml --against cluster.yaml",
        "-f port.yaml --against cluster.yaml profile.yaml rendered.yaml",
        "--delete AppNetworkProfile/shop/shop --against cluster.yaml owned.json",
    ] {
        let (out, err, _) = plan(&format!("{arguments} -o json"));
        fields(&serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}")), "", &mut found);
    }
    assert_eq!(named, found);
}
