//! Objects that say who calls from beyond an app, as their watches decode them.

use std::{borrow::Cow, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Resource, ResourceExt, runtime::watcher};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    Requests, Touched,
    feed::{Feed, Out},
    optional::{Follower, Optional},
    told::Told,
};
use crate::{
    model::Platform,
    objects::{Kind, Object},
    observe::{Source, SourceRef},
};

/// A kind: its group, version, name and plural.
struct Names(&'static str, &'static str, &'static str, &'static str);

const INGRESS: usize = 0;
const CLASS: usize = 1;
const GATEWAY: usize = 2;
const HTTP_ROUTE: usize = 3;
const GRPC_ROUTE: usize = 4;
const POD_MONITOR: usize = 5;
const SERVICE_MONITOR: usize = 6;
const PROMETHEUS: usize = 7;

/// The versions that are stable. Routes of other kinds have none.
const NAMES: [Names; 8] = [
    Names("networking.k8s.io", "v1", "Ingress", "ingresses"),
    Names("networking.k8s.io", "v1", "IngressClass", "ingressclasses"),
    Names("gateway.networking.k8s.io", "v1", "Gateway", "gateways"),
    Names("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
    Names("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"),
    Names("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
    Names("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
    Names("monitoring.coreos.com", "v1", "Prometheus", "prometheuses"),
];

/// What an object of one of these kinds says, read as the plugin reads it. The rest of it is not kept.
#[derive(Clone, Debug)]
struct Said<const KIND: usize> {
    metadata: ObjectMeta,
    source: Option<Source>,
}

impl<'de, const KIND: usize> Deserialize<'de> for Said<KIND> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Value::deserialize(deserializer)?;
        let metadata = ObjectMeta::deserialize(&object["metadata"]).map_err(serde::de::Error::custom)?;
        let Names(group, version, kind, _) = NAMES[KIND];
        let kind = Kind::of(&format!("{group}/{version}"), kind);
        // What the API server serves and we cannot read says nothing; a watch must not end by it.
        let read = kind.and_then(|kind| kind.read(object.take(), "").ok());
        let source = read.and_then(Object::into_source).map(|(_, source)| source);
        let ObjectMeta { name, namespace, resource_version, .. } = metadata;
        Ok(Self { metadata: ObjectMeta { name, namespace, resource_version, ..ObjectMeta::default() }, source })
    }
}

impl<const KIND: usize> Said<KIND> {
    fn which(&self) -> SourceRef {
        let (namespace, name) = (self.namespace().unwrap_or_default(), self.name_any());
        SourceRef { kind: NAMES[KIND].2.to_owned(), namespace, name }
    }
}

impl<const KIND: usize> Resource for Said<KIND> {
    type DynamicType = ();
    type Scope = k8s_openapi::NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        NAMES[KIND].2.into()
    }
    fn group((): &()) -> Cow<'_, str> {
        NAMES[KIND].0.into()
    }
    fn version((): &()) -> Cow<'_, str> {
        NAMES[KIND].1.into()
    }
    fn plural((): &()) -> Cow<'_, str> {
        NAMES[KIND].3.into()
    }
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// Everything that the watches need.
#[derive(Clone)]
pub(super) struct Sources {
    pub(super) requests: Requests,
    pub(super) config: watcher::Config,
    pub(super) pause: Duration,
    pub(super) out: Out,
}

impl Sources {
    /// Starts to follow what may be needed: nothing of what the platform names itself.
    pub(super) fn follow(self, platform: &Platform, tasks: &mut JoinSet<()>) {
        if platform.finds_controllers() {
            tasks.spawn(self.clone().one::<INGRESS>());
            tasks.spawn(self.clone().one::<CLASS>());
            tasks.spawn(self.clone().one::<GATEWAY>());
            tasks.spawn(self.clone().one::<HTTP_ROUTE>());
            tasks.spawn(self.clone().one::<GRPC_ROUTE>());
        }
        if platform.finds_scrapers() {
            tasks.spawn(self.clone().one::<POD_MONITOR>());
            tasks.spawn(self.clone().one::<SERVICE_MONITOR>());
            tasks.spawn(self.one::<PROMETHEUS>());
        }
    }

    async fn one<const KIND: usize>(self) {
        let Self { requests, config, pause, out } = self;
        let api = Api::<Said<KIND>>::all(requests.client.clone());
        Follower { optional: optional(), requests, api, config, pause, out, told: Told::default() }.run().await;
    }
}

fn optional<const KIND: usize>() -> Optional<Said<KIND>> {
    Optional {
        feed,
        known: |world| world.callers.availability(NAMES[KIND].2),
        note: |world, now| world.callers.note(NAMES[KIND].2, now),
        forget: |world| {
            world.callers.retain(NAMES[KIND].2, |_, _| false);
        },
        keeps: true,
        touched: Touched::Callers(None),
        when_hidden: "callers that nobody names are not found by them",
    }
}

fn feed<const KIND: usize>() -> Feed<Said<KIND>> {
    Feed {
        put: |world, said: &Said<KIND>| {
            let changed = match &said.source {
                Some(source) => world.callers.insert(said.which(), source.clone()),
                None => world.callers.remove(&said.which()),
            };
            changed.then(|| touched(said))
        },
        gone: |world, said| world.callers.remove(&said.which()).then(|| touched(said)),
        keep: |world, seen| {
            let changed = world.callers.retain(NAMES[KIND].2, |namespace, name| seen.holds(namespace, name));
            changed.then_some(Touched::Callers(None)).into_iter().collect()
        },
    }
}

/// Whom an object concerns: a way in leads to what is beside it.
fn touched<const KIND: usize>(said: &Said<KIND>) -> Touched {
    Touched::Callers([INGRESS, HTTP_ROUTE, GRPC_ROUTE].contains(&KIND).then(|| said.namespace().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_the_plugin_reads_it() {
        for Names(group, version, kind, plural) in NAMES {
            let known = Kind::of(&format!("{group}/{version}"), kind);
            assert!(known.is_some_and(|known| known.name() == kind), "{kind}");
            assert!(plural.starts_with(&kind.to_lowercase()), "{plural}");
        }
    }

    #[test]
    fn an_object_keeps_what_it_says_and_nothing_else() {
        let ingress = serde_json::json!({
            "metadata": {"namespace": "shop", "name": "web", "resourceVersion": "7", "labels": {"a": "b"}},
            "spec": {"ingressClassName": "nginx"},
            "status": {"loadBalancer": {"ingress": [{"hostname": "LB.example.com."}]}},
        });
        let said: Said<INGRESS> = serde_json::from_value(ingress).expect("it is read");
        assert_eq!((said.metadata.resource_version.as_deref(), &said.metadata.labels), (Some("7"), &None));
        let Some(Source::Entry(entry)) = said.source else { panic!("{said:?}") };
        assert_eq!((entry.class.as_deref(), &entry.addresses[..]), (Some("nginx"), &["lb.example.com".to_owned()][..]));
    }

    #[test]
    fn what_cannot_be_read_says_nothing_and_ends_no_watch() {
        let strange =
            serde_json::json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ingressClassName": 7}});
        let said: Said<INGRESS> = serde_json::from_value(strange).expect("its name is known");
        assert!(said.source.is_none());
        assert_eq!(said.which().to_string(), "Ingress shop/web");
    }
}
