//! Namespaces and their labels.

use std::collections::BTreeMap;

use crate::model::{Labels, NamespaceMatch};

/// The namespaces of a cluster, by name, with their labels.
#[derive(Debug, Default)]
pub struct NamespaceTable(BTreeMap<String, Labels>);

impl NamespaceTable {
    /// Notes a namespace; true when it is new or its labels changed.
    pub fn insert(&mut self, name: &str, labels: Labels) -> bool {
        let changed = self.0.get(name) != Some(&labels);
        self.0.insert(name.to_owned(), labels);
        changed
    }

    /// Notes that a namespace is gone; true when it was known.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// Keeps only these; true when one went.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|name, _| keep(name));
        before != self.0.len()
    }

    /// Each namespace with its labels, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Labels)> {
        self.0.iter().map(|(name, labels)| (name.as_str(), labels))
    }

    /// The labels of a namespace; nothing when it is not known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Labels> {
        self.0.get(name)
    }

    /// The names of the namespaces that match, seen from the namespace `own`.
    pub fn matching<'a>(&'a self, which: &'a NamespaceMatch, own: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, labels)| match which {
                NamespaceMatch::Own => name.as_str() == own,
                NamespaceMatch::Named(wanted) => *name == wanted,
                NamespaceMatch::Selected(selector) => selector.matches(labels),
            })
            .map(|(name, _)| name.as_str())
    }
}
