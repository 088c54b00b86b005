//! Pods, by class.
//!
//! Pods with the same labels, ports and workload are alike to every policy, and a cluster has far fewer such
//! classes than Pods. A Pod costs its name and a pointer; and what changes only the number of Pods in a class
//! (a scale-up, a restart) changes no answer, so it need not wake anyone.

use std::{collections::HashMap, sync::Arc};

use crate::{api::Protocol, model::Labels};

/// What Pods that are alike to every policy have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodClass {
    /// The workload that runs them.
    pub workload: Workload,
    /// Their labels.
    pub labels: Labels,
    /// The ports that their containers name.
    pub ports: Vec<ContainerPort>,
    /// On the host network no policy applies to a Pod, and no selector matches it as a peer.
    pub host_network: bool,
}

/// What runs a Pod; for a bare Pod itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    /// Its kind, as `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A port that a container declares with a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerPort {
    /// The port's name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// The Pods of a cluster.
#[derive(Debug, Default)]
pub struct PodTable {
    namespaces: HashMap<String, NamespacePods>,
}

/// The Pods of a namespace.
#[derive(Debug, Default)]
pub struct NamespacePods {
    pods: HashMap<Box<str>, Arc<PodClass>>,
    classes: HashMap<Arc<PodClass>, usize>,
}

impl PodTable {
    /// Notes that a Pod is there, and is of this class. True when the set of classes changed.
    pub fn insert(&mut self, namespace: &str, name: &str, class: PodClass) -> bool {
        let entry = match self.namespaces.get_mut(namespace) {
            Some(entry) => entry,
            None => self.namespaces.entry(namespace.to_owned()).or_default(),
        };
        if entry.pods.get(name).is_some_and(|known| **known == class) {
            return false;
        }
        let left = entry.remove(name);
        let class = match entry.classes.get_key_value(&class) {
            Some((known, _)) => known.clone(),
            None => Arc::new(class),
        };
        let count = entry.classes.entry(class.clone()).or_default();
        *count += 1;
        let came = *count == 1;
        entry.pods.insert(name.into(), class);
        left || came
    }

    /// Notes that a Pod is gone. True when the set of classes changed.
    pub fn remove(&mut self, namespace: &str, name: &str) -> bool {
        let Some(entry) = self.namespaces.get_mut(namespace) else { return false };
        let changed = entry.remove(name);
        if entry.pods.is_empty() {
            self.namespaces.remove(namespace);
        }
        changed
    }

    /// Forgets the Pods that are not in a complete list; the namespaces in which a class went.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> Vec<String> {
        let mut changed = Vec::new();
        for (namespace, entry) in &mut self.namespaces {
            let gone: Vec<_> = entry.pods.keys().filter(|name| !keep(namespace, name)).cloned().collect();
            let mut class_went = false;
            for name in gone {
                class_went |= entry.remove(&name);
            }
            if class_went {
                changed.push(namespace.clone());
            }
        }
        self.namespaces.retain(|_, entry| !entry.pods.is_empty());
        changed
    }

    /// The Pods of a namespace; nothing when it has none.
    #[must_use]
    pub fn of(&self, namespace: &str) -> Option<&NamespacePods> {
        self.namespaces.get(namespace)
    }

    /// The classes of a namespace, in no particular order.
    pub fn classes(&self, namespace: &str) -> impl Iterator<Item = &PodClass> {
        self.of(namespace).into_iter().flat_map(NamespacePods::classes)
    }

    /// Each namespace that has Pods.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &NamespacePods)> {
        self.namespaces.iter().map(|(name, pods)| (name.as_str(), pods))
    }

    /// Number of Pods.
    #[must_use]
    pub fn len(&self) -> usize {
        self.namespaces.values().map(|entry| entry.pods.len()).sum()
    }

    /// Is there no Pod?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }
}

impl NamespacePods {
    /// The classes, in no particular order.
    pub fn classes(&self) -> impl Iterator<Item = &PodClass> {
        self.classes.keys().map(AsRef::as_ref)
    }

    fn remove(&mut self, name: &str) -> bool {
        let Some(class) = self.pods.remove(name) else { return false };
        let Some(count) = self.classes.get_mut(&class) else { return false };
        *count -= 1;
        let went = *count == 0;
        if went {
            self.classes.remove(&class);
        }
        went
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(app: &str) -> PodClass {
        PodClass { labels: Labels::from([("app".into(), app.into())]), ..PodClass::default() }
    }

    #[test]
    fn only_the_first_and_the_last_pod_of_a_class_change_anything() {
        let mut table = PodTable::default();
        assert!(table.insert("shop", "api-1", class("api")));
        assert!(!table.insert("shop", "api-2", class("api")));
        assert!(!table.remove("shop", "api-1"));
        assert!(table.remove("shop", "api-2"));
        assert!(table.is_empty());
    }

    #[test]
    fn a_pod_that_is_relabelled_moves_from_its_class_to_another() {
        let mut table = PodTable::default();
        table.insert("shop", "api-1", class("api"));
        table.insert("shop", "web-1", class("web"));
        assert!(table.insert("shop", "api-1", class("web")));
        assert_eq!(table.classes("shop").collect::<Vec<_>>(), vec![&class("web")]);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_complete_list_forgets_what_is_not_in_it() {
        let mut table = PodTable::default();
        table.insert("shop", "api-1", class("api"));
        table.insert("blog", "web-1", class("web"));
        assert_eq!(table.retain(|namespace, _| namespace == "blog"), vec!["shop".to_owned()]);
        assert_eq!(table.len(), 1);
    }
}
