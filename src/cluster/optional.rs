//! Kinds that not every cluster knows: is one served, and which of its objects are there?
//!
//! Their definitions can come and go while the operator runs. So discovery is asked now and then, which needs no right that
//! a service account does not have. Only where it names the kind, anything else is asked.

use std::{fmt::Debug, time::Duration};

use kube::{Api, Resource, api::ListParams, runtime::watcher};
use serde::de::DeserializeOwned;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    RequestError, Requests, Touched, Trouble,
    feed::{Feed, Out},
    told::Told,
};
use crate::observe::{Availability, World};

/// The pause after a question without an answer, before the first answer: nothing begins without it.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// How many such questions may fail.
const PATIENCE: u32 = 30;

/// A kind, and what it means for the picture.
pub(super) struct Optional<K> {
    /// How its objects change the picture.
    pub(super) feed: fn() -> Feed<K>,
    /// What the picture says of the kind.
    pub(super) known: fn(&World) -> Availability,
    /// Notes it there.
    pub(super) note: fn(&mut World, Availability),
    /// Forgets its objects, which are gone with it.
    pub(super) forget: fn(&mut World),
    /// What is known of its objects stays known while they cannot be listed, and nothing begins before all are seen once.
    pub(super) keeps: bool,
    /// Whom it touches when the kind comes or goes.
    pub(super) touched: Touched,
    /// What comes of it that its objects are there and may not be listed, as the end of a sentence.
    pub(super) when_hidden: &'static str,
}

/// Follows the kind until it is dropped.
pub(super) struct Follower<K> {
    pub(super) optional: Optional<K>,
    pub(super) requests: Requests,
    pub(super) api: Api<K>,
    pub(super) config: watcher::Config,
    pub(super) pause: Duration,
    pub(super) out: Out,
    pub(super) told: Told,
}

/// The running watch, which ends when this is dropped, and how often it has seen everything.
struct Watching {
    _task: JoinSet<()>,
    seen: watch::Receiver<usize>,
}

impl<K> Follower<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    /// Asks again and again, and keeps the picture right: what is served and cannot be seen, or not yet, is
    /// [`Availability::Hidden`], so that nothing is taken for missing.
    pub(super) async fn run(self) {
        let mut watching: Option<Watching> = None;
        let mut known: Option<Availability> = None;
        let mut silent = 0;
        loop {
            let mut pause = self.pause;
            match self.ask(watching.is_some()).await {
                // One answer that refuses must not take out of policies what was found: the watch goes on, and says so.
                Ok(Availability::Hidden) if self.optional.keeps && watching.is_some() => {}
                Ok(now @ (Availability::NotServed | Availability::Hidden)) => {
                    // Nobody watches what is there any more.
                    if watching.take().is_some() {
                        self.out.world.change(self.optional.forget);
                    }
                    self.note(now, &mut known);
                }
                Ok(Availability::Served) => {
                    let watching = watching.get_or_insert_with(|| self.watch());
                    if timeout(self.requests.timeout, watching.seen.wait_for(|seen| *seen > 0)).await.is_ok() {
                        self.note(Availability::Served, &mut known);
                    } else if self.optional.keeps && (known.is_some() || silent < PATIENCE) {
                        // With half of it policies would lose what the other half tells.
                        silent += 1;
                        pause = SOON;
                    } else {
                        // All else must not wait for a watch that is slow, or does not come. What it took in meanwhile stays.
                        self.note(Availability::Hidden, &mut known);
                        pause = SOON;
                    }
                }
                Err(error) => {
                    let kind = K::kind(&());
                    tracing::debug!(%kind, %error, "whether the cluster knows the kind is not known; it is asked again");
                    silent += 1;
                    if known.is_none() {
                        pause = SOON;
                        // Nothing begins without an answer, and the API server may just be starting; but it must not be for ever.
                        if silent > PATIENCE {
                            self.note(Availability::Hidden, &mut known);
                        }
                    }
                }
            }
            sleep(pause).await;
        }
    }

    fn watch(&self) -> Watching {
        // Before the first policy is told: one that is there would be taken for superfluous otherwise.
        self.out.world.change(|world| {
            if (self.optional.known)(world) == Availability::NotServed {
                (self.optional.note)(world, Availability::Hidden);
            }
        });
        let (ready, seen) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn((self.optional.feed)().run(
            self.api.clone(),
            self.config.clone(),
            Out { ready, ..self.out.clone() },
        ));
        Watching { _task: task, seen }
    }

    fn note(&self, now: Availability, known: &mut Option<Availability>) {
        // The picture too: a watch that began has hidden what is there.
        if *known == Some(now) && self.out.world.read(|world| (self.optional.known)(world) == now) {
            return;
        }
        let kind = K::kind(&());
        match now {
            Availability::Served => tracing::info!(%kind, "the cluster knows the kind"),
            Availability::NotServed if known.is_some() => tracing::info!(%kind, "the cluster no longer knows the kind"),
            // That its objects cannot be listed is told where it is found out.
            Availability::NotServed | Availability::Hidden => {}
        }
        self.out.world.change(|world| (self.optional.note)(world, now));
        // Nobody listens any more while the operator shuts down.
        let _ = self.out.touched.send(self.optional.touched.clone());
        if known.replace(now).is_none() {
            self.out.ready.send_modify(|ready| *ready += 1);
        }
    }

    async fn ask(&self, watching: bool) -> Result<Availability, RequestError> {
        let named = match self.is_named().await {
            // Whoever may not ask has to say it in the configuration.
            Err(error) if matches!(error.trouble(), Trouble::Permanent(_)) => false,
            answer => answer?,
        };
        // An API server that just starts can leave out what it serves all the same: that is no reason to forget it.
        if !named && !watching {
            return Ok(Availability::NotServed);
        }
        match self.requests.within(self.api.list(&ListParams::default().limit(1))).await {
            Ok(_) => Ok(Availability::Served),
            Err(error) => match error.trouble() {
                Trouble::Outdated => Ok(Availability::NotServed),
                Trouble::Permanent(_) => {
                    if let Some(error) = self.told.news(&error) {
                        let (kind, then) = (K::kind(&()), self.optional.when_hidden);
                        tracing::warn!(%kind, error, "the cluster knows the kind, and its objects cannot be listed: {then}");
                    }
                    Ok(Availability::Hidden)
                }
                Trouble::Passing | Trouble::NamespaceGoing | Trouble::NotLeading => Err(error),
            },
        }
    }

    /// Does discovery name the kind? The list of groups first: it is asked in every cluster, also in those without the kind.
    async fn is_named(&self) -> Result<bool, RequestError> {
        let client = &self.requests.client;
        let (group, version) = (K::group(&()), K::api_version(&()));
        let groups = self.requests.within(client.list_api_groups()).await?;
        let group = groups.groups.iter().find(|known| known.name == group);
        if !group.is_some_and(|group| group.versions.iter().any(|known| known.group_version == version)) {
            return Ok(false);
        }
        let kinds = self.requests.within(client.list_api_group_resources(&version)).await?;
        Ok(kinds.resources.iter().any(|kind| kind.name == K::plural(&())))
    }
}
