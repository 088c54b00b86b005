//! Two writers that undo each other's work: ever slower repairs instead of an endless fight.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Repairs within [`WINDOW`] from which on it is a fight.
const FIGHT: usize = 4;
/// How long a repair is remembered.
const WINDOW: Duration = Duration::from_secs(10 * 60);
/// The first pause of a fight; it doubles with each repair.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// The repairs of a profile's policies in the last minutes, by policy: one person who changes five policies is no fight.
/// Times are durations since any fixed moment.
#[derive(Clone, Debug, Default)]
pub struct Fighting {
    repairs: BTreeMap<String, VecDeque<Duration>>,
}

/// What to do about drift that was just found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FightVerdict {
    /// Put it back now.
    Repair,
    /// Someone keeps changing it: wait this long.
    Wait(Duration),
}

impl Fighting {
    fn recent(&self, policy: &str, now: Duration) -> usize {
        self.repairs
            .get(policy)
            .map_or(0, |repairs| repairs.iter().filter(|at| now.saturating_sub(**at) < WINDOW).count())
    }

    /// Should drift of this policy that is there at `now` be repaired?
    #[must_use]
    pub fn verdict(&self, policy: &str, now: Duration) -> FightVerdict {
        let last = self.repairs.get(policy).and_then(VecDeque::back);
        let (Some(last), Some(over)) = (last, self.recent(policy, now).checked_sub(FIGHT)) else {
            return FightVerdict::Repair;
        };
        let doublings = u32::try_from(over).unwrap_or(u32::MAX);
        let pause = 2u32.checked_pow(doublings).and_then(|factor| FIRST_PAUSE.checked_mul(factor));
        let pause = pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        match pause.checked_sub(now.saturating_sub(*last)) {
            Some(rest) if !rest.is_zero() => FightVerdict::Wait(rest),
            _ => FightVerdict::Repair,
        }
    }

    /// Is there a fight over this policy?
    #[must_use]
    pub fn is_on(&self, policy: &str, now: Duration) -> bool {
        self.recent(policy, now) >= FIGHT
    }

    /// Notes a repair.
    pub fn repaired(&mut self, policy: &str, now: Duration) {
        let repairs = self.repairs.entry(policy.to_owned()).or_default();
        repairs.retain(|at| now.saturating_sub(*at) < WINDOW);
        repairs.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_few_repairs_are_done_at_once_and_a_fight_slows_down() {
        let mut fighting = Fighting::default();
        for second in 0..4 {
            assert_eq!(fighting.verdict("deny", at(second)), FightVerdict::Repair);
            fighting.repaired("deny", at(second));
        }
        assert_eq!(fighting.verdict("deny", at(4)), FightVerdict::Wait(at(4)));
        assert_eq!(fighting.verdict("allow", at(4)), FightVerdict::Repair);
        assert_eq!(fighting.verdict("deny", at(8)), FightVerdict::Repair);
        fighting.repaired("deny", at(8));
        assert_eq!(fighting.verdict("deny", at(9)), FightVerdict::Wait(at(9)));
    }

    #[test]
    fn peace_is_believed_after_a_while() {
        let mut fighting = Fighting::default();
        (0..9).for_each(|second| fighting.repaired("deny", at(second)));
        assert!(fighting.is_on("deny", at(60)));
        assert!(!fighting.is_on("deny", at(1000)));
        assert_eq!(fighting.verdict("deny", at(1000)), FightVerdict::Repair);
    }

    #[test]
    fn repairs_are_remembered_for_ten_minutes_and_no_pause_is_longer_than_five() {
        let mut fighting = Fighting::default();
        (0..4).for_each(|second| fighting.repaired("deny", at(second)));
        assert!(fighting.is_on("deny", at(599)) && !fighting.is_on("deny", at(600)));
        (4..20).for_each(|second| fighting.repaired("deny", at(second)));
        assert_eq!(fighting.verdict("deny", at(19)), FightVerdict::Wait(at(300)));
    }
}
