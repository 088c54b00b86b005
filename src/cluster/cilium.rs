//! Does the cluster know policies of Cilium's own, and which are there?
//!
//! Their definition can come and go while the operator runs. So discovery is asked now and then, which needs no right that
//! a service account does not have. Only where it names the kind, anything else is asked.

use std::time::Duration;

use kube::{Api, api::ListParams, runtime::watcher};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{RequestError, Requests, Touched, Trouble, feed::Out, told::Told, watch::policies};
use crate::{
    api::{CiliumNetworkPolicy, PolicyKind},
    observe::CiliumApi,
};

const GROUP: &str = "cilium.io";
const VERSION: &str = "cilium.io/v2";
const PLURAL: &str = "ciliumnetworkpolicies";

/// The pause after a question without an answer, before the first answer: nothing begins without it.
const SOON: Duration = Duration::from_secs(1);

/// How many such questions may fail.
const PATIENCE: u32 = 30;

/// Follows the kind until it is dropped.
pub(super) struct Follower {
    pub(super) requests: Requests,
    pub(super) api: Api<CiliumNetworkPolicy>,
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

impl Follower {
    /// Asks again and again, and keeps the picture right: what is served and cannot be seen, or not yet, is
    /// [`CiliumApi::Hidden`], so that nothing is taken for missing.
    pub(super) async fn run(self) {
        let mut watching: Option<Watching> = None;
        let mut known: Option<CiliumApi> = None;
        let mut silent = 0;
        loop {
            let mut pause = self.pause;
            match self.ask(watching.is_some()).await {
                Ok(now @ (CiliumApi::NotServed | CiliumApi::Hidden)) => {
                    // Nobody watches what is there any more.
                    if watching.take().is_some() {
                        self.out
                            .world
                            .change(|world| world.policies.retain(PolicyKind::CiliumNetworkPolicy, |_, _| false));
                    }
                    self.note(now, &mut known);
                }
                Ok(CiliumApi::Served) => {
                    let watching = watching.get_or_insert_with(|| self.watch());
                    if timeout(self.requests.timeout, watching.seen.wait_for(|seen| *seen > 0)).await.is_ok() {
                        self.note(CiliumApi::Served, &mut known);
                    } else {
                        // All else must not wait for a watch that is slow, or does not come. What it took in meanwhile stays.
                        self.note(CiliumApi::Hidden, &mut known);
                        pause = SOON;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "whether the cluster knows CiliumNetworkPolicies is not known; it is asked again");
                    silent += 1;
                    if known.is_none() {
                        pause = SOON;
                        // Nothing begins without an answer, and the API server may just be starting; but it must not be for ever.
                        if silent > PATIENCE {
                            self.note(CiliumApi::Hidden, &mut known);
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
            if world.cilium == CiliumApi::NotServed {
                world.cilium = CiliumApi::Hidden;
            }
        });
        let (ready, seen) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn(policies().run(self.api.clone(), self.config.clone(), Out { ready, ..self.out.clone() }));
        Watching { _task: task, seen }
    }

    fn note(&self, now: CiliumApi, known: &mut Option<CiliumApi>) {
        // The picture too: a watch that began has hidden what is there.
        if *known == Some(now) && self.out.world.read(|world| world.cilium == now) {
            return;
        }
        match now {
            CiliumApi::Served => {
                tracing::info!("the cluster knows CiliumNetworkPolicies: tiers with `apiServer` get one");
            }
            CiliumApi::NotServed if known.is_some() => {
                tracing::info!("the cluster no longer knows CiliumNetworkPolicies");
            }
            // That they cannot be listed is told where it is found out.
            CiliumApi::NotServed | CiliumApi::Hidden => {}
        }
        self.out.world.change(|world| world.cilium = now);
        // Nobody listens any more while the operator shuts down.
        let _ = self.out.touched.send(Touched::Cilium);
        if known.replace(now).is_none() {
            self.out.ready.send_modify(|ready| *ready += 1);
        }
    }

    async fn ask(&self, watching: bool) -> Result<CiliumApi, RequestError> {
        let named = match self.is_named().await {
            // Whoever may not ask has to say it in the configuration.
            Err(error) if matches!(error.trouble(), Trouble::Permanent(_)) => false,
            answer => answer?,
        };
        // An API server that just starts can leave out what it serves all the same: that is no reason to forget it.
        if !named && !watching {
            return Ok(CiliumApi::NotServed);
        }
        match self.requests.within(self.api.list(&ListParams::default().limit(1))).await {
            Ok(_) => Ok(CiliumApi::Served),
            Err(error) => match error.trouble() {
                Trouble::Outdated => Ok(CiliumApi::NotServed),
                Trouble::Permanent(_) => {
                    if let Some(error) = self.told.news(&error) {
                        tracing::warn!(
                            error,
                            "the cluster knows CiliumNetworkPolicies, and they cannot be listed: tiers with `apiServer` get none"
                        );
                    }
                    Ok(CiliumApi::Hidden)
                }
                Trouble::Passing | Trouble::NamespaceGoing | Trouble::NotLeading => Err(error),
            },
        }
    }

    /// Does discovery name the kind? The list of groups first: it is asked in every cluster, also in those without Cilium.
    async fn is_named(&self) -> Result<bool, RequestError> {
        let client = &self.requests.client;
        let groups = self.requests.within(client.list_api_groups()).await?;
        let group = groups.groups.iter().find(|group| group.name == GROUP);
        if !group.is_some_and(|group| group.versions.iter().any(|version| version.group_version == VERSION)) {
            return Ok(false);
        }
        let kinds = self.requests.within(client.list_api_group_resources(VERSION)).await?;
        Ok(kinds.resources.iter().any(|kind| kind.name == PLURAL))
    }
}
