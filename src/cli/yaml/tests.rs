//! What comes out of a file: values, places and flaws.

use serde_json::{Value, json};

use super::*;

fn only(text: &str) -> Document {
    let (mut documents, flaws) = documents(text);
    assert_eq!((documents.len(), flaws), (1, vec![]), "{text}");
    documents.remove(0)
}

fn value(text: &str) -> Value {
    let document = only(text);
    assert_eq!(document.flaws, [], "{text}");
    document.root.map_or(Value::Null, |root| root.to_value())
}

/// The first flaw, as `line:column path: message`.
fn flaw(text: &str) -> String {
    let (documents, between) = documents(text);
    let flaw = documents.into_iter().flat_map(|document| document.flaws).chain(between).next().expect(text);
    format!("{}:{} {}: {}", flaw.at.line, flaw.at.column, flaw.path, flaw.message)
}

#[test]
fn everything_has_the_place_where_it_is_written() {
    let document =
        only("metadata: {name: shop}\nspec:\n  tiers:\n  - name: api\n    ports: [{port: 80}, {port: 443}]\n");
    let root = document.root.expect("a document");
    let at = |path| {
        let at = root.locate(path);
        (at.line, at.column)
    };
    assert_eq!(at(""), (1, 1));
    assert_eq!(at("metadata.name"), (1, 12));
    assert_eq!(at("spec"), (2, 1));
    assert_eq!(at("spec.tiers[0]"), (4, 5));
    assert_eq!(at("spec.tiers[0].ports"), (5, 5));
    assert_eq!(at("spec.tiers[0].ports[1]"), (5, 25));
    assert_eq!(at("spec.tiers[0].ports[1].port"), (5, 26));
    // What is not there has the place of what should hold it.
    assert_eq!(at("spec.tiers[0].podSelector.matchLabels"), (4, 5));
    assert_eq!(at("spec.tiers[7].name"), (3, 3));
}

#[test]
fn json_is_read_with_places_too() {
    let text = "{\n\t\"metadata\": {\"name\": \"a\\/b \\ud83d\\ude42\"},\n\t\"spec\": {\"tiers\": []}\n}\n";
    let root = only(text).root.expect("a document");
    assert_eq!(root.to_value(), json!({"metadata": {"name": "a/b 🙂"}, "spec": {"tiers": []}}));
    assert_eq!(root.locate("spec.tiers"), Position { line: 3, column: 11 });
}

#[test]
fn words_get_their_type_as_in_kubectl_and_quotes_keep_them_text() {
    assert_eq!(
        value("a: on\nb: 'on'\nc: \"80\"\nd: 0777\ng: |\n  80\nh: ~\ni:\n"),
        json!({"a": true, "b": "on", "c": "80", "d": 511, "g": "80\n", "h": null, "i": null})
    );
}

#[test]
fn keys_are_text_and_those_that_would_change_are_reported() {
    assert_eq!(value("80: a\ntrue: b\n"), json!({"80": "a", "true": "b"}));
    assert_eq!(flaw("m:\n  on: a\n"), "2:3 m: the key 'on' must be in quotes: without them YAML takes it for true");
    assert_eq!(flaw("0x10: a\n"), "1:1 : the key '0x10' must be in quotes: without them YAML takes it for 16");
    assert_eq!(flaw("~: a\n"), "1:1 : the key '~' must be in quotes: without them YAML takes it for null");
    assert_eq!(flaw(&"? ".repeat(5000)), "1:3 : must be text, because it is a key");
    assert_eq!(flaw("[a]: b\n"), "1:1 : must be text, because it is a key");
}

#[test]
fn a_key_that_stands_twice_is_reported_at_its_second_place() {
    assert_eq!(
        flaw("spec:\n  mode: Audit\n  tiers: []\n  mode: Enforce\n"),
        "4:3 spec.mode: must appear only once, and stands in line 2 too: kubectl would take the last and drop the other"
    );
    assert!(flaw("{\"a\": 1, \"a\": 2}").starts_with("1:10 a: must appear only once"));
}

#[test]
fn aliases_and_merged_keys_stand_for_what_they_name() {
    let text = "a: &x {p: 1, q: 2}\nb: *x\nc: {q: 3, <<: *x, r: 4}\nd: {<<: [{p: 8}, *x]}\n";
    let x = json!({"p": 1, "q": 2});
    assert_eq!(value(text), json!({"a": x, "b": x, "c": {"p": 1, "q": 2, "r": 4}, "d": {"p": 8, "q": 2}}));
    assert_eq!(flaw("a: *nowhere"), "1:4 : must refer to an anchor that stands before it in the same document");
    assert!(flaw("a: &x [*x]").contains("itself a part of"));
    assert!(flaw("a: {<<: 1}").contains("must be a map"));
}

#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..60 {
        let before = format!("*a{}", i - 1);
        bomb = format!("{bomb}a{i}: &a{i} [{}]\n", [before.as_str(); 9].join(", "));
    }
    assert!(flaw(&bomb).contains("must not use so many aliases"));
}

#[test]
fn nesting_beyond_sense_is_refused_however_it_is_written() {
    assert!(flaw(&"[".repeat(100_000)).contains("nested so deep"));
    assert!(flaw(&"- ".repeat(100_000)).contains("nested so deep"));
    assert!(flaw(&"{a: ".repeat(100_000)).contains("nested so deep"));
    assert!(flaw(&format!("a{}", ": [".repeat(300))).contains("nested so deep"));
    let mut aliases = String::from("a0: &a0 [1]\n");
    for i in 1..300 {
        aliases = format!("{aliases}a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert!(flaw(&aliases).contains("nested so deep"));
}

#[test]
fn broken_yaml_is_reported_where_it_breaks_and_the_next_document_is_read_all_the_same() {
    let (documents, _) = documents("a: [1, 2\n---\nb: 2\n---\n\tc: 3\n---\nd: 4\n");
    let readable: Vec<_> = documents.iter().map(|document| document.root.is_some()).collect();
    assert_eq!(readable, [false, true, true, true]);
    assert_eq!(documents[2].flaws[0].message, "must be indented with spaces: YAML takes no tabs there");
    assert_eq!(documents[2].flaws[0].at.line, 5);
}

#[test]
fn what_kubectl_would_ignore_or_not_read_is_reported() {
    assert!(flaw("a: 1\n...\nb: 2\n").starts_with("3:1 : must come after a line `---`"));
    assert!(flaw("%YAML 1.2\n---\na: 1\n").contains("must not be a directive"));
    assert!(flaw("a: 1\n---b\n").contains("must stand alone"));
    assert!(flaw("{\"a\": 1}\n# done\n").starts_with("2:1 : must not stand after JSON"));
    assert_eq!(value("a: 1\n...\n"), json!({"a": 1}));
}

#[test]
fn empty_documents_are_no_documents() {
    let (documents, flaws) = documents("---\n# nothing\n---\n---\na: 1\n");
    let there = documents.iter().filter(|document| document.root.is_some()).count();
    assert_eq!((there, flaws), (1, vec![]));
}

#[test]
fn a_document_above_the_request_limit_is_not_read() {
    let big = format!("a: '{}'\n", "x".repeat(REQUEST_LIMIT));
    assert!(flaw(&big).contains("at most 3 MiB"));
}

#[test]
fn what_the_parser_of_kubectl_reads_in_another_way_is_reported() {
    for (text, part) in [
        ("a:\n\tb: 1\n", "no tabs"),
        ("a: 1\n  \t\nb: 2\n", "no tabs"),
        ("a:\n-\tb\n", "no tabs"),
        ("a: |\n  \tx\n", "must not begin with a tab"),
        ("a: !!str 1\n", "must have no tag"),
        ("a: &b! 1\n", "the name of an anchor"),
        ("{a: [b?]}", "must be in quotes"),
        ("{a: [b:]}", "must have a value"),
        ("{a\n b: 1}", "must stand on one line"),
        ("...\na: 1\n", "must not begin with '...'"),
    ] {
        assert!(flaw(text).contains(part), "{text}: {}", flaw(text));
    }
    // Tabs inside of values and after them are fine.
    value("a: \"x\n\ty\" \t# c\nb:\tc\nd: |\n  x\n  \ty\n");
    value("{\n\t\"a\": [\n\t\t1\n\t]\n}");
}
