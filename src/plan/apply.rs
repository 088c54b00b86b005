//! A picture with more objects applied to it, as `kubectl apply` does it: what has the same kind, namespace and name is
//! replaced, and nothing else goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::Labels,
    objects::{Template, Templates},
    observe::{Endpoints, Source, SourceRef, Workload},
    reach::{Entry, Picture, Pod},
};

/// A change of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectChange {
    /// `Create`, `Update`, `Delete`, `Unchanged`, or `Blocked`: the name belongs to someone else.
    pub action: &'static str,
    /// The object's kind.
    pub kind: String,
    /// Its namespace; empty for one of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// With `Update`: the fields that change.
    pub fields: Vec<String>,
    /// The profile that the policy is made from; empty for what is applied itself.
    pub profile: String,
}

/// An object that is to go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for one of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A state of a cluster while objects are applied to it. Policies are left to whoever knows all of what they say.
#[derive(Clone, Debug, Default)]
pub struct Applying {
    /// The picture.
    pub picture: Picture,
    /// What workloads say of their Pods.
    pub templates: Templates,
    /// The endpoints of Services.
    pub endpoints: Vec<Endpoints>,
    /// What became of the objects.
    pub changes: Vec<ObjectChange>,
}

impl ObjectChange {
    /// A change of an object; `None`: it was not there. Without fields it is unchanged.
    #[must_use]
    pub fn new((kind, namespace, name): (&str, &str, &str), fields: Option<Vec<String>>) -> Self {
        let action = match &fields {
            None => "Create",
            Some(fields) if fields.is_empty() => "Unchanged",
            Some(_) => "Update",
        };
        Self {
            action,
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            fields: fields.unwrap_or_default(),
            profile: String::new(),
        }
    }
}

/// The names of the fields whose parts differ.
fn fields(parts: &[(&str, bool)]) -> Vec<String> {
    parts.iter().filter(|(_, same)| !same).map(|(name, _)| (*name).to_owned()).collect()
}

fn differing(old: &Template, new: &Template, at: &str) -> Vec<String> {
    let parts = [
        ("metadata.labels", old.labels == new.labels),
        ("spec.containers", old.ports == new.ports),
        ("spec.hostNetwork", old.host_network == new.host_network),
    ];
    fields(&parts).into_iter().map(|field| format!("{at}{field}")).collect()
}

impl Applying {
    /// Applies everything but policies.
    pub fn apply(&mut self, files: &Picture, templates: &Templates, endpoints: &[Endpoints]) {
        self.namespaces(files);
        self.services(files);
        self.entries(files);
        self.callers(files);
        self.workloads(files, templates);
        self.pods(files, templates);
        let listed: BTreeSet<_> = endpoints.iter().map(|one| &one.service).collect();
        self.endpoints.retain(|one| !listed.contains(&one.service));
        self.endpoints.extend(endpoints.iter().cloned());
        self.picture.slices.extend(files.slices.clone());
        self.picture.not_evaluated.extend(files.not_evaluated.iter().cloned());
        self.picture.not_evaluated.sort();
        self.picture.not_evaluated.dedup();
    }

    fn note(&mut self, which: (&str, &str, &str), fields: Option<Vec<String>>) {
        self.changes.push(ObjectChange::new(which, fields));
    }

    /// Labels that others gave to a namespace stay.
    fn namespaces(&mut self, files: &Picture) {
        for (name, labels) in &files.namespaces {
            let known = self.picture.namespaces.get(name);
            let mut all = known.cloned().unwrap_or_default();
            all.extend(labels.clone());
            let fields = known.map(|known| fields(&[("metadata.labels", *known == all)]));
            self.note(("Namespace", "", name), fields);
            self.picture.namespaces.insert(name.clone(), all);
        }
    }

    fn services(&mut self, files: &Picture) {
        for (which, row) in &files.services {
            let mut row = row.clone();
            let known = self.picture.services.get(which);
            // The API server gives the addresses.
            if let Some(known) = known.filter(|_| row.cluster_ips.is_empty()) {
                row.cluster_ips.clone_from(&known.cluster_ips);
            }
            // And controllers give those of load balancers.
            if let Some(known) = known.filter(|_| row.published.is_empty()) {
                row.published.clone_from(&known.published);
            }
            let fields = known.map(|known| {
                fields(&[("spec.selector", known.kind == row.kind), ("spec.ports", known.ports == row.ports)])
            });
            self.note(("Service", &which.namespace, &which.name), fields);
            self.picture.services.insert(which.clone(), row);
        }
    }

    fn entries(&mut self, files: &Picture) {
        let is = |one: &Entry, other: &Entry| {
            (&one.kind, &one.namespace, &one.name) == (&other.kind, &other.namespace, &other.name)
        };
        for entry in &files.entries {
            let known = self.picture.entries.iter().find(|known| is(known, entry));
            let fields = known.map(|known| fields(&[("spec", known == entry)]));
            self.note((&entry.kind, &entry.namespace, &entry.name), fields);
            self.picture.entries.retain(|known| !is(known, entry));
            self.picture.entries.push(entry.clone());
        }
    }

    /// What tells callers. Ways in were noted with what they lead to.
    fn callers(&mut self, files: &Picture) {
        for (which, source) in files.callers.all().filter(|(_, source)| !matches!(source, Source::Entry(_))) {
            let known = self.picture.callers.get(&which.kind, &which.namespace, &which.name);
            let fields = known.map(|known| fields(&[("spec", known == source)]));
            self.note((&which.kind, &which.namespace, &which.name), fields);
        }
        self.picture.callers.apply(&files.callers);
    }

    /// A workload that is there has its Pods replaced, one for one. Labels that others gave them stay.
    fn workloads(&mut self, files: &Picture, templates: &Templates) {
        let standing: BTreeMap<_, _> = files.pods.iter().map(|pod| ((&pod.namespace, &pod.workload), pod)).collect();
        for (key, template) in templates {
            let known = self.templates.get(key).cloned();
            let fields = known.as_ref().map(|known| differing(known, template, "spec.template."));
            let is_theirs = |pod: &Pod| pod.namespace == key.0 && pod.workload == key.1;
            let there = self.picture.pods.iter().any(is_theirs);
            self.note(
                (&key.1.kind, &key.0, &key.1.name),
                if there && fields.is_none() { Some(Vec::new()) } else { fields },
            );
            let removed = known.map(|known| known.labels).unwrap_or_default();
            for pod in self.picture.pods.iter_mut().filter(|pod| is_theirs(pod)) {
                pod.labels.retain(|label, _| !removed.contains_key(label));
                pod.labels.extend(template.labels.clone());
                pod.ports.clone_from(&template.ports);
                pod.host_network = template.host_network;
            }
            if let Some(pod) = standing.get(&(&key.0, &key.1)).filter(|_| !there) {
                self.picture.pods.push((*pod).clone());
            }
            self.templates.insert(key.clone(), template.clone());
        }
    }

    /// Pods without a workload in the files.
    fn pods(&mut self, files: &Picture, templates: &Templates) {
        for pod in &files.pods {
            if templates.contains_key(&(pod.namespace.clone(), pod.workload.clone())) {
                continue;
            }
            let is = |known: &Pod| (&known.namespace, &known.name) == (&pod.namespace, &pod.name);
            let place = self.picture.pods.iter().position(is);
            let known = place.map(|place| of_pod(&self.picture.pods[place]));
            let fields = known.map(|known| differing(&known, &of_pod(pod), ""));
            self.note(("Pod", &pod.namespace, &pod.name), fields);
            match place {
                // The addresses are not the file's to give.
                Some(place) => {
                    let addresses = std::mem::take(&mut self.picture.pods[place].addresses);
                    self.picture.pods[place] = Pod { addresses, ..pod.clone() };
                }
                None => self.picture.pods.push(pod.clone()),
            }
        }
    }

    /// Takes an object away; false when there is none.
    pub fn remove(&mut self, removal: &Removal) -> bool {
        let Removal { kind, namespace, name } = removal;
        let picture = &mut self.picture;
        let size = |picture: &Picture| {
            let Picture { namespaces, pods, policies, services, entries, callers, .. } = picture;
            [namespaces.len(), pods.len(), policies.len(), services.len(), entries.len(), callers.len()]
        };
        let before = size(picture);
        let workload = Workload { kind: kind.clone(), name: name.clone() };
        match kind.as_str() {
            "Namespace" => {
                picture.namespaces.remove(name);
                picture.pods.retain(|pod| pod.namespace != *name);
                picture.policies.retain(|policy| policy.namespace != *name);
                picture.services.retain(|service, _| service.namespace != *name);
                picture.entries.retain(|entry| entry.namespace != *name);
                picture.callers.forget_namespace(name);
                self.templates.retain(|(of, _), _| of != name);
            }
            "Service" => picture.services.retain(|one, _| (&one.namespace, &one.name) != (namespace, name)),
            "NetworkPolicy" => picture.policies.retain(|one| (&one.namespace, &one.name) != (namespace, name)),
            "Pod" => picture.pods.retain(|one| (&one.namespace, &one.name) != (namespace, name)),
            _ => {
                picture.pods.retain(|one| (&one.namespace, &one.workload) != (namespace, &workload));
                picture.entries.retain(|one| (&one.kind, &one.namespace, &one.name) != (kind, namespace, name));
                picture.callers.remove(&SourceRef {
                    kind: kind.clone(),
                    namespace: namespace.clone(),
                    name: name.clone(),
                });
            }
        }
        let known = self.templates.remove(&(namespace.clone(), workload)).is_some();
        let gone = size(&self.picture) != before || known;
        if gone {
            self.changes.push(ObjectChange { action: "Delete", ..ObjectChange::new((kind, namespace, name), None) });
        }
        gone
    }
}

fn of_pod(pod: &Pod) -> Template {
    Template { labels: Labels::clone(&pod.labels), ports: pod.ports.clone(), host_network: pod.host_network }
}
