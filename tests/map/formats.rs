//! What the formats look like, and that each says what the others say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{assert_is, deployments, golden, json, plugin, shop};

const FORMATS: [(&str, &str); 9] = [
    ("list", "list.txt"),
    ("matrix", "matrix.txt"),
    ("mermaid", "mermaid.mmd"),
    ("dot", "graph.dot"),
    ("svg", "map.svg"),
    ("md", "table.md"),
    ("csv", "table.csv"),
    ("json", "map.json"),
    ("yaml", "map.yaml"),
];

#[test]
fn every_format_is_as_in_its_file_each_time() {
    for (format, file) in FORMATS {
        let text = shop(&["-o", format]);
        assert_is(&golden(file), &text);
        assert_eq!(text, shop(&["-o", format]), "{format}");
    }
}

#[test]
fn pods_and_exposure_are_as_in_their_files() {
    assert_is(&golden("exposure.txt"), &shop(&["--exposure"]));
    assert_is(&golden("exposure.json"), &shop(&["--exposure", "-o", "json"]));
    assert_is(&golden("pods.txt"), &shop(&["--pods"]));
}

#[test]
fn every_end_of_an_edge_is_explained() {
    for flags in [&[][..], &["--only", "ops"], &["--to", "db"]] {
        let map = json(flags);
        let list = |field: &str| map[field].as_array().expect("a list").clone();
        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        let mut known: BTreeSet<_> = list("nodes").iter().chain(&list("addresses")).map(|end| id(&end["id"])).collect();
        known.insert("{ingress-controller}".into());
        for edge in list("edges").iter().chain(&list("unknown")) {
            assert!(known.contains(&id(&edge["from"])) && known.contains(&id(&edge["to"])), "{flags:?}: {edge}");
        }
    }
}

#[test]
fn tables_have_a_row_for_each_line_of_the_list() {
    let list = shop(&[]);
    let mut reader = csv::Reader::from_reader(std::io::Cursor::new(shop(&["-o", "csv"])));
    let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
    assert_eq!(records.len(), list.lines().count());
    for (record, line) in records.iter().zip(list.lines()) {
        let end = |at: usize| match (&record[at], &record[at + 1], &record[at + 2]) {
            ("", name, "IngressController") => format!("{{{name}}}"),
            ("", name, kind) => format!("{name}[{kind}]"),
            (namespace, name, kind) => format!("{namespace}/{name}[{kind}]"),
        };
        assert_eq!(format!("{} => {} : {}", end(0), end(3), &record[6]), line);
    }
    let table = shop(&["-o", "md"]);
    let rows: Vec<_> = table.lines().skip(2).map(|row| row.trim_matches(['|', ' ']).to_owned()).collect();
    let wanted: Vec<_> = list.lines().map(|line| line.replacen(" => ", " | ", 1).replacen(" : ", " | ", 1)).collect();
    assert_eq!(rows, wanted);
}

#[test]
fn pictures_have_an_arrow_for_each_line_of_the_list() {
    let lines = shop(&[]).lines().count();
    for (format, arrow) in [("mermaid", " -->"), ("dot", " -> ")] {
        assert_eq!(shop(&["-o", format]).matches(arrow).count(), lines, "{format}");
    }
}

/// Every element ends where it must, every attribute is quoted, and nothing stands bare that XML has a meaning for.
fn assert_is_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>'), "{before}");
        for entity in before.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)), "{before}");
        }
        assert!(before.chars().all(|c| c == '\n' || !c.is_control()), "{before:?}");
        let (tag, after) = after.split_once('>').expect("a tag that ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name)),
            (None, false) => open.push(tag.split(' ').next().unwrap_or_default()),
            (None, true) => {}
        }
        rest = after;
    }
    assert!(open.is_empty() && rest == "\n", "{open:?} {rest:?}");
}

#[test]
fn the_picture_is_xml() {
    assert_is_xml(&shop(&["-o", "svg"]));
}

/// A file can hold any text where a name should be.
#[test]
fn odd_names_stay_names_in_every_format() {
    let names = ["a<b>&\"c\"", "d|e`*_~", "f\ng\r\u{1b}[31m\u{202e}", "h\\\"; i", "j,\"k\"", "'l': m", "[n](http://o)"];
    let input = deployments(&names.map(str::to_owned));
    let map = |format: &str| {
        let (code, out, err) = plugin::run_with_input(&["map", "-f", "-", "-o", format], input.as_bytes());
        assert_eq!(code, 0, "{err}");
        // For programs a name is as it is.
        let mark = |c: char| c == '\u{202e}' && !["json", "yaml"].contains(&format);
        let seen = |c: char| ['\n', '\r'].contains(&c) || !c.is_control() && !mark(c);
        assert!(out.chars().all(seen), "{format}: {out:?}");
        out
    };
    let lines = map("list").lines().count();
    assert_eq!(lines, names.len() * (names.len() + 1));
    assert_is_xml(&map("svg"));
    assert_eq!(map("md").lines().count(), lines + 2);
    assert!(map("md").contains("shop/d\\|e\\`\\*\\_\\~[Deployment]"));
    assert!(map("md").contains("shop/\\[n\\]\\(http://o\\)[Deployment]"));
    assert_eq!(map("csv").matches("\r\n").count(), lines + 1);
    assert_eq!(csv::Reader::from_reader(map("csv").as_bytes()).records().flatten().count(), lines);
    assert!(map("mermaid").contains("[\"a#60;b#62;#38;#34;c#34;<br/>Deployment\"]"), "{}", map("mermaid"));
    assert!(map("dot").contains("\"shop/h\\\\\\\"; i[Deployment]\""), "{}", map("dot"));
    let document: Value = serde_json::from_str(&map("json")).expect("JSON");
    assert!(
        names.iter().all(|name| document["nodes"].as_array().expect("nodes").iter().any(|node| node["name"] == *name))
    );
    assert_eq!(serde_saphyr::from_str::<Value>(&map("yaml")).expect("YAML"), document);
}
