//! Policies of Cilium's own that go some time after the standard ones.
//!
//! Cilium's agent reads the two kinds on two ways, each at its own speed. Where the API server deletes a tier's standard policy
//! first and the companion right after it, the agent may still do the second first, and the tier loses the API server until it
//! has done the other one too: seen for 16 s on a busy node. A companion isolates nobody, so that it does no harm
//! when it stays a while beside Pods that nothing isolates any more.

use std::{collections::BTreeSet, time::Duration};

use super::{Situation, view::View};
use crate::{
    api::PolicyKind,
    observe::PolicyRow,
    policy::{Role, TIER_LABEL},
};

/// How long a companion stays after what isolated its Pods.
const PAUSE: Duration = Duration::from_secs(20);

/// The companions that are to go, and whether something of ours that is to go before them is still there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Their names.
    pub companions: BTreeSet<String>,
    /// A standard policy that is to go first is still there.
    pub isolated: bool,
}

/// When the last of what isolates went. Times are durations since any fixed moment. What is not known, as after a
/// start, is taken to be just now.
#[derive(Clone, Debug, Default)]
pub struct Parting {
    since: Option<Duration>,
}

impl Leaving {
    /// Who is to go. A companion of a tier that stays isolated goes at once: its Pods are to lose what it allows.
    #[must_use]
    pub fn of(situation: &Situation<'_>) -> Self {
        let desired = situation.desired;
        if desired.deny.is_some() {
            return Self::default();
        }
        let stays = |row: &PolicyRow| {
            let tier = row.labels.get(TIER_LABEL).cloned().unwrap_or_default();
            desired.allows.iter().any(|policy| policy.role == Role::Tier(tier.clone()))
        };
        let surplus = View::new(situation).surplus();
        let (companions, standard): (Vec<_>, Vec<_>) =
            surplus.into_iter().partition(|row| row.kind() == PolicyKind::CiliumNetworkPolicy);
        let companions = companions.into_iter().filter(|row| !stays(row)).map(|row| row.name.clone()).collect();
        Self { companions, isolated: !standard.is_empty() }
    }
}

impl Parting {
    /// The companions that wait, of those that are to go.
    pub fn waiting(&mut self, leaving: Leaving, now: Duration) -> BTreeSet<String> {
        if leaving.companions.is_empty() {
            self.since = None;
            return BTreeSet::new();
        }
        let since = if leaving.isolated { now } else { self.since.unwrap_or(now) };
        self.since = Some(since);
        if now.saturating_sub(since) < PAUSE { leaving.companions } else { BTreeSet::new() }
    }

    /// When to look again; nothing when nobody waits.
    #[must_use]
    pub fn rest(&self, now: Duration) -> Option<Duration> {
        let since = self.since?;
        // Not at once again and again where one cannot be removed.
        Some((since + PAUSE).saturating_sub(now).max(Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving(isolated: bool) -> Leaving {
        Leaving { companions: BTreeSet::from(["shop-api-server-api".to_owned()]), isolated }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_companion_waits_from_the_moment_at_which_nothing_isolates_any_more() {
        let mut parting = Parting::default();
        assert_eq!(parting.waiting(leaving(true), at(100)).len(), 1);
        assert_eq!(parting.waiting(leaving(true), at(150)).len(), 1, "however long that takes");
        assert_eq!(parting.rest(at(160)), Some(at(10)));
        assert_eq!(parting.waiting(leaving(false), at(169)).len(), 1);
        assert!(parting.waiting(leaving(false), at(170)).is_empty());
    }

    #[test]
    fn after_a_start_it_waits_the_whole_time() {
        let mut parting = Parting::default();
        assert_eq!(parting.waiting(leaving(false), at(5)).len(), 1);
        assert!(parting.waiting(leaving(false), at(25)).is_empty());
    }

    #[test]
    fn where_nobody_leaves_nobody_waits_and_the_next_one_waits_anew() {
        let mut parting = Parting::default();
        let _ = parting.waiting(leaving(false), at(5));
        assert!(parting.waiting(Leaving::default(), at(30)).is_empty());
        assert_eq!(parting.rest(at(30)), None);
        assert_eq!(parting.waiting(leaving(false), at(31)).len(), 1);
    }
}
