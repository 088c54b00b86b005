//! Many ends in a few words: `every Pod of any namespace but shop/web[Deployment]`.

use std::collections::{BTreeMap, BTreeSet};

use crate::reach::{AddressSpan, FarEnd, NodeKey};

/// Everyone that there is, to say "every" where it is true.
#[derive(Debug)]
pub struct Crowd<'a> {
    everyone: BTreeSet<&'a NodeKey>,
    of_namespace: BTreeMap<&'a str, usize>,
}

/// More names than that are counted only.
const NAMES: usize = 5;
/// "All but" so many.
const BUT: usize = 3;

impl<'a> Crowd<'a> {
    /// A crowd of these.
    #[must_use]
    pub fn new(everyone: &[&'a NodeKey]) -> Self {
        let mut of_namespace: BTreeMap<&str, usize> = BTreeMap::new();
        for key in everyone {
            *of_namespace.entry(key.namespace.as_str()).or_default() += 1;
        }
        Self { everyone: everyone.iter().copied().collect(), of_namespace }
    }

    /// These ends in words, as seen from `near`, who is never among them.
    #[must_use]
    pub fn describe(&self, ends: &[&FarEnd], near: &FarEnd) -> String {
        let near = match near {
            FarEnd::Node(key) => Some(key),
            FarEnd::Addresses(_) => None,
        };
        let nodes: BTreeSet<_> = ends
            .iter()
            .filter_map(|end| match end {
                FarEnd::Node(key) => Some(key),
                FarEnd::Addresses(_) => None,
            })
            .collect();
        let mut parts = self.nodes(&nodes, near);
        let mut spans: Vec<_> = ends
            .iter()
            .filter_map(|end| match end {
                FarEnd::Addresses(span) => Some(*span),
                FarEnd::Node(_) => None,
            })
            .collect();
        spans.sort_unstable();
        parts.extend(addresses(&spans));
        parts.join(", ")
    }

    fn nodes(&self, nodes: &BTreeSet<&NodeKey>, near: Option<&NodeKey>) -> Vec<String> {
        let others = self.everyone.len() - usize::from(near.is_some_and(|near| self.everyone.contains(near)));
        let missing = others.saturating_sub(nodes.len());
        if nodes.len() > 1 && missing <= BUT && missing * 3 <= nodes.len() {
            let left: Vec<_> =
                self.everyone.iter().filter(|key| Some(**key) != near && !nodes.contains(*key)).collect();
            let but = left.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let all = "every Pod of any namespace";
            return vec![if left.is_empty() { all.to_owned() } else { format!("{all} but {but}") }];
        }
        let mut by_namespace: BTreeMap<&str, Vec<&NodeKey>> = BTreeMap::new();
        for key in nodes {
            by_namespace.entry(key.namespace.as_str()).or_default().push(key);
        }
        let size = |namespace: &str| {
            let own = usize::from(near.is_some_and(|near| near.namespace == namespace && self.everyone.contains(near)));
            self.of_namespace.get(namespace).copied().unwrap_or_default() - own
        };
        let mut parts = Vec::new();
        if let Some(near) = near {
            let mut abroad = self.of_namespace.keys().filter(|name| **name != near.namespace);
            let whole = |name: &&&str| by_namespace.get(**name).is_some_and(|keys| keys.len() == size(name));
            if self.of_namespace.len() > 2 && abroad.all(|name| whole(&name)) {
                parts.push("every Pod of other namespaces".to_owned());
                by_namespace.retain(|name, _| *name == near.namespace);
            }
        }
        let mut named = Vec::new();
        for (namespace, keys) in by_namespace {
            if keys.len() > 1 && keys.len() == size(namespace) {
                parts.push(format!("every Pod of {namespace}"));
            } else {
                named.extend(keys);
            }
        }
        let more = named.len().saturating_sub(NAMES);
        parts.extend(named.iter().take(NAMES).map(ToString::to_string));
        if more > 0 {
            parts.push(format!("{more} more"));
        }
        parts
    }
}

/// Address spans in words, sorted.
fn addresses(spans: &[AddressSpan]) -> Vec<String> {
    let any = spans.contains(&AddressSpan::ALL_V4);
    let mut parts: Vec<String> = any.then(|| "any address outside the cluster".to_owned()).into_iter().collect();
    let rest = spans.iter().filter(|span| !any || (**span != AddressSpan::ALL_V4 && **span != AddressSpan::ALL_V6));
    parts.extend(rest.map(|span| format!("addresses {span}")));
    parts
}
