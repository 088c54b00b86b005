//! What is remembered of profiles between reconciles. Nothing of it is needed for correctness: a restart forgets it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::ResourceExt;

use crate::{
    api::AppNetworkProfile,
    plan::{Fighting, Parting},
};

/// The first pause after a failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What is remembered, by the profile's uid.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Remembered>>);

#[derive(Default)]
struct Remembered {
    fighting: Fighting,
    parting: Parting,
    failures: u32,
    written: Option<AppNetworkProfile>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, uid: &str, change: impl FnOnce(&mut Remembered) -> T) -> T {
        change(self.lock().entry(uid.to_owned()).or_default())
    }

    /// The profile as it is known best: a status that was just written is newer than what the watch has told so far.
    #[must_use]
    pub fn newest(&self, profile: &AppNetworkProfile) -> AppNetworkProfile {
        let version =
            |profile: &AppNetworkProfile| profile.resource_version().and_then(|text| text.parse::<u64>().ok());
        let uid = profile.uid().unwrap_or_default();
        self.with(&uid, |remembered| match &remembered.written {
            Some(written) if version(written) > version(profile) => written.clone(),
            _ => {
                remembered.written = None;
                profile.clone()
            }
        })
    }

    /// Notes the profile as it was stored.
    pub fn written(&self, profile: AppNetworkProfile) {
        let uid = profile.uid().unwrap_or_default();
        self.with(&uid, |remembered| remembered.written = Some(profile));
    }

    /// Looks at or changes what is known of fights over a profile's policies.
    pub fn fighting<T>(&self, uid: &str, look: impl FnOnce(&mut Fighting) -> T) -> T {
        self.with(uid, |remembered| look(&mut remembered.fighting))
    }

    /// Looks at or changes what is known of policies that are to go a while after others.
    pub fn parting<T>(&self, uid: &str, look: impl FnOnce(&mut Parting) -> T) -> T {
        self.with(uid, |remembered| look(&mut remembered.parting))
    }

    /// Notes a failure; how long to wait before the next try.
    pub fn failed(&self, uid: &str) -> Duration {
        self.with(uid, |remembered| {
            let pause = 2u32.checked_pow(remembered.failures).and_then(|factor| FIRST_PAUSE.checked_mul(factor));
            remembered.failures = remembered.failures.saturating_add(1);
            pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
        })
    }

    /// Notes a success.
    pub fn succeeded(&self, uid: &str) {
        self.with(uid, |remembered| remembered.failures = 0);
    }

    /// Keeps only the profiles that are still there.
    pub fn retain(&self, alive: impl Fn(&str) -> bool) {
        self.lock().retain(|uid, _| alive(uid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_pause_up_to_a_limit_and_a_success_forgets_them() {
        let memory = Memory::default();
        let pauses: Vec<_> = (0..12).map(|_| memory.failed("uid").as_millis()).collect();
        assert_eq!(pauses[..4], [500, 1000, 2000, 4000]);
        assert_eq!(pauses[11], 120_000);
        assert_eq!(memory.failed("other").as_millis(), 500);
        memory.succeeded("uid");
        assert_eq!(memory.failed("uid").as_millis(), 500);
    }
}
