//! What objects say about who calls from beyond an app: ways in, with who serves them, and scrapers.

use std::{collections::BTreeMap, fmt};

use super::Availability;
use crate::model::{Labels, PodMatch, ServiceRef};

/// What is known of callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerTable {
    sources: BTreeMap<SourceRef, Source>,
    kinds: BTreeMap<String, Availability>,
}

/// An object that says something about callers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRef {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for an object of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What an object says about callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An Ingress, or a route.
    Entry(EntrySource),
    /// An `IngressClass`.
    Class(ClassSource),
    /// A Gateway: the addresses that its controller publishes for it, numbers or names.
    Gateway(Vec<String>),
    /// A `ServiceMonitor` or `PodMonitor`.
    Monitor(Monitor),
    /// A `Prometheus` of the Prometheus operator.
    Scraper(Scraper),
}

/// A way in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntrySource {
    /// The class of an Ingress; nothing when it names none.
    pub class: Option<String>,
    /// The Gateways of a route, by namespace and name.
    pub gateways: Vec<(String, String)>,
    /// Those of them whose controller says that they accepted the route.
    pub taken_by: Vec<(String, String)>,
    /// The Services that it leads to.
    pub services: Vec<ServiceRef>,
    /// The addresses that its controller publishes for it, numbers or names.
    pub addresses: Vec<String>,
}

/// A class of ingresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassSource {
    /// The controller that serves it, by the name that it gives itself.
    pub controller: String,
    /// The namespace that Helm installed it from, which is the controller's own.
    pub installed_in: Option<String>,
}

/// A `ServiceMonitor` or `PodMonitor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own labels, by which scrapers choose it.
    pub labels: Labels,
    /// Whom it asks for: Services or Pods with these labels.
    pub selects: PodMatch,
    /// In these namespaces; nothing for its own, and an empty list for all.
    pub namespaces: Option<Vec<String>>,
    /// The ports: by name of the Service's or the Pods' port, or by number of the Pods' port.
    pub ports: Vec<String>,
}

/// Who scrapes what monitors ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scraper {
    /// The `PodMonitors` that it reads.
    pub pod_monitors: Chosen,
    /// The `ServiceMonitors` that it reads.
    pub service_monitors: Chosen,
    /// Whatever namespaces a monitor names, it is read for its own alone (`ignoreNamespaceSelectors`).
    pub own_namespaces_only: bool,
    /// Its Pods are on the host network.
    pub host_network: bool,
}

/// Which monitors a scraper reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// By their labels; nothing: none of them.
    pub monitors: Option<PodMatch>,
    /// By the labels of their namespaces; nothing: those of the scraper's own.
    pub namespaces: Option<PodMatch>,
}

impl Monitor {
    /// Does it look at this namespace?
    #[must_use]
    pub fn looks_at(&self, namespace: &str) -> bool {
        match &self.namespaces {
            None => namespace == self.namespace,
            Some(names) => names.is_empty() || names.iter().any(|name| name == namespace),
        }
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name } = self;
        if namespace.is_empty() { write!(f, "{kind} {name}") } else { write!(f, "{kind} {namespace}/{name}") }
    }
}

impl CallerTable {
    /// How many objects say something.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Does none say anything?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// All that objects say.
    pub fn all(&self) -> impl Iterator<Item = (&SourceRef, &Source)> {
        self.sources.iter()
    }

    /// Notes what an object says; true when it said something else before, or nothing.
    pub fn insert(&mut self, which: SourceRef, source: Source) -> bool {
        let changed = self.sources.get(&which) != Some(&source);
        self.sources.insert(which, source);
        changed
    }

    /// Notes that an object is gone; true when it was known.
    pub fn remove(&mut self, which: &SourceRef) -> bool {
        self.sources.remove(which).is_some()
    }

    /// Keeps only these objects of a kind, by namespace and name; true when one went.
    pub fn retain(&mut self, kind: &str, keep: impl Fn(&str, &str) -> bool) -> bool {
        let before = self.sources.len();
        self.sources.retain(|which, _| which.kind != kind || keep(&which.namespace, &which.name));
        self.sources.len() != before
    }

    /// Takes in what files say, as `kubectl apply` does it: what controllers publish is not the files' to say.
    pub fn apply(&mut self, files: &Self) {
        for (which, source) in &files.sources {
            let mut source = source.clone();
            match (&mut source, self.sources.get(which)) {
                (Source::Entry(new), Some(Source::Entry(old))) if new.addresses.is_empty() => {
                    new.addresses.clone_from(&old.addresses);
                    new.taken_by.clone_from(&old.taken_by);
                }
                (Source::Gateway(new), Some(Source::Gateway(old))) if new.is_empty() => new.clone_from(old),
                _ => {}
            }
            self.sources.insert(which.clone(), source);
        }
    }

    /// Forgets what objects of a namespace said.
    pub fn forget_namespace(&mut self, namespace: &str) {
        self.sources.retain(|which, _| which.namespace != namespace);
    }

    /// Notes whether the cluster knows a kind.
    pub fn note(&mut self, kind: &str, now: Availability) {
        self.kinds.insert(kind.to_owned(), now);
    }

    /// Does the cluster know a kind, as far as anybody asked?
    #[must_use]
    pub fn availability(&self, kind: &str) -> Availability {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// The kinds that are there and may not be listed.
    pub fn hidden(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().filter(|(_, now)| **now == Availability::Hidden).map(|(kind, _)| kind.as_str())
    }

    /// What an object says.
    #[must_use]
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Source> {
        let which = SourceRef { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
        self.sources.get(&which)
    }

    /// The ways in of a kind and a namespace.
    pub fn entries_of(&self, kind: &str, namespace: &str) -> impl Iterator<Item = (&SourceRef, &EntrySource)> {
        let first = SourceRef { kind: kind.to_owned(), namespace: namespace.to_owned(), name: String::new() };
        let (kind, namespace) = (first.kind.clone(), first.namespace.clone());
        let there = self.sources.range(first..);
        let there = there.take_while(move |(which, _)| which.kind == kind && which.namespace == namespace);
        there.filter_map(|(which, source)| match source {
            Source::Entry(entry) => Some((which, entry)),
            _ => None,
        })
    }

    /// A way in.
    #[must_use]
    pub fn entry(&self, kind: &str, namespace: &str, name: &str) -> Option<&EntrySource> {
        match self.get(kind, namespace, name) {
            Some(Source::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    /// The class of this name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&ClassSource> {
        match self.get("IngressClass", "", name) {
            Some(Source::Class(class)) => Some(class),
            _ => None,
        }
    }

    /// The addresses that are published for a Gateway; nothing when it is not known.
    #[must_use]
    pub fn gateway(&self, namespace: &str, name: &str) -> Option<&[String]> {
        match self.get("Gateway", namespace, name) {
            Some(Source::Gateway(addresses)) => Some(addresses),
            _ => None,
        }
    }

    /// The monitors, by namespace and name.
    pub fn monitors(&self) -> impl Iterator<Item = &Monitor> {
        let mut found: Vec<_> = self
            .sources
            .values()
            .filter_map(|source| match source {
                Source::Monitor(monitor) => Some(monitor),
                _ => None,
            })
            .collect();
        found.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        found.into_iter()
    }

    /// The scrapers.
    pub fn scrapers(&self) -> impl Iterator<Item = (&SourceRef, &Scraper)> {
        self.sources.iter().filter_map(|(which, source)| match source {
            Source::Scraper(scraper) => Some((which, scraper)),
            _ => None,
        })
    }
}
