//! The state of a live cluster, read once: what a person's own rights let them see of it.
//!
//! Lists, page by page, and of each object only what is needed. What may not be listed in the whole cluster is listed
//! namespace by namespace; what may not be listed there either is a gap, and is said.

use std::collections::BTreeSet;

use kube::{
    Client, Config, Resource,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
    core::DynamicObject,
    discovery::{ApiResource, Discovery, Scope, verbs},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::objects::{Kind, Object};

/// Which cluster, and which part of it.
#[derive(Clone, Debug, Default)]
pub struct Where {
    /// A kubeconfig file; without one, `KUBECONFIG` or `~/.kube/config`.
    pub kubeconfig: Option<std::path::PathBuf>,
    /// One of its contexts; without one, the current one.
    pub context: Option<String>,
    /// The namespace to look at where the whole cluster may not be looked at; without one, that of the context.
    pub namespace: Option<String>,
    /// Also what says why a connection fails, and nothing about who may reach whom.
    pub details: bool,
}

/// What was found in a cluster.
#[derive(Debug)]
pub struct Listing {
    /// The namespace of the context.
    pub namespace: String,
    /// The objects, without policies and profiles, in no particular order.
    pub objects: Vec<Object>,
    /// Policies and profiles as the API server tells them.
    pub whole: Vec<serde_json::Value>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

/// Something that could not be seen.
#[derive(Debug)]
pub struct Gap {
    /// The kind of the objects.
    pub kind: String,
    /// Where; nothing when it is the whole cluster.
    pub namespace: Option<String>,
    /// Why.
    pub error: String,
    /// It says nothing about who may reach whom.
    pub detail: bool,
}

/// Why nothing could be seen at all.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// There is no usable kubeconfig.
    #[error(
        "found no way to a cluster ({0}); name a kubeconfig by --kubeconfig or KUBECONFIG, or give the state in files (-f; for plan --against)"
    )]
    NoConfig(#[source] KubeconfigError),
    /// It is there and cannot be used.
    #[error("cannot connect with this kubeconfig: {0}")]
    Client(#[source] kube::Error),
    /// The API server does not answer.
    #[error("the API server at {server} does not say what it has: {why}")]
    Discovery {
        /// Where it should be.
        server: http::Uri,
        /// All that is known of why.
        why: String,
    },
}

/// A page of a list: many enough to be quick, few enough not to fill the memory.
const PAGE: u32 = 500;

/// Kinds that add nothing in a live cluster: their Pods are there, or they have none.
const MADE_BY_OTHERS: [&str; 3] = ["ReplicaSet", "Job", "ReplicationController"];

/// Looks at a cluster.
///
/// # Errors
/// When there is no way to it. What cannot be seen of it is a [`Gap`].
pub async fn list(which: &Where) -> Result<Listing, ListingError> {
    let config = config(which).await?;
    let namespace = which.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let server = config.cluster_url.clone();
    let client = Client::try_from(config).map_err(ListingError::Client)?;
    let mut lister =
        Lister { client, listing: Listing { namespace, objects: Vec::new(), whole: Vec::new(), gaps: Vec::new() } };
    let resources = lister
        .resources(which.details)
        .await
        .map_err(|error| ListingError::Discovery { server, why: in_full(&error) })?;
    // Namespaces come first: where the rest may only be listed one by one, they say which ones there are.
    let mut namespaces = BTreeSet::from([lister.listing.namespace.clone()]);
    for resource in resources {
        lister.resource(&resource, &mut namespaces).await;
    }
    Ok(lister.listing)
}

/// A client for a person who waits.
///
/// # Errors
/// When there is no usable kubeconfig.
pub async fn client(which: &Where) -> Result<Client, ListingError> {
    Client::try_from(config(which).await?).map_err(ListingError::Client)
}

async fn config(which: &Where) -> Result<Config, ListingError> {
    let options = KubeConfigOptions { context: which.context.clone(), ..KubeConfigOptions::default() };
    let config = match &which.kubeconfig {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path).map_err(ListingError::NoConfig)?;
            Config::from_custom_kubeconfig(kubeconfig, &options).await
        }
        None => Config::from_kubeconfig(&options).await,
    };
    let mut config = config.map_err(ListingError::NoConfig)?;
    // A person waits: what fails is said, and not tried again for minutes.
    config.default_retry = false;
    config.connect_timeout = Some(std::time::Duration::from_secs(10));
    config.read_timeout = Some(std::time::Duration::from_secs(60));
    Ok(config)
}

/// A resource that is served, and what its objects are to us: nothing for profiles, which are kept whole.
struct Served {
    resource: ApiResource,
    kind: Option<Kind>,
    namespaced: bool,
}

struct Lister {
    client: Client,
    listing: Listing,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    metadata: PageMeta,
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename = "ListMeta", default)]
struct PageMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

impl Lister {
    /// The resources that the cluster serves and that are read, namespaces first.
    async fn resources(&self, details: bool) -> kube::Result<Vec<Served>> {
        let groups: Vec<_> = Kind::groups().chain(["appnet.dev"]).collect();
        let discovery = || Discovery::new(self.client.clone()).filter(&groups);
        // One request instead of one for each group; old API servers know only the latter.
        let found = match discovery().run_aggregated().await {
            Ok(found) => found,
            Err(_) => discovery().run().await?,
        };
        let mut served: Vec<Served> = Vec::new();
        for group in &groups {
            let Some(group) = found.get(group) else { continue };
            for (resource, capabilities) in group.recommended_resources() {
                let kind = Kind::of(&resource.api_version, &resource.kind);
                if kind.is_some_and(|kind| kind.is_for_diagnosis() && !details) {
                    continue;
                }
                let read = kind.is_some() || resource.kind == "AppNetworkProfile";
                // The same objects can have two doors: the first one will do.
                let known = served.iter().any(|other| other.kind == kind);
                if read
                    && !known
                    && capabilities.supports_operation(verbs::LIST)
                    && !MADE_BY_OTHERS.contains(&&*resource.kind)
                {
                    let namespaced = capabilities.scope == Scope::Namespaced;
                    served.push(Served { resource, kind, namespaced });
                }
            }
        }
        served.sort_by_key(|served| served.resource.kind != "Namespace");
        Ok(served)
    }

    async fn resource(&mut self, served: &Served, namespaces: &mut BTreeSet<String>) {
        if let Some(only) = served.kind.and_then(Kind::only_in) {
            let only = only.to_owned();
            if let Err(error) = self.pages(served, Some(&only)).await {
                self.gap(served, Some(&only), &error);
            }
            return;
        }
        let Err(error) = self.pages(served, None).await else {
            if served.resource.kind == "Namespace" {
                namespaces.extend(self.listing.objects.iter().map(|object| object.name().to_owned()));
            }
            return;
        };
        if !served.namespaced || !is_forbidden(&error) {
            self.gap(served, None, &error);
            return;
        }
        for namespace in namespaces.iter() {
            if let Err(error) = self.pages(served, Some(namespace)).await {
                self.gap(served, Some(namespace), &error);
            }
        }
    }

    fn gap(&mut self, served: &Served, namespace: Option<&String>, error: &kube::Error) {
        let kind = served.resource.kind.clone();
        let error = match error {
            kube::Error::Api(status) => status.message.clone(),
            other => other.to_string(),
        };
        let detail = served.kind.is_some_and(Kind::is_detail);
        self.listing.gaps.push(Gap { kind, namespace: namespace.cloned(), error, detail });
    }

    async fn pages(&mut self, served: &Served, namespace: Option<&String>) -> kube::Result<()> {
        let mut params = kube::api::ListParams::default().limit(PAGE);
        let url = url(&served.resource, namespace);
        loop {
            let request = kube::core::Request::new(&url).list(&params).map_err(kube::Error::BuildRequest)?;
            let text = self.client.request_text(request).await?;
            let page: Page<'_> = serde_json::from_str(&text).map_err(kube::Error::SerdeError)?;
            for item in &page.items {
                self.item(served, item.get());
            }
            match page.metadata.next.filter(|next| !next.is_empty()) {
                Some(next) => params = params.continue_token(&next),
                None => return Ok(()),
            }
        }
    }

    fn item(&mut self, served: &Served, text: &str) {
        let kind = served.kind.filter(|kind| !kind.is_policy());
        let read = match kind {
            Some(kind) => kind
                .read(&mut serde_json::Deserializer::from_str(text), "")
                .map(|object| self.listing.objects.push(object)),
            None => serde_json::from_str(text).map(|mut whole: serde_json::Value| {
                // Objects in a list do not repeat their kind.
                whole["apiVersion"] = served.resource.api_version.clone().into();
                whole["kind"] = served.resource.kind.clone().into();
                self.listing.whole.push(whole);
            }),
        };
        // What the API server serves and we cannot read is of a version to come.
        if let Err(error) = read {
            let error = format!("one of them cannot be read: {error}");
            let detail = served.kind.is_some_and(Kind::is_detail);
            self.listing.gaps.push(Gap { kind: served.resource.kind.clone(), namespace: None, error, detail });
        }
    }
}

/// An error with its causes: that of a connection says by itself only that there was none.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

fn url(resource: &ApiResource, namespace: Option<&String>) -> String {
    DynamicObject::url_path(resource, namespace.map(String::as_str))
}

fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403)
}
