//! The next step of one operator that takes part in an election.

use std::{fmt, time::Duration};

use super::{Record, Settings};

/// What one operator knows when it decides. Ages instead of times: the age of what others did and that of our own
/// leadership are measured by different clocks, each by the one whose error does no harm.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The times of the election.
    pub settings: &'a Settings,
    /// The name of this operator, which no other has, not even one that ran before it in the same Pod.
    pub me: &'a str,
    /// What the Lease said last; nothing where there never was one.
    pub lease: Option<&'a Record>,
    /// For how long it has said exactly that.
    pub unchanged: Duration,
    /// On the leader: how long ago the request began that renewed the Lease last.
    pub renewed: Option<Duration>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the Lease, held by us.
    Create,
    /// Write us into the Lease that is there.
    Take,
    /// Renew the Lease that we hold.
    Renew,
    /// Look again after this time.
    Wait(Duration),
    /// Write nothing any more: the leadership is over.
    Lost(Loss),
}

/// Why a leadership is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It could not be renewed for this long.
    Late(Duration),
    /// The Lease has another holder.
    Taken(String),
    /// Someone emptied the Lease.
    Emptied,
    /// Someone deleted the Lease.
    Deleted,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(age) => write!(f, "the Lease could not be renewed for {:.1} s", age.as_secs_f64()),
            Self::Taken(holder) => write!(f, "the Lease is held by '{holder}' now"),
            Self::Emptied => f.write_str("someone took our name out of the Lease"),
            Self::Deleted => f.write_str("someone deleted the Lease"),
        }
    }
}

/// Decides.
#[must_use]
pub fn decide(situation: &Situation<'_>) -> Step {
    let Situation { settings, me, lease, unchanged, renewed } = *situation;
    let holder = lease.and_then(|lease| lease.holder.as_deref()).filter(|holder| !holder.is_empty());
    let there = lease.is_some_and(|lease| lease.version.is_some());
    if let Some(age) = renewed {
        return match holder {
            // First of all: it holds whatever the API server says, and also when it says nothing.
            _ if age >= settings.renew_deadline() => Step::Lost(Loss::Late(age)),
            _ if !there => Step::Lost(Loss::Deleted),
            None => Step::Lost(Loss::Emptied),
            Some(holder) if holder != me => Step::Lost(Loss::Taken(holder.to_owned())),
            Some(_) if age >= settings.retry_period() => Step::Renew,
            Some(_) => Step::Wait(settings.retry_period().saturating_sub(age)),
        };
    }
    let rest = match holder {
        None => Duration::ZERO,
        // Ours, from a term that is over or a request whose answer never came. Had anyone led since, it would say so.
        Some(holder) if holder == me => Duration::ZERO,
        Some(_) => {
            let promised = lease.and_then(|lease| lease.duration).unwrap_or(settings.lease_duration());
            promised.saturating_sub(unchanged)
        }
    };
    match rest {
        Duration::ZERO if there => Step::Take,
        Duration::ZERO => Step::Create,
        // The holder may give it back at any time.
        rest => Step::Wait(rest.min(settings.retry_period())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "pod-a_1";

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn settings() -> Settings {
        Settings::new(ms(15_000), ms(10_000), ms(2_000)).expect("they fit")
    }

    fn held_by(holder: &str) -> Record {
        Record { holder: Some(holder.into()), duration: Some(ms(15_000)), version: Some("41".into()) }
    }

    fn step(lease: Option<&Record>, unchanged: u64, renewed: Option<u64>) -> Step {
        let settings = settings();
        let (unchanged, renewed) = (ms(unchanged), renewed.map(ms));
        decide(&Situation { settings: &settings, me: ME, lease, unchanged, renewed })
    }

    #[test]
    fn where_there_never_was_a_lease_it_is_made_at_once() {
        assert_eq!(step(None, 0, None), Step::Create);
    }

    // Pitfall 63.
    #[test]
    fn a_lease_of_another_is_taken_only_when_it_has_not_changed_for_its_whole_duration() {
        let lease = held_by("pod-b_7");
        assert_eq!(step(Some(&lease), 0, None), Step::Wait(ms(2_000)));
        assert_eq!(step(Some(&lease), 14_400, None), Step::Wait(ms(600)));
        assert_eq!(step(Some(&lease), 14_999, None), Step::Wait(ms(1)));
        assert_eq!(step(Some(&lease), 15_000, None), Step::Take);
    }

    #[test]
    fn the_holders_own_duration_counts_and_ours_only_when_it_says_none() {
        let patient = Record { duration: Some(ms(60_000)), ..held_by("pod-b_7") };
        assert_eq!(step(Some(&patient), 59_000, None), Step::Wait(ms(1_000)));
        let hasty = Record { duration: Some(ms(3_000)), ..held_by("pod-b_7") };
        assert_eq!(step(Some(&hasty), 3_100, None), Step::Take);
        let silent = Record { duration: None, ..held_by("pod-b_7") };
        assert_eq!(step(Some(&silent), 14_000, None), Step::Wait(ms(1_000)));
        assert_eq!(step(Some(&silent), 15_100, None), Step::Take);
    }

    #[test]
    fn a_lease_that_was_given_back_is_taken_at_once() {
        for holder in [None, Some(String::new())] {
            let free = Record { holder, ..held_by("pod-b_7") };
            assert_eq!(step(Some(&free), 0, None), Step::Take);
        }
    }

    #[test]
    fn a_deleted_lease_of_another_is_waited_for_like_one_that_is_there() {
        let gone = Record { version: None, ..held_by("pod-b_7") };
        assert_eq!(step(Some(&gone), 14_900, None), Step::Wait(ms(100)));
        assert_eq!(step(Some(&gone), 15_000, None), Step::Create);
        let given_back_before = Record { holder: None, ..gone };
        assert_eq!(step(Some(&given_back_before), 0, None), Step::Create);
    }

    #[test]
    fn one_that_finds_its_own_name_without_leading_takes_the_lease_again_at_once() {
        assert_eq!(step(Some(&held_by(ME)), 0, None), Step::Take);
        let gone = Record { version: None, ..held_by(ME) };
        assert_eq!(step(Some(&gone), 0, None), Step::Create);
    }

    #[test]
    fn the_name_of_an_earlier_process_of_the_same_pod_is_another() {
        assert_eq!(step(Some(&held_by("pod-a_2")), 1_000, None), Step::Wait(ms(2_000)));
    }

    #[test]
    fn the_leader_renews_each_retry_period() {
        let lease = held_by(ME);
        assert_eq!(step(Some(&lease), 300, Some(300)), Step::Wait(ms(1_700)));
        assert_eq!(step(Some(&lease), 2_000, Some(2_000)), Step::Renew);
        assert_eq!(step(Some(&lease), 9_999, Some(9_999)), Step::Renew);
    }

    #[test]
    fn the_leader_stops_at_the_deadline_whatever_the_lease_says() {
        for lease in [held_by(ME), held_by("pod-b_7"), Record { version: None, ..held_by(ME) }] {
            assert_eq!(step(Some(&lease), 10_000, Some(10_000)), Step::Lost(Loss::Late(ms(10_000))));
            assert_eq!(step(Some(&lease), 0, Some(86_400_000)), Step::Lost(Loss::Late(ms(86_400_000))));
        }
    }

    #[test]
    fn a_leader_that_others_have_followed_emptied_or_deleted_stops_at_once() {
        assert_eq!(step(Some(&held_by("pod-b_7")), 0, Some(100)), Step::Lost(Loss::Taken("pod-b_7".into())));
        let free = Record { holder: None, ..held_by(ME) };
        assert_eq!(step(Some(&free), 0, Some(100)), Step::Lost(Loss::Emptied));
        let gone = Record { version: None, ..held_by(ME) };
        assert_eq!(step(Some(&gone), 0, Some(100)), Step::Lost(Loss::Deleted));
    }

    /// Two operators with clocks of their own speed, as long as these differ by less than the deadline and the duration.
    #[test]
    fn whoever_takes_a_lease_comes_after_the_moment_at_which_its_holder_stops() {
        let settings = settings();
        for (slow, fast) in [(1_000, 1_000), (1_000, 1_400), (900, 1_300)] {
            // Both count from the holder's last renewal: the one who waits sees it later than it was sent.
            let stops = (0..30_000u64).find(|at| {
                let renewed = Some(ms(at * slow / 1_000));
                let lease = held_by(ME);
                let situation =
                    Situation { settings: &settings, me: ME, lease: Some(&lease), unchanged: ms(0), renewed };
                matches!(decide(&situation), Step::Lost(_))
            });
            let takes = (0..30_000u64).find(|at| {
                let lease = held_by("pod-b_7");
                let unchanged = ms(at * fast / 1_000);
                decide(&Situation { settings: &settings, me: ME, lease: Some(&lease), unchanged, renewed: None })
                    == Step::Take
            });
            assert!(stops < takes, "{slow} {fast}: {stops:?} {takes:?}");
        }
    }
}
