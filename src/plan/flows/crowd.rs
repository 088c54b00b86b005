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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[(&str, &str)]) -> Vec<NodeKey> {
        let key = |(namespace, name): &(&str, &str)| NodeKey {
            namespace: (*namespace).to_owned(),
            name: (*name).to_owned(),
            kind: "Deployment".to_owned(),
        };
        names.iter().map(key).collect()
    }

    /// What is said of some of a crowd, seen from the first of it.
    fn said(everyone: &[(&str, &str)], chosen: &[(&str, &str)]) -> String {
        let (everyone, chosen) = (keys(everyone), keys(chosen));
        let near = FarEnd::Node(everyone[0].clone());
        let ends: Vec<_> = chosen.into_iter().map(FarEnd::Node).collect();
        Crowd::new(&everyone.iter().collect::<Vec<_>>()).describe(&ends.iter().collect::<Vec<_>>(), &near)
    }

    #[test]
    fn one_end_is_named_though_there_is_no_other() {
        assert_eq!(said(&[("shop", "api"), ("shop", "web")], &[("shop", "web")]), "shop/web[Deployment]");
    }

    #[test]
    fn a_namespace_is_every_pod_of_it_but_for_the_one_that_looks() {
        const MANY: [(&str, &str); 7] = [
            ("shop", "api"),
            ("shop", "db"),
            ("shop", "web"),
            ("blog", "a"),
            ("blog", "b"),
            ("jobs", "c"),
            ("jobs", "d"),
        ];
        assert_eq!(said(&MANY, &[MANY[1], MANY[2]]), "every Pod of shop");
        assert_eq!(said(&MANY, &[MANY[1]]), "shop/db[Deployment]");
        assert_eq!(said(&MANY, &[MANY[3], MANY[4]]), "every Pod of blog");
        assert_eq!(said(&MANY, &[MANY[3], MANY[4], MANY[5], MANY[6]]), "every Pod of other namespaces");
        assert_eq!(said(&MANY, &[MANY[1], MANY[3], MANY[4]]), "every Pod of blog, shop/db[Deployment]");
        assert_eq!(said(&MANY, &MANY[1..]), "every Pod of any namespace");
    }

    #[test]
    fn other_namespaces_are_several_and_whole_ones_and_what_is_beside_them_is_named() {
        const THREE: [(&str, &str); 9] = [
            ("shop", "api"),
            ("shop", "db"),
            ("shop", "web"),
            ("shop", "x"),
            ("shop", "y"),
            ("blog", "a"),
            ("blog", "b"),
            ("jobs", "c"),
            ("jobs", "d"),
        ];
        const TWO: [(&str, &str); 4] = [("shop", "api"), ("shop", "db"), ("blog", "a"), ("blog", "b")];
        assert_eq!(said(&TWO, &TWO[2..]), "every Pod of blog");
        let others = "every Pod of other namespaces, shop/db[Deployment]";
        assert_eq!(said(&THREE, &[THREE[1], THREE[5], THREE[6], THREE[7], THREE[8]]), others);
        assert_eq!(said(&THREE, &[THREE[5], THREE[7]]), "blog/a[Deployment], jobs/c[Deployment]");
    }

    #[test]
    fn of_many_the_first_are_named_and_the_rest_is_counted() {
        let spaces = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let everyone: Vec<_> = spaces.iter().flat_map(|space| [(*space, "one"), (*space, "two")]).collect();
        let chosen: Vec<_> = spaces[1..].iter().map(|space| (*space, "one")).collect();
        let named =
            "b/one[Deployment], c/one[Deployment], d/one[Deployment], e/one[Deployment], f/one[Deployment], 2 more";
        assert_eq!(said(&everyone, &chosen), named);
    }

    #[test]
    fn addresses_of_both_families_are_said_once_and_a_part_of_them_as_it_is() {
        let address = "192.0.2.7".parse().expect("an address");
        let part = AddressSpan { first: address, last: address };
        let (v4, v6) = (AddressSpan::ALL_V4, AddressSpan::ALL_V6);
        let any = "any address outside the cluster".to_owned();
        assert_eq!(addresses(&[v4, v6]).join(" and "), any);
        assert_eq!(addresses(&[v4, part]), [any, format!("addresses {part}")]);
        assert_eq!(addresses(&[v6]), [format!("addresses {v6}")]);
        assert_eq!(addresses(&[part]), [format!("addresses {part}")]);
    }
}
