//! Labels, and what selects by them. There are few keys and values, so that most selectors select some and not all.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::chance::Chance;

/// A key, and the values that it takes.
type Key = (&'static str, &'static [&'static str]);

/// What Pods are labelled with. One value is of two keys: who looks at values only is found out.
pub const OF_PODS: &[Key] =
    &[("app", &["web", "db"]), ("tier", &["front", "back", ""]), ("example.com/zone", &["a", "web"])];
/// What namespaces are labelled with. One key is a Pod's too: who mixes them up is found out.
pub const OF_NAMESPACES: &[Key] = &[("env", &["prod", "test"]), ("tier", &["front", "back", ""])];

/// What namespaces are selected by: also their names, as a label that the API server sets.
pub const SELECTING_NAMESPACES: &[Key] = &[
    ("env", &["prod", "test"]),
    ("tier", &["front", "back", ""]),
    ("kubernetes.io/metadata.name", &["shop", "pay", "ops"]),
];

/// Each key in so many of a hundred.
pub fn labels(chance: &mut Chance, keys: &[Key], percent: usize) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (key, values) in keys {
        if chance.percent(percent) {
            labels.insert((*key).to_owned(), chance.one_of(values).to_owned());
        }
    }
    labels
}

/// A selector that selects everything in so many of a hundred.
pub fn selector(chance: &mut Chance, keys: &[Key], empty: usize) -> LabelSelector {
    if chance.percent(empty) {
        // Three ways to write a selector that selects everything.
        return match chance.weighted(&[70, 15, 15]) {
            0 => LabelSelector::default(),
            1 => LabelSelector { match_labels: Some(BTreeMap::new()), match_expressions: None },
            _ => LabelSelector { match_labels: None, match_expressions: Some(Vec::new()) },
        };
    }
    let (exact, expressions) = [(1, 0), (2, 0), (0, 1), (0, 2), (1, 1)][chance.weighted(&[30, 10, 30, 15, 15])];
    let match_labels = (exact > 0).then(|| {
        let chosen = (0..exact).map(|_| {
            let (key, values) = key(chance, keys);
            (key.to_owned(), value(chance, values).to_owned())
        });
        chosen.collect()
    });
    let match_expressions = (expressions > 0).then(|| (0..expressions).map(|_| requirement(chance, keys)).collect());
    LabelSelector { match_labels, match_expressions }
}

fn requirement(chance: &mut Chance, keys: &[Key]) -> LabelSelectorRequirement {
    let (key, of_key) = key(chance, keys);
    let operator = chance.one_of(&["In", "NotIn", "Exists", "DoesNotExist"]);
    let values = operator.ends_with("In").then(|| {
        let mut values = vec![value(chance, of_key).to_owned()];
        if chance.percent(40) {
            values.push(value(chance, of_key).to_owned());
        }
        values
    });
    LabelSelectorRequirement { key: key.to_owned(), operator: operator.to_owned(), values }
}

/// Now and then a key that nothing has.
fn key(chance: &mut Chance, keys: &[Key]) -> Key {
    if chance.percent(7) { ("ghost", &["web"]) } else { chance.one_of(keys) }
}

/// Now and then a value that nothing has.
fn value(chance: &mut Chance, values: &[&'static str]) -> &'static str {
    if chance.percent(7) { "no-such" } else { chance.one_of(values) }
}
