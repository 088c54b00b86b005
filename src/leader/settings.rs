//! The times of an election.

use std::time::Duration;

/// How much longer than a try the leader must have for renewing: a try that comes late must not cost the leadership.
const TRY_AND_A_BIT: f64 = 1.2;

/// The times of an election, which fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    lease_duration: Duration,
    renew_deadline: Duration,
    retry_period: Duration,
}

impl Settings {
    /// Takes times that fit together.
    ///
    /// # Errors
    /// Says which do not, and what they have to be.
    pub fn new(lease_duration: Duration, renew_deadline: Duration, retry_period: Duration) -> Result<Self, String> {
        if lease_duration <= renew_deadline {
            return Err(format!(
                "--lease-duration ({lease_duration:?}) must be longer than --renew-deadline ({renew_deadline:?}): a leader that cannot renew \
                 its Lease must have stopped before another may take it"
            ));
        }
        if renew_deadline <= retry_period.mul_f64(TRY_AND_A_BIT) {
            return Err(format!(
                "--renew-deadline ({renew_deadline:?}) must be longer than {TRY_AND_A_BIT} times --retry-period ({retry_period:?}): a leader \
                 must have the time to try again"
            ));
        }
        Ok(Self { lease_duration, renew_deadline, retry_period })
    }

    /// How long others wait for a leader that does not renew any more.
    #[must_use]
    pub const fn lease_duration(&self) -> Duration {
        self.lease_duration
    }

    /// What the Lease says of that: it knows whole seconds only, and others must never wait for less.
    #[must_use]
    pub fn whole_seconds(&self) -> i32 {
        let more = u64::from(self.lease_duration.subsec_nanos() > 0);
        i32::try_from(self.lease_duration.as_secs().saturating_add(more)).unwrap_or(i32::MAX)
    }

    /// How long a leader goes on that cannot renew.
    #[must_use]
    pub const fn renew_deadline(&self) -> Duration {
        self.renew_deadline
    }

    /// The pause between two tries.
    #[must_use]
    pub const fn retry_period(&self) -> Duration {
        self.retry_period
    }

    /// The longest that one request for the Lease may take: a request that hangs must leave time for another.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.renew_deadline / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lease: u64, deadline: u64, retry: u64) -> Result<Settings, String> {
        Settings::new(Duration::from_millis(lease), Duration::from_millis(deadline), Duration::from_millis(retry))
    }

    #[test]
    fn the_leader_stops_before_others_begin_and_has_the_time_to_try_twice() {
        assert!(settings(15_000, 10_000, 2_000).is_ok());
        assert!(settings(10_000, 10_000, 2_000).is_err_and(|said| said.contains("--lease-duration (10s)")));
        assert!(settings(9_000, 10_000, 2_000).is_err());
        assert!(settings(15_000, 2_400, 2_000).is_err_and(|said| said.contains("--renew-deadline (2.4s)")));
        assert!(settings(15_000, 2_401, 2_000).is_ok());
    }

    #[test]
    fn the_lease_never_says_less_than_the_leader_counts_on() {
        let whole = |lease| settings(lease, 900, 100).map(|settings| settings.whole_seconds());
        assert_eq!((whole(1_000), whole(1_001), whole(14_999)), (Ok(1), Ok(2), Ok(15)));
    }

    #[test]
    fn a_request_that_hangs_leaves_time_for_another() {
        let settings = settings(15_000, 10_000, 2_000).expect("they fit");
        assert!(settings.request_timeout() * 2 <= settings.renew_deadline());
    }
}
