//! The watch of the profiles.

use futures::{Stream, StreamExt, TryStreamExt, future::ready};
use kube::{
    Client, ResourceExt,
    core::DeserializeGuard,
    runtime::{WatchStreamExt, watcher},
};

use super::{Scope, feed::watch_failed, told::Told};
use crate::api::AppNetworkProfile;

/// Profiles as they come and go, without their managed fields.
///
/// One that cannot be read is passed over, and said: without that a single object from a newer version of the definition
/// (an enum with one more word, say) would fail every list, and no profile of the cluster would be looked at any more.
/// Its policies stay as they are. A watch that fails is told here, and goes on by itself.
pub fn profiles(
    client: &Client,
    scope: &Scope,
    config: watcher::Config,
) -> impl Stream<Item = watcher::Result<watcher::Event<AppNetworkProfile>>> + use<> {
    let told = Told::default();
    watcher(scope.api::<DeserializeGuard<AppNetworkProfile>>(client), config)
        .default_backoff()
        .inspect_err(move |error| watch_failed::<AppNetworkProfile>(error, &told))
        .filter_map(|event| ready(event.ok().and_then(read).map(Ok)))
}

fn read(event: watcher::Event<DeserializeGuard<AppNetworkProfile>>) -> Option<watcher::Event<AppNetworkProfile>> {
    Some(match event {
        watcher::Event::Apply(guard) => watcher::Event::Apply(readable(guard)?),
        watcher::Event::InitApply(guard) => watcher::Event::InitApply(readable(guard)?),
        watcher::Event::Delete(guard) => watcher::Event::Delete(readable(guard)?),
        watcher::Event::Init => watcher::Event::Init,
        watcher::Event::InitDone => watcher::Event::InitDone,
    })
}

fn readable(guard: DeserializeGuard<AppNetworkProfile>) -> Option<AppNetworkProfile> {
    match guard.0 {
        Ok(mut profile) => {
            profile.managed_fields_mut().clear();
            Some(profile)
        }
        Err(invalid) => {
            let (namespace, name) =
                (invalid.metadata.namespace.unwrap_or_default(), invalid.metadata.name.unwrap_or_default());
            tracing::error!(
                namespace,
                profile = name,
                error = %invalid.error,
                "a profile cannot be read and is passed over, its policies stay as they are; is the definition newer than the operator?"
            );
            None
        }
    }
}
