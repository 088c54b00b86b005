//! Objects that are put together, in any order, until there is a picture of them.

use std::collections::BTreeMap;

use indexmap::{IndexMap, map::Entry as Slot};
use rustc_hash::FxBuildHasher;

use super::{
    object::{Content, Identity, Object},
    pod::Over,
    standing::Standing,
};
use crate::{
    model::{Labels, ServiceRef},
    observe::{Details, Endpoints, ServiceKind, Source, SourceRef, Workload},
    reach::{Entry, NotEvaluated, Picture, Pod, PodPort, Refusal, Slice},
};

/// Objects, each with its place: where it was found.
#[derive(Debug)]
pub struct Collection<Place> {
    objects: IndexMap<Key, (Content, Place), FxBuildHasher>,
}

/// An object, and which of those whose name the API server is to complete.
type Key = (Identity, usize);

/// What became of an object that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added<Place> {
    /// It is new.
    New,
    /// It was there, and said the same.
    Again,
    /// It was there, at this place, and said something else, which counts no more.
    Replaced(Place),
    /// It is a policy that the API server would not take, for these reasons. It does not count.
    Refused(Vec<Refusal>),
}

/// What a workload says of its Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Their labels.
    pub labels: Labels,
    /// The ports that their containers declare.
    pub ports: Vec<PodPort>,
    /// Are they on the host network?
    pub host_network: bool,
}

/// What workloads say of their Pods, by namespace and workload.
pub type Templates = BTreeMap<(String, Workload), Template>;

/// What objects make together.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The picture.
    pub picture: Picture,
    /// What workloads say of their Pods, whether they have some or not. Those that another workload runs are left out.
    pub templates: Templates,
    /// The endpoints of `EndpointSlices`.
    pub endpoints: Vec<Endpoints>,
    /// What is known beside, for whoever searches why a connection fails.
    pub details: Details,
    /// Pods that have finished. No policy is about them.
    pub finished_pods: usize,
    /// Pods that are being deleted. They are not in the picture.
    pub going_pods: usize,
}

impl<Place> Default for Collection<Place> {
    fn default() -> Self {
        Self { objects: IndexMap::default() }
    }
}

impl<Place> Collection<Place> {
    /// Adds an object. One that was there before is replaced, as `kubectl apply` does it.
    pub fn add(&mut self, object: Object, place: Place) -> Added<Place> {
        let Object { identity, content } = object;
        if let Content::Refused(refusals) = content {
            return Added::Refused(refusals);
        }
        let number = if identity.generated { self.objects.len() } else { 0 };
        match self.objects.entry((identity, number)) {
            Slot::Vacant(slot) => {
                slot.insert((content, place));
                Added::New
            }
            Slot::Occupied(slot) if slot.get().0.reaches_the_same(&content) => Added::Again,
            Slot::Occupied(mut slot) => Added::Replaced(slot.insert((content, place)).1),
        }
    }

    /// What the objects make together. It does not depend on their order.
    #[must_use]
    pub fn finish(self) -> Gathered {
        let mut gathered = Gathered::default();
        let mut workloads = Vec::new();
        let (picture, details) = (&mut gathered.picture, &mut gathered.details);
        for ((identity, _), (content, _)) in self.objects {
            let called = identity.called.is_some();
            let of_kind = identity.kind_name().to_owned();
            let Identity { kind, namespace, name, .. } = identity;
            match content {
                Content::Namespace(labels) => {
                    picture.namespaces.insert(name, labels);
                }
                Content::Pod(pod, more) => {
                    if !more.is_ordinary() {
                        details.pods.insert((namespace.clone(), name.clone()), more);
                    }
                    picture.pods.push(Pod { namespace, name, ..pod });
                }
                Content::Over(Over::Finished) => gathered.finished_pods += 1,
                Content::Over(Over::Going) => gathered.going_pods += 1,
                Content::Workload(pods) => {
                    if pods.controller.is_none() {
                        let workload = Workload { kind: of_kind.clone(), name: name.clone() };
                        let (labels, ports) = (pods.labels.clone(), pods.ports.clone());
                        let template = Template { labels, ports, host_network: pods.host_network };
                        gathered.templates.insert((namespace.clone(), workload), template);
                    }
                    let mut pods = pods;
                    picture.network.add(std::mem::take(&mut pods.signs));
                    workloads.push(Standing::new(namespace, Workload { kind: of_kind, name }, !called, pods));
                }
                Content::Service(row, more) => {
                    let service = ServiceRef { namespace, name };
                    details.services.extend(more.map(|more| (service.clone(), more)));
                    picture.services.insert(service, row);
                }
                Content::Endpoints(endpoints, seats) => {
                    let slice = Slice { seats, ports: endpoints.ports.clone() };
                    picture.slices.entry(endpoints.service.clone()).or_default().push(slice);
                    gathered.endpoints.push(endpoints);
                }
                Content::Policy(policy) => picture.policies.push(policy),
                Content::Entry(backends, more) => {
                    let which =
                        SourceRef { kind: kind.name().into(), namespace: namespace.clone(), name: name.clone() };
                    picture.callers.insert(which, Source::Entry(more));
                    picture.entries.push(Entry { kind: kind.name().into(), namespace, name, backends });
                }
                Content::NotEvaluated => {
                    picture.not_evaluated.push(NotEvaluated { kind: kind.full_name(), namespace, name });
                }
                Content::Source(source) => {
                    picture.callers.insert(SourceRef { kind: kind.name().into(), namespace, name }, source);
                }
                Content::Webhooks(webhooks) => details.webhooks.extend(webhooks),
                Content::Network(signs) => picture.network.add(signs),
                Content::Refused(_) | Content::Nothing => {}
            }
        }
        // Those of Services with a selector repeat what their Pods say.
        let services = &picture.services;
        picture
            .slices
            .retain(|service, _| services.get(service).is_none_or(|row| !matches!(row.kind, ServiceKind::Pods(_))));
        for (namespace, name, more) in workloads.iter().map(Standing::details).filter(|(.., more)| !more.is_ordinary())
        {
            details.pods.entry((namespace.to_owned(), name.to_owned())).or_insert_with(|| more.clone());
        }
        super::standing::complete(&mut picture.pods, workloads);
        sort(&mut gathered);
        gathered
    }
}

/// Dumps are sorted already, which costs next to nothing.
fn sort(gathered: &mut Gathered) {
    let picture = &mut gathered.picture;
    picture.pods.sort_by(|one, other| {
        let names = (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name));
        names
            .then_with(|| (&one.workload, &one.labels, &one.ports).cmp(&(&other.workload, &other.labels, &other.ports)))
    });
    picture.policies.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    picture.entries.sort_by(|one, other| {
        (&one.namespace, &one.kind, &one.name).cmp(&(&other.namespace, &other.kind, &other.name))
    });
    picture.not_evaluated.sort();
    picture.slices.values_mut().for_each(|slices| slices.sort_by(|one, other| one.seats.cmp(&other.seats)));
    gathered.endpoints.sort_by(|one, other| (&one.service, &one.addresses).cmp(&(&other.service, &other.addresses)));
}
