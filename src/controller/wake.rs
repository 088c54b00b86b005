//! Turns changes of the picture into profiles to look at.

use std::{collections::BTreeSet, time::Duration};

use futures::{Stream, StreamExt, channel::mpsc as outlet};
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::mpsc;

use super::interested;
use crate::{api::AppNetworkProfile, cluster::Touched, model::Platform};

/// How long changes of Pods, namespaces and Services are gathered: a rollout changes many at once. Changes of policies
/// are not gathered, because drift is to be repaired at once.
const GATHER: Duration = Duration::from_millis(200);

/// How long the news is gathered that a neighbour in the namespace wrote: it only lengthens a list in the status, and
/// twenty neighbours that come at once would each write twenty statuses.
const NEIGHBOURS: Duration = Duration::from_secs(3);

/// Profiles to look at, as long as changes come in.
pub(super) fn wake(
    mut touched: mpsc::UnboundedReceiver<Touched>,
    profiles: Store<AppNetworkProfile>,
    platform: Platform,
) -> (impl Future<Output = ()>, impl Stream<Item = ObjectRef<AppNetworkProfile>>) {
    let (sender, receiver) = outlet::unbounded();
    let work = async move {
        let mut gathered = BTreeSet::new();
        let mut flush = None;
        loop {
            let next = match flush {
                None => touched.recv().await.map(Some),
                Some(at) => match tokio::time::timeout_at(at, touched.recv()).await {
                    Ok(next) => next.map(Some),
                    Err(_) => Some(None),
                },
            };
            match next {
                None => return,
                Some(Some(now @ Touched::Policies(_))) => tell(&[now], &profiles, &platform, &sender),
                Some(Some(later)) => {
                    let patience = if matches!(later, Touched::Written { .. }) { NEIGHBOURS } else { GATHER };
                    gathered.insert(later);
                    let at = tokio::time::Instant::now() + patience;
                    flush = Some(flush.map_or(at, |sooner: tokio::time::Instant| sooner.min(at)));
                }
                Some(None) => {
                    flush = None;
                    tell(&std::mem::take(&mut gathered).into_iter().collect::<Vec<_>>(), &profiles, &platform, &sender);
                }
            }
        }
    };
    (work, receiver.boxed())
}

fn tell(
    touched: &[Touched],
    profiles: &Store<AppNetworkProfile>,
    platform: &Platform,
    sender: &outlet::UnboundedSender<ObjectRef<AppNetworkProfile>>,
) {
    for profile in profiles.state() {
        if touched.iter().any(|touched| interested(&profile, platform, touched)) {
            // Nobody listens any more while the operator shuts down.
            let _ = sender.unbounded_send(ObjectRef::from_obj(&*profile));
        }
    }
}
