//! An object of any kind that is read.

use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::{
    entry::{ingress, route},
    gateway::{gateway, gateway_route},
    kind::{Form, Kind},
    metadata::Metadata,
    network::{Slice, endpoints, policy, service},
    network_signs::{Settings, settings},
    outside::{Webhooks, class, monitor, scraper, webhooks},
    pod::{Over, pod},
    workload::{Pods, cron_job, may_run_pods, workload},
};
use crate::{
    model::Labels,
    observe::{
        Endpoints, EntrySource, NetworkSigns, PodDetails, ServiceDetails, ServiceRow, Source, SourceRef, Webhook,
    },
    reach::{Backend, Pod, Policy, Refusal, Seat},
};

/// An object, with what is needed of it.
#[derive(Debug)]
pub struct Object {
    pub(super) identity: Identity,
    pub(super) content: Content,
}

/// Which object it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub kind: Kind,
    /// What its kind is called, when it is none of those that are listed.
    pub called: Option<Box<str>>,
    /// Empty for objects of the whole cluster.
    pub namespace: String,
    pub name: String,
    /// The name is only the beginning of one, which the API server completes: no two such objects are the same.
    pub generated: bool,
}

/// What an object says about who may reach whom.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    Namespace(Labels),
    /// Its namespace and name are those of the identity.
    Pod(Pod, PodDetails),
    Over(Over),
    Workload(Pods),
    Service(ServiceRow, Option<ServiceDetails>),
    /// The endpoints, and the same one by one.
    Endpoints(Endpoints, Vec<Seat>),
    Policy(Policy),
    Refused(Vec<Refusal>),
    Entry(Vec<Backend>, EntrySource),
    /// What says something about callers, and nothing else.
    Source(Source),
    Webhooks(Vec<Webhook>),
    Network(NetworkSigns),
    NotEvaluated,
    Nothing,
}

impl Content {
    /// Does another object say the same about who may reach whom? Details aside: two that differ there only are one app.
    pub(super) fn reaches_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pod(own, _), Self::Pod(other, _)) => own == other,
            (Self::Service(own, _), Self::Service(other, _)) => own == other,
            (Self::Entry(own, _), Self::Entry(other, _)) => own == other,
            (Self::Workload(own), Self::Workload(other)) => own.reaches_the_same(other),
            (own, other) => own == other,
        }
    }
}

/// A part that is not needed.
type Skip = IgnoredAny;

/// An object of which these parts are needed.
#[derive(Deserialize)]
#[serde(bound = "Spec: Deserialize<'de>, Status: Deserialize<'de>")]
struct Whole<Spec, Status> {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    status: Option<Status>,
}

impl Object {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.identity.kind
    }

    /// What its kind is called.
    #[must_use]
    pub fn kind_name(&self) -> &str {
        self.identity.kind_name()
    }

    /// The same object, of a kind that is none of those that are listed; nothing when it runs no Pods.
    #[must_use]
    pub fn of_kind(mut self, called: &str) -> Option<Self> {
        self.identity.called = Some(called.into());
        matches!(self.content, Content::Workload(_)).then_some(self)
    }

    /// Its namespace; empty for an object of the whole cluster.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.identity.namespace
    }

    /// What it says about callers, if anything.
    #[must_use]
    pub fn into_source(self) -> Option<(SourceRef, Source)> {
        let source = match self.content {
            Content::Entry(_, entry) => Source::Entry(entry),
            Content::Source(source) => source,
            _ => return None,
        };
        Some((self.identity.source(), source))
    }

    /// What it says about the network, if it brings the network or is a setting of it.
    #[must_use]
    pub fn into_network_signs(self) -> NetworkSigns {
        match self.content {
            Content::Network(signs) => signs,
            Content::Workload(pods) => pods.signs,
            _ => NetworkSigns::default(),
        }
    }

    /// Its name; the beginning of one, when the API server is to complete it; empty when it has neither.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// A name as the object will have it, when the API server is to complete it.
    #[must_use]
    pub fn whole_name(&self) -> String {
        let Identity { name, generated, .. } = &self.identity;
        format!("{name}{}", if *generated { "x" } else { "" })
    }
}

impl Kind {
    /// Reads an object of this kind. One that names no namespace is taken to be in `namespace`, if its kind lives in
    /// namespaces.
    ///
    /// # Errors
    /// When a field that is needed has a wrong type.
    pub fn read<'de, D: Deserializer<'de>>(self, object: D, namespace: &str) -> Result<Object, D::Error> {
        let given = (self, namespace);
        match self.form() {
            Form::Namespace => {
                whole(object, given, |_, metadata, _: Skip, _: Skip| Content::Namespace(metadata.labels))
            }
            Form::Pod => whole(object, given, |id, metadata, spec, status| pod(id, metadata, &spec, &status)),
            Form::Workload => whole(object, given, |id, metadata, spec, status| workload(id, &metadata, spec, &status)),
            Form::CronJob => whole(object, given, |_, _, spec, _: Skip| cron_job(spec)),
            Form::MayRunPods => whole(object, given, |id, metadata, spec, _: Skip| may_run_pods(id, &metadata, spec)),
            Form::Service => whole(object, given, |_, metadata, spec, status| service(metadata, spec, &status)),
            Form::NetworkPolicy => whole(object, given, |id, _, spec, _: Skip| policy(id, &spec)),
            Form::Ingress => whole(object, given, ingress),
            Form::Route => whole(object, given, |id, _, spec, _: Skip| route(id, spec)),
            Form::GatewayRoute => whole(object, given, |id, _, spec, status| gateway_route(id, spec, status)),
            Form::Other => whole(object, given, |id, _, _: Skip, _: Skip| other(id)),
            Form::Class => whole(object, given, |_, metadata, spec, _: Skip| class(metadata, spec)),
            Form::Gateway => whole(object, given, |_, _, _: Skip, status| gateway(status)),
            Form::Monitor => whole(object, given, |id, metadata, spec, _: Skip| monitor(id, metadata, spec)),
            Form::Scraper => whole(object, given, |_, _, spec, _: Skip| scraper(&spec)),
            Form::Webhooks => {
                let read = Webhooks::deserialize(object)?;
                Ok(without_spec(read, given, |one| &mut one.metadata, |id, _, one| webhooks(id, one)))
            }
            Form::Settings => {
                let read = Settings::deserialize(object)?;
                Ok(without_spec(read, given, |one| &mut one.metadata, |id, _, one| settings(id, one)))
            }
            Form::EndpointSlice => {
                let read = Slice::deserialize(object)?;
                let content = |id: &Identity, metadata: &mut Metadata, one| endpoints(id, metadata, &one);
                Ok(without_spec(read, given, |one| &mut one.metadata, content))
            }
        }
    }
}

/// An object that has its parts beside its metadata.
fn without_spec<T>(
    mut read: T,
    given: (Kind, &str),
    metadata: fn(&mut T) -> &mut Option<Metadata>,
    content: impl FnOnce(&Identity, &mut Metadata, T) -> Content,
) -> Object {
    let mut metadata = metadata(&mut read).take().unwrap_or_default();
    let identity = Identity::read(given, &mut metadata);
    let content = content(&identity, &mut metadata, read);
    Object { identity, content }
}

/// Reads an object that has the usual parts.
fn whole<'de, Spec, Status, D>(
    object: D,
    given: (Kind, &str),
    content: impl FnOnce(&Identity, Metadata, Spec, Status) -> Content,
) -> Result<Object, D::Error>
where
    D: Deserializer<'de>,
    Spec: Deserialize<'de> + Default,
    Status: Deserialize<'de> + Default,
{
    let Whole { metadata, spec, status } = Whole::deserialize(object)?;
    let mut metadata = metadata.unwrap_or_default();
    let identity = Identity::read(given, &mut metadata);
    let content = content(&identity, metadata, spec.unwrap_or_default(), status.unwrap_or_default());
    Ok(Object { identity, content })
}

/// Calico shows every NetworkPolicy of Kubernetes as one of its own too, under this name. It is evaluated as what it is.
const SHOWN_BY_CALICO: &str = "knp.default.";

fn other(identity: &Identity) -> Content {
    let shown =
        identity.name.starts_with(SHOWN_BY_CALICO) && identity.kind.full_name() == "NetworkPolicy.projectcalico.org";
    if shown { Content::Nothing } else { Content::NotEvaluated }
}

impl Identity {
    /// What its kind is called.
    pub(super) fn kind_name(&self) -> &str {
        self.called.as_deref().unwrap_or_else(|| self.kind.name())
    }

    /// The same, as what it says about callers is kept.
    pub(super) fn source(self) -> SourceRef {
        SourceRef { kind: self.kind.name().to_owned(), namespace: self.namespace, name: self.name }
    }

    fn read((kind, namespace): (Kind, &str), metadata: &mut Metadata) -> Self {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let name = given(metadata.name.take());
        let generated = name.is_none();
        let name = name.or_else(|| given(metadata.generate_name.take())).unwrap_or_default();
        let namespace = match given(metadata.namespace.take()) {
            _ if !kind.is_namespaced() => String::new(),
            Some(own) => own,
            None => namespace.to_owned(),
        };
        Self { kind, called: None, namespace, name, generated }
    }
}
