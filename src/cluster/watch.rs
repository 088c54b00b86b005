//! The watches that keep the picture up to date, one for each kind.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use k8s_openapi::api::{
    core::v1::{Namespace, Service},
    discovery::v1::EndpointSlice,
    networking::v1::NetworkPolicy,
};
use kube::{Api, Client, ResourceExt, core::PartialObjectMeta, runtime::watcher};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    Requests,
    feed::{Feed, Out},
    network::Network,
    optional::{Follower, Optional},
    slim_pod::SlimPod,
    sources::Sources,
    told::Told,
};
use crate::{
    api::{CiliumNetworkPolicy, Cni, PolicyKind, PolicyResource},
    model::{Platform, ServiceRef},
    observe::{Endpoints, PolicyRow, ServiceRow, World},
};

/// Pages of Pods: a page is in memory as a whole while it is read.
const POD_PAGE: u32 = 250;

/// `EndpointSlices` that no Pod selector stands for: all but those that Kubernetes writes for Services with a selector.
const FOREIGN_SLICES: &str = "endpointslice.kubernetes.io/managed-by!=endpointslice-controller.k8s.io";

/// What changed in the picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// A policy of this namespace.
    Policies(String),
    /// A policy of this namespace, by the profile of this uid, which knows already what it wrote.
    Written {
        /// The namespace.
        namespace: String,
        /// The profile's uid.
        by: String,
    },
    /// The classes of Pods of this namespace.
    Pods(String),
    /// A namespace came, went or got other labels.
    Namespaces,
    /// A Service or its endpoints.
    Service(ServiceRef),
    /// A Service, with what its load balancer publishes.
    Publisher(ServiceRef),
    /// Whether the cluster knows policies of Cilium's own.
    Cilium,
    /// What says who calls from beyond an app: a way in of this namespace, or something that may concern them all.
    Callers(Option<String>),
    /// Whether the CNI's settings switch policies off.
    Network,
}

/// Whose namespaces are managed.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The one namespace, or all.
    pub namespace: Option<String>,
}

impl Scope {
    /// The API for one kind, in the managed namespaces.
    #[must_use]
    pub fn api<K>(&self, client: &Client) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        match &self.namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        }
    }
}

/// The picture, shared between the watches, which change it, and reconciles, which read it.
#[derive(Clone, Default)]
pub struct SharedWorld(Arc<RwLock<World>>);

impl SharedWorld {
    /// Reads the picture. Short and without waiting: the watches are held up meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the picture.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells when every watch has seen everything once: the ones of the picture, and then the one of the profiles.
#[derive(Clone)]
pub struct Ready {
    seen: watch::Sender<usize>,
    done: watch::Receiver<usize>,
    picture: usize,
}

impl Ready {
    /// Has every watch seen everything once? Without the definition of our resource there is nothing to see, ever.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.done.borrow() > self.picture
    }

    /// Notes that the watch of the profiles has seen everything once.
    pub fn profiles_seen(&self) {
        self.seen.send_modify(|done| *done += 1);
    }

    /// Waits until every watch has seen everything once.
    pub async fn everything(&mut self) {
        let picture = self.picture;
        // See below.
        let _ = self.done.wait_for(|done| *done > picture).await;
    }

    /// Waits until the picture is complete: before that too little is known to write anything.
    pub async fn picture(&mut self) {
        let needed = self.picture;
        // The senders live as long as the watches; when these are gone there is nothing to wait for.
        let _ = self.done.wait_for(|done| *done >= needed).await;
    }
}

/// Starts the watches. They end with the returned set. `pause`: how often to ask which kinds
/// there are that not every cluster knows.
#[must_use]
pub fn watch(
    requests: &Requests,
    scope: &Scope,
    streaming_lists: bool,
    (platform, pause): (&Platform, Duration),
    world: &SharedWorld,
    touched: mpsc::UnboundedSender<Touched>,
) -> (JoinSet<()>, Ready) {
    let client = &requests.client;
    let (ready, done) = watch::channel(0);
    let out = Out { world: world.clone(), touched, ready: ready.clone() };
    let config = || {
        let config = watcher::Config::default();
        if streaming_lists { config.streaming_lists() } else { config }
    };
    let pods = if streaming_lists { config() } else { config().page_size(POD_PAGE) };
    let mut tasks = JoinSet::new();
    tasks.spawn(policies::<NetworkPolicy>().run(scope.api(client), config(), out.clone()));
    tasks.spawn(self::pods().run(Api::<SlimPod>::all(client.clone()), pods, out.clone()));
    tasks.spawn(namespaces().run(Api::<PartialObjectMeta<Namespace>>::all(client.clone()), config(), out.clone()));
    tasks.spawn(services().run(Api::<Service>::all(client.clone()), config(), out.clone()));
    tasks.spawn(endpoints().run(
        Api::<EndpointSlice>::all(client.clone()),
        config().labels(FOREIGN_SLICES),
        out.clone(),
    ));
    if platform.cni != Cni::Standard {
        let (optional, requests, api, out) = (policies_of_cilium(), requests.clone(), scope.api(client), out.clone());
        tasks.spawn(Follower { optional, requests, api, config: config(), pause, out, told: Told::default() }.run());
    }
    Sources { requests: requests.clone(), config: config(), pause, out: out.clone() }.follow(platform, &mut tasks);
    // A platform that says it needs not be told.
    if platform.cni == Cni::Auto {
        let (requests, watches) = (requests.clone(), tasks.len());
        tasks.spawn(Network { requests, pause, out, watches }.run());
    }
    let picture = tasks.len();
    (tasks, Ready { seen: ready, done, picture })
}

fn policies_of_cilium() -> Optional<CiliumNetworkPolicy> {
    Optional {
        feed: policies,
        known: |world| world.cilium,
        note: |world, now| world.cilium = now,
        forget: |world| {
            world.policies.retain(PolicyKind::CiliumNetworkPolicy, |_, _| false);
        },
        keeps: false,
        touched: Touched::Cilium,
        when_hidden: "tiers with `apiServer` get no policy of Cilium's own",
    }
}

/// Policies of either kind.
fn policies<K>() -> Feed<K>
where
    K: PolicyResource,
    for<'a> PolicyRow: From<&'a K>,
{
    Feed {
        put: |world, policy| {
            let namespace = namespace_of(policy);
            if world.policies.insert(&namespace, PolicyRow::from(policy)) {
                return Some(Touched::Policies(namespace));
            }
            let owner = policy.owner_references().iter().find(|owner| owner.controller == Some(true))?;
            Some(Touched::Written { namespace, by: owner.uid.clone() })
        },
        gone: |world, policy| {
            let uid = policy.uid().unwrap_or_default();
            let changed = world.policies.remove(&namespace_of(policy), K::KIND, &policy.name_any(), &uid);
            changed.then(|| Touched::Policies(namespace_of(policy)))
        },
        keep: |world, seen| {
            let kept = |namespace: &str, name: &str| seen.holds(namespace, name);
            world.policies.retain(K::KIND, kept).into_iter().map(Touched::Policies).collect()
        },
    }
}

fn pods() -> Feed<SlimPod> {
    Feed {
        put: |world, pod| {
            let changed = match pod.class() {
                Some(class) => world.pods.insert(&namespace_of(pod), &pod.name_any(), class),
                None => world.pods.remove(&namespace_of(pod), &pod.name_any()),
            };
            changed.then(|| Touched::Pods(namespace_of(pod)))
        },
        gone: |world, pod| {
            world.pods.remove(&namespace_of(pod), &pod.name_any()).then(|| Touched::Pods(namespace_of(pod)))
        },
        keep: |world, seen| {
            let kept = |namespace: &str, name: &str| seen.holds(namespace, name);
            world.pods.retain(kept).into_iter().map(Touched::Pods).collect()
        },
    }
}

fn namespaces() -> Feed<PartialObjectMeta<Namespace>> {
    Feed {
        put: |world, namespace| {
            let labels = namespace.metadata.labels.clone().unwrap_or_default();
            world.namespaces.insert(&namespace.name_any(), labels).then_some(Touched::Namespaces)
        },
        gone: |world, namespace| world.namespaces.remove(&namespace.name_any()).then_some(Touched::Namespaces),
        keep: |world, seen| {
            let changed = world.namespaces.retain(|name| seen.holds("", name));
            changed.then_some(Touched::Namespaces).into_iter().collect()
        },
    }
}

fn namespace_of(object: &impl ResourceExt) -> String {
    object.namespace().unwrap_or_default()
}

fn service_ref(object: &impl ResourceExt) -> ServiceRef {
    ServiceRef { namespace: namespace_of(object), name: object.name_any() }
}

fn services() -> Feed<Service> {
    Feed {
        put: |world, service| {
            let which = service_ref(service);
            let row = ServiceRow::from(service);
            let before = world.services.get(&which).is_some_and(|row| !row.published.is_empty());
            let publishes = before || !row.published.is_empty();
            let changed = world.services.insert(which.clone(), row);
            changed.then_some(if publishes { Touched::Publisher(which) } else { Touched::Service(which) })
        },
        gone: |world, service| {
            let which = service_ref(service);
            let published = world.services.get(&which).is_some_and(|row| !row.published.is_empty());
            let known = world.services.remove(&which);
            known.then_some(if published { Touched::Publisher(which) } else { Touched::Service(which) })
        },
        keep: |world, seen| {
            let gone = world.services.retain(|which| seen.holds(&which.namespace, &which.name));
            gone.into_iter().map(Touched::Publisher).collect()
        },
    }
}

fn endpoints() -> Feed<EndpointSlice> {
    Feed {
        put: |world, slice| {
            let Some(endpoints) = Endpoints::read(slice) else {
                // It belongs to no Service any more: what it held must not stay allowed.
                let service = world.endpoints.remove(&namespace_of(slice), &slice.name_any())?;
                return Some(Touched::Service(service));
            };
            let service = endpoints.service.clone();
            world
                .endpoints
                .insert(&namespace_of(slice), &slice.name_any(), endpoints)
                .then_some(Touched::Service(service))
        },
        gone: |world, slice| {
            let service = world.endpoints.remove(&namespace_of(slice), &slice.name_any())?;
            Some(Touched::Service(service))
        },
        keep: |world, seen| {
            let gone = world.endpoints.retain(|namespace, name| seen.holds(namespace, name));
            gone.into_iter().map(Touched::Service).collect()
        },
    }
}
