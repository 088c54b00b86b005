//! Wires watches, queue and reconciles together.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use kube::{
    ResourceExt,
    runtime::{
        Controller, PredicateConfig, WatchStreamExt,
        controller::{self, Action},
        predicates, reflector, watcher,
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Context, Error, Terms, reconcile, wake};
use crate::{
    api::AppNetworkProfile,
    cluster::{Ready, Touched, advised},
};

/// Keeps profiles true until it is told to stop; reconciles under way are finished first.
///
/// On standby it follows everything and does nothing; with each new term it looks at every profile once.
pub async fn run(
    context: Arc<Context>,
    profiles: impl Stream<Item = watcher::Result<watcher::Event<AppNetworkProfile>>> + Send + 'static,
    concurrency: u16,
    touched: mpsc::UnboundedReceiver<Touched>,
    ready: Ready,
    stop: CancellationToken,
) {
    let (store, writer) = reflector::store();
    let seen = ready.clone();
    // The status is ours: a change of it needs no look. No look is needed after a deletion either: there is no finalizer.
    let intent = |profile: &AppNetworkProfile| {
        let going = profile.metadata.deletion_timestamp.is_some();
        predicates::generation(profile).map(|generation| generation.wrapping_mul(2).wrapping_add(u64::from(going)))
    };
    let profiles = profiles
        .inspect(move |event| {
            if matches!(event, Ok(watcher::Event::InitDone)) {
                seen.profiles_seen();
            }
        })
        .reflect(writer)
        .applied_objects()
        .predicate_filter(intent, PredicateConfig::default());
    let (work, woken) = wake::wake(touched, store.clone(), context.platform.clone());
    let waking = tokio::spawn(work);
    let looks = Controller::for_stream(profiles, store.clone())
        .with_config(controller::Config::default().concurrency(concurrency))
        .reconcile_on(woken)
        .reconcile_all_on(elections(context.term.clone()))
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(reconcile, failed, context.clone());
    // The controller does not begin, and would not end either, before it has seen the profiles once.
    let never_began = async {
        stop.cancelled().await;
        if ready.is_ready() {
            std::future::pending::<()>().await;
        }
    };
    let mut looks = std::pin::pin!(looks.take_until(never_began));
    while let Some(look) = looks.next().await {
        match look {
            Ok((profile, _)) => tracing::debug!(%profile, "looked at"),
            // Deleted meanwhile: what was remembered of it can go.
            Err(controller::Error::ObjectNotFound(_)) => {
                let alive: std::collections::HashSet<_> =
                    store.state().iter().filter_map(|profile| profile.uid()).collect();
                if let Some(term) = context.term() {
                    term.memory.retain(|uid| alive.contains(uid));
                }
            }
            // Reconciles tell of their own failures where they fail.
            Err(controller::Error::ReconcilerFailed(..)) => {}
            Err(error) => tracing::warn!(%error, "the queue of profiles is in trouble; it goes on"),
        }
    }
    waking.abort();
}

/// One item for each term that begins.
fn elections(term: Terms) -> impl Stream<Item = ()> + Send {
    stream::unfold(term, |mut term| async move {
        loop {
            term.changed().await.ok()?;
            if term.borrow_and_update().is_some() {
                return Some(((), term));
            }
        }
    })
}

/// What only changed meanwhile is looked at again soon; everything else after a pause that grows.
fn failed(profile: Arc<AppNetworkProfile>, error: &Error, context: Arc<Context>) -> Action {
    let term = match context.term() {
        Some(term) if !error.is_not_leading() => term,
        _ => {
            tracing::debug!(profile = profile.name_any(), %error, "a look ended with the leadership");
            return Action::await_change();
        }
    };
    let pause = term.memory.failed(&profile.uid().unwrap_or_default());
    context.metrics.failed(error);
    if error.is_outdated() {
        tracing::debug!(profile = profile.name_any(), %error, "the profile changed meanwhile");
    } else if term.told.is_known_right(error) {
        tracing::debug!(namespace = profile.namespace(), profile = profile.name_any(), %error, ?pause, "a look failed again");
    } else {
        tracing::warn!(
            namespace = profile.namespace(),
            profile = profile.name_any(),
            error = advised(error),
            ?pause,
            "a look failed; it is tried again"
        );
    }
    Action::requeue(pause)
}
