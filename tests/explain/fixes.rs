//! Every fix of every case is carried out by its command, and then the plugin says that it is allowed.

use std::fs;

use serde_json::{Value, json};

use crate::plugin::{folder, run};

/// What the API server does with `op: test` and `op: add`.
fn patch(object: &mut Value, operations: &Value) {
    for operation in operations.as_array().expect("a list of operations") {
        let path = operation["path"].as_str().expect("a path");
        let value = operation["value"].clone();
        if operation["op"] == "test" {
            assert_eq!(object.pointer(path), Some(&value), "{path}");
            continue;
        }
        let (parent, last) = path.rsplit_once('/').expect("a parent");
        match object.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is there")) {
            Value::Array(entries) if last == "-" => entries.push(value),
            Value::Object(fields) => drop(fields.insert(last.to_owned(), value)),
            other => panic!("{path} leads to {other}"),
        }
    }
}

fn carry_out(command: &str, objects: &mut Vec<Value>) {
    if let Some(rest) = command.strip_prefix("kubectl apply -f - <<'EOF'\n") {
        let yaml = rest.strip_suffix("\nEOF").expect("an end");
        return objects.push(serde_saphyr::from_str(yaml).expect("YAML"));
    }
    let (head, patched) = command.split_once(" --type json -p '").expect("a patch");
    let words: Vec<_> = head.split_whitespace().collect();
    let ["kubectl", "patch", kind, name, "-n", namespace] = words[..] else { panic!("{head}") };
    let object = objects.iter_mut().find(|object| {
        object["kind"].as_str().is_some_and(|known| known.to_lowercase() == kind)
            && object["metadata"]["name"] == name
            && object["metadata"]["namespace"] == namespace
    });
    let operations = serde_json::from_str(patched.strip_suffix('\'').expect("an end")).expect("JSON");
    patch(object.unwrap_or_else(|| panic!("{command} finds nothing")), &operations);
}

#[test]
fn every_fix_that_a_case_prints_works_when_its_commands_are_run() {
    let mut tried = 0;
    for entry in fs::read_dir(folder().join("cases")).expect("the cases") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let command = text.lines().next().and_then(|line| line.split_once(" explain ")).expect("a command").1;
        let words: Vec<_> = command.split_whitespace().collect();
        let (file, question) = words.split_last().expect("words");
        let answer: Value = match run(&[&words[..], &["-o", "json"]].concat()).out {
            out if out.is_empty() => continue,
            out => serde_json::from_str(&out).expect("JSON"),
        };
        let Some(changes) = answer["fix"]["changes"].as_array() else { continue };
        let yaml = fs::read_to_string(folder().join(file)).expect("the input");
        let mut objects: Vec<Value> =
            yaml.split("\n---\n").map(|one| serde_saphyr::from_str(one).expect("YAML")).collect();
        for change in changes {
            carry_out(change["command"].as_str().expect("a command"), &mut objects);
        }
        let fixed = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("explain-{}-{tried}.json", std::process::id()));
        fs::write(&fixed, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string())
            .expect("it is ours");
        let done = run(&[question, &[fixed.to_str().expect("text")]].concat());
        let _ = fs::remove_file(&fixed);
        assert_eq!(done.exit, 0, "{}\n{}{}", path.display(), done.out, done.err);
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} cases have a fix");
}
