//! Waiting for something that another process does.

use std::fmt::Debug;
use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Asks again and again until `probe` gives `Ok`, and returns what is in it. `Err` holds what was seen instead.
///
/// # Panics
/// After `patience`, with `what` was wanted, what was seen last, and where the caller stands.
#[track_caller]
pub fn eventually<T, S, Probe, Asked>(
    what: &str,
    patience: Duration,
    mut probe: Probe,
) -> impl Future<Output = T> + use<'_, T, S, Probe, Asked>
where
    S: Debug,
    Probe: FnMut() -> Asked,
    Asked: Future<Output = Result<T, S>>,
{
    let caller = Location::caller();
    async move {
        let end = Instant::now() + patience;
        let mut pause = FIRST_PAUSE;
        let mut last = String::from("no answer at all");
        while Instant::now() < end {
            match timeout_at(end, probe()).await {
                Ok(Ok(found)) => return found,
                Ok(Err(seen)) => last = format!("{seen:#?}"),
                Err(_) => last = format!("no answer to the last question; before that: {last}"),
            }
            sleep_until(end.min(Instant::now() + pause)).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
        panic!("{caller}: waited {patience:?} in vain until {what}; seen last: {last}")
    }
}
