//! Policies of Cilium's own that go some time after the standard ones, in mode `Disabled`.
//!
//! Cilium's agent reads the two kinds on two ways, each at its own speed. Where the API server deletes a tier's standard policy
//! first and the companion right after it, the agent may still do the second first, and the tier loses the API server until it
//! has done the other one too: seen for 16 s on a busy node. A companion isolates nobody, so that it does no harm
//! when it stays a while beside Pods that nothing isolates any more.

use std::{collections::BTreeSet, time::Duration};

use super::{Situation, view::View};
use crate::{
    api::{PolicyKind, PolicyStatus},
    observe::PolicyRow,
    policy::Desired,
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
    waits: bool,
}

impl Leaving {
    /// Who is to go, where nothing of the profile is to stay. Else what a companion allows is to be lost by Pods that may stay
    /// isolated, and nothing waits.
    #[must_use]
    pub fn of(desired: &Desired, recorded: &[PolicyStatus], observed: &[&PolicyRow]) -> Self {
        if !desired.is_empty() {
            return Self::default();
        }
        let (known, nobody) = (recorded.iter().map(|policy| policy.uid.clone()).collect(), BTreeSet::new());
        let situation = Situation { desired, observed, known: &known, held: &nobody, failed: &nobody };
        let surplus = View::new(&situation).surplus();
        let (companions, standard): (Vec<_>, Vec<_>) =
            surplus.into_iter().partition(|row| row.kind() == PolicyKind::CiliumNetworkPolicy);
        let companions = companions.into_iter().map(|row| row.name.clone()).collect();
        Self { companions, isolated: !standard.is_empty() }
    }
}

impl Parting {
    /// The companions that wait, of those that are to go.
    pub fn waiting(&mut self, leaving: Leaving, now: Duration) -> BTreeSet<String> {
        if leaving.companions.is_empty() {
            *self = Self::default();
            return BTreeSet::new();
        }
        let since = if leaving.isolated { now } else { self.since.unwrap_or(now) };
        self.since = Some(since);
        self.waits = now.saturating_sub(since) < PAUSE;
        if self.waits { leaving.companions } else { BTreeSet::new() }
    }

    /// When to look again; nothing when nobody waits, also where one that waited cannot be removed: that has a pause of its own.
    #[must_use]
    pub fn rest(&self, now: Duration) -> Option<Duration> {
        let since = self.since.filter(|_| self.waits)?;
        Some((since + PAUSE).saturating_sub(now).max(Duration::from_secs(1)))
    }

    /// Policies were just removed: those that wait do so from now on.
    pub fn removed(&mut self, now: Duration) {
        if self.waits {
            self.since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Identity, Labels},
        observe::{CiliumRules, PolicySpec},
        policy::{DesiredPolicy, Role, profile_reference},
    };

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
    fn one_that_cannot_be_removed_asks_for_no_look_of_its_own() {
        let mut parting = Parting::default();
        assert_eq!(parting.waiting(leaving(false), at(5)).len(), 1);
        assert_eq!(parting.rest(at(5)), Some(PAUSE));
        assert!(parting.waiting(leaving(false), at(40)).is_empty());
        assert_eq!(parting.rest(at(40)), None);
    }

    #[test]
    fn it_waits_from_the_end_of_what_is_removed_and_not_from_its_begin() {
        let mut parting = Parting::default();
        let _ = parting.waiting(leaving(true), at(5));
        parting.removed(at(17));
        assert_eq!(parting.waiting(leaving(false), at(36)).len(), 1);
        assert!(parting.waiting(leaving(false), at(37)).is_empty());
    }

    /// A companion of ours, and a standard policy.
    fn rows() -> [PolicyRow; 2] {
        let owner = profile_reference(&identity());
        let row = |name: &str, spec: PolicySpec| PolicyRow {
            name: name.into(),
            uid: format!("uid-of-{name}"),
            owners: vec![owner.clone()],
            spec,
            ..PolicyRow::default()
        };
        let companion = PolicySpec::Cilium(CiliumRules::default());
        [row("shop-api-server-api", companion), row("shop-allow-api", PolicySpec::default())]
    }

    fn identity() -> Identity {
        Identity { namespace: "app".into(), name: "shop".into(), uid: "uid-of-the-profile".into() }
    }

    fn leaving_of(desired: &Desired, rows: &[&PolicyRow]) -> Leaving {
        Leaving::of(desired, &[], rows)
    }

    #[test]
    fn where_nothing_is_to_stay_companions_leave_after_what_isolates() {
        let [companion, standard] = rows();
        let nothing = Desired::nothing(identity(), false);
        assert_eq!(leaving_of(&nothing, &[&companion, &standard]), leaving(true));
        assert_eq!(leaving_of(&nothing, &[&companion]), leaving(false));
        assert_eq!(leaving_of(&nothing, &[&standard]), Leaving { companions: BTreeSet::new(), isolated: true });
    }

    #[test]
    fn where_something_is_to_stay_nobody_waits() {
        let [companion, standard] = rows();
        let mut desired = Desired::nothing(identity(), false);
        desired.allows.push(DesiredPolicy {
            name: "shop-allow-web".into(),
            role: Role::Tier("web".into()),
            labels: Labels::new(),
            explanation: String::new(),
            spec: PolicySpec::default(),
        });
        assert_eq!(leaving_of(&desired, &[&companion, &standard]), Leaving::default());
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
