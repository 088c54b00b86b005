//! What a Lease says, and since when.

use std::time::Duration;

/// What a Lease says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who holds it; nobody after it was given back.
    pub holder: Option<String>,
    /// How long the holder counts on, as the holder said; it may run with other flags than we.
    pub duration: Option<Duration>,
    /// Its version; none when it is not there any more, and this is what it said last.
    pub version: Option<String>,
}

/// The Lease as it was seen last.
///
/// The times in a Lease are those of other machines' clocks, which may be wrong. All that counts is for how long we
/// have seen no change of it.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    record: Option<Record>,
    since: Duration,
}

impl Sight {
    /// Notes what an answer said that came at `now`, measured from any fixed moment.
    ///
    /// A Lease that was deleted says nothing of its holder, who may go on writing until it notices. So what it said
    /// before still holds, and its end is one more change.
    pub fn look(&mut self, found: Option<Record>, now: Duration) {
        let gone = || self.record.clone().map(|record| Record { version: None, ..record });
        let next = found.or_else(gone);
        if next != self.record {
            self.record = next;
            self.since = now;
        }
    }

    /// What the Lease said last; nothing where there never was one.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// For how long it has not changed.
    #[must_use]
    pub fn unchanged(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(version: &str) -> Record {
        Record { holder: Some("b".into()), duration: Some(Duration::from_secs(15)), version: Some(version.into()) }
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    // Pitfall 63.
    #[test]
    fn the_wait_begins_anew_with_every_change_and_with_nothing_else() {
        let mut sight = Sight::default();
        sight.look(Some(held("7")), at(100));
        sight.look(Some(held("7")), at(109));
        assert_eq!(sight.unchanged(at(111)), at(11));
        sight.look(Some(held("8")), at(112));
        assert_eq!(sight.unchanged(at(113)), at(1));
    }

    #[test]
    fn a_deleted_lease_still_names_its_last_holder_from_when_that_was_noticed() {
        let mut sight = Sight::default();
        sight.look(None, at(1));
        assert_eq!(sight.record(), None);
        sight.look(Some(held("7")), at(2));
        sight.look(None, at(9));
        sight.look(None, at(12));
        assert_eq!(sight.record(), Some(&Record { version: None, ..held("7") }));
        assert_eq!(sight.unchanged(at(12)), at(3));
    }
}
