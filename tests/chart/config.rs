//! `config/`, for kustomize, is what the chart renders with its default settings, without what only Helm needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use assert_json_diff::{CompareMode, Config, assert_json_matches_no_panic};
use serde_json::Value;

use crate::{
    generated::{expect, file},
    objects::{is_hook, name, objects, parse, text},
    support::{HELMS, programs},
};

/// The files of `config/` by path, but for those of `config/default`, which are written by hand.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::<String, String>::new();
    for document in text("helm", "").expect("the chart renders").split("---\n# Source: appnet/templates/").skip(1) {
        let (template, manifest) = document.split_once('\n').expect("a manifest after its source");
        let path = match template {
            "crd.yaml" => "config/crd/appnetworkprofiles.yaml".to_owned(),
            _ if template.starts_with("tests/") => continue,
            _ if template.contains("role") || template.contains("account") => format!("config/rbac/{template}"),
            _ => format!("config/operator/{template}"),
        };
        let manifest = without_helm(manifest.trim_end());
        files.entry(path).and_modify(|text| text.extend(["---\n", &manifest])).or_insert(manifest);
    }
    for folder in ["crd", "rbac", "operator"] {
        let head = format!("config/{folder}/");
        let names = files.keys().filter_map(|path| path.strip_prefix(&head)).map(|name| format!("- {name}\n"));
        let resources: String = names.collect();
        let text = format!(
            "# Written by `make config`. Do not edit.\n\
             apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}"
        );
        files.insert(format!("{head}kustomization.yaml"), text);
    }
    files
}

fn without_helm(manifest: &str) -> String {
    let ours = |line: &&str| {
        !["helm.sh/", "app.kubernetes.io/managed-by:"].iter().any(|helm| line.trim_start().starts_with(helm))
    };
    let lines: Vec<_> = manifest.lines().filter(ours).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut text = String::new();
    for (position, line) in lines.iter().enumerate() {
        let next = lines.get(position + 1).copied().unwrap_or_default();
        // Helm's may have been the only annotation.
        if line.trim() == "annotations:" && indent(next) <= indent(line) {
            continue;
        }
        text.extend([line, "\n"]);
    }
    text
}

#[test]
fn the_folder_is_written_from_the_chart() {
    let files = files();
    for (path, text) in &files {
        expect(path, text);
    }
    for folder in ["crd", "rbac", "operator"] {
        for entry in fs::read_dir(file("config").join(folder)).expect("the folder is there") {
            let path = format!("config/{folder}/{}", entry.expect("readable").file_name().to_string_lossy());
            assert!(files.contains_key(&path), "{path} is not written from the chart any more: remove it");
        }
    }
}

/// What only Helm needs, and the namespace, which Helm does not keep as an object.
fn comparable(mut object: Value) -> Option<(String, Value)> {
    if is_hook(&object) || object["kind"] == "Namespace" {
        return None;
    }
    for path in ["/metadata", "/spec/template/metadata"] {
        let Some(Value::Object(about)) = object.pointer_mut(path) else { continue };
        for kind in ["labels", "annotations"] {
            let Some(Value::Object(map)) = about.get_mut(kind) else { continue };
            map.retain(|key, _| !key.starts_with("helm.sh/") && key != "app.kubernetes.io/managed-by");
            if map.is_empty() {
                about.remove(kind);
            }
        }
    }
    whole_numbers(&mut object);
    Some((name(&object), object))
}

/// kustomize writes 65535 where Helm leaves 65535.0.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|number| number.fract() == 0.0) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

#[test]
fn kustomize_and_helm_make_the_same_objects() {
    let built = Command::new(programs().join("kubectl"))
        .args(["kustomize", "config/default"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("kubectl starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let by_kustomize = parse(&String::from_utf8_lossy(&built.stdout));
    assert!(by_kustomize.iter().any(|object| name(object) == "Namespace appnet-system"));
    let by_kustomize: BTreeMap<_, _> = by_kustomize.into_iter().filter_map(comparable).collect();
    for program in HELMS {
        let by_helm: BTreeMap<_, _> =
            parse(&text(program, "").expect("the chart renders")).into_iter().filter_map(comparable).collect();
        assert_eq!(by_helm.keys().collect::<BTreeSet<_>>(), by_kustomize.keys().collect(), "{program}");
        for (name, object) in &by_helm {
            // It tells the difference and not the objects.
            let same = assert_json_matches_no_panic(object, &by_kustomize[name], Config::new(CompareMode::Strict));
            assert!(same.is_ok(), "{name}: {}", same.unwrap_err());
        }
    }
    assert_eq!(objects("").into_iter().filter_map(comparable).count(), by_kustomize.len(), "a name stands twice");
}
