//! What was wanted, held against what was seen.
//!
//! A connection on a flow that stays allowed has to succeed within 0.9 s. One that does not is a cut, whatever the reason,
//! but for one: the probe itself had no time. Each probe has a flow that no policy touches, to itself on the loopback
//! interface, as often and with the same patience; flows to DNS have one more, to DNS from a namespace without a profile.
//! A connection without an answer is forgiven when one of these stood still at the same time (it got no answer, or took more
//! than half of that time), and the data plane told of no drop of it. All that was forgiven is counted.
//!
//! On a flow that stays denied nothing may succeed. A success that a held-up probe saw only after a second packet had gone
//! belongs to the next step, where that one opens the flow: it is forgiven too.

use std::{collections::BTreeMap, fmt};

use super::{drops::Dropped, flows::Flow, journal::Step};
use crate::watch::Run;

/// Microseconds that a probe waits for an answer.
const PATIENCE: u128 = 900_000;

/// All that was seen.
pub struct Seen {
    pub runs: BTreeMap<String, Vec<Run>>,
    pub dropped: Dropped,
    /// The address that each flow comes from.
    pub sources: BTreeMap<&'static str, String>,
    /// When the probes were ended.
    pub end: u128,
}

impl Seen {
    /// Did this flow stand still while these connections waited?
    fn stood_still(&self, control: &str, run: &Run) -> bool {
        let held_up = control.ends_with("-held-up");
        self.runs.get(control).into_iter().flatten().filter(|control| !control.open || control.slow).any(|control| {
            let until = if held_up { control.last } else { control.last + PATIENCE };
            control.first <= run.last + PATIENCE && until >= run.first
        })
    }
}

/// The numbers of connections, and what was wrong.
#[derive(Debug, Default)]
pub struct Account {
    steps: usize,
    all: u64,
    /// On flows that stay allowed, and succeeded.
    pub allowed: u64,
    /// Without the right answer while the probe had no time.
    pub forgiven: u64,
    /// On flows that stay denied, and got nowhere.
    pub denied: u64,
    /// Those of them whose drop the data plane told of.
    pub told: u64,
    /// Events that the data plane could not tell.
    pub lost: u64,
    cut: u64,
    opened: u64,
    /// Cut where nothing was promised.
    unpromised: u64,
    pub wrong: Vec<String>,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, all, allowed, forgiven, denied, told, lost, cut, opened, unpromised, .. } = self;
        write!(
            f,
            "no gap: {all} connections in {steps} steps; on flows that stay allowed {allowed} succeeded and {cut} were cut; on flows that \
             stay denied {denied} got nowhere and {opened} succeeded; {forgiven} are forgiven, because the probe had no time; {unpromised} to the \
             API server were cut while the profile was deleted, which docs/limits.md tells of; the data plane told of the drop of {told} of the \
             {denied}, and lost {lost} events"
        )
    }
}

/// Accounts for every connection. `controls` names the flows that a flow is held against.
pub fn account(steps: &[Step], flows: &[Flow], controls: impl Fn(&Flow) -> Vec<String>, seen: &Seen) -> Account {
    let mut account = Account {
        steps: steps.len(),
        lost: seen.dropped.lost,
        all: flows.iter().filter_map(|flow| seen.runs.get(flow.name)).flatten().map(|run| run.count).sum(),
        ..Account::default()
    };
    for (number, step) in steps.iter().enumerate() {
        let until = steps.get(number + 1).map_or(seen.end, |next| next.began);
        for flow in flows {
            let (source, controls) = (&seen.sources[flow.name], controls(flow));
            let (before, after) = (step.old.holds(flow.name), step.new.holds(flow.name));
            let opens_next = steps.get(number + 1).is_some_and(|next| next.new.holds(flow.name));
            let runs = seen.runs.get(flow.name).into_iter().flatten();
            for run in runs.filter(|run| run.last >= step.began && run.first < until) {
                // One that goes over from a step to the next is looked at in both, and counted in one.
                let count = if run.first >= step.began { run.count } else { 0 };
                let drop = |port: &u16| seen.dropped.of(source, *port, run);
                match (before, after) {
                    (true, true) if run.open => account.allowed += count,
                    (true, true) if step.unpromised.contains(&flow.name) => account.unpromised += count,
                    (true, true) => {
                        let told = run.ports.iter().find_map(drop).map(|packet| packet.reason.as_str());
                        let still = controls.iter().find(|control| seen.stood_still(control, run));
                        if told.is_none() && still.is_some() {
                            account.forgiven += count;
                        } else {
                            account.cut += run.count;
                            let why = told.unwrap_or("nothing was dropped");
                            account.wrong.push(format!("{}: {} was cut: {why}: {run:?}", step.what, flow.name));
                        }
                    }
                    (false, false)
                        if run.late && opens_next && controls.iter().any(|control| seen.stood_still(control, run)) =>
                    {
                        account.forgiven += count;
                    }
                    // Also one that succeeded late.
                    (false, false) if run.open || run.late => {
                        account.opened += run.count;
                        account.wrong.push(format!("{}: {} was open: {run:?}", step.what, flow.name));
                    }
                    (false, false) => {
                        account.denied += count;
                        if count > 0 {
                            let told = run.ports.iter().filter(|port| drop(port).is_some()).count();
                            account.told += u64::try_from(told).expect("a count");
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    account
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::no_gap::{
        flows::{Home, To},
        journal::Wanted,
    };

    const FLOW: Flow = Flow { name: "web-api", from: (Home::App, "web"), to: To::Dns, declared: true };

    fn run(open: bool, first: u128, last: u128) -> Run {
        Run { open, slow: false, late: false, first, last, count: 7, ports: if open { Vec::new() } else { vec![1234] } }
    }

    fn step(wanted: bool) -> Vec<Step> {
        let wanted = Wanted::new(if wanted { [FLOW.name].into() } else { [].into() });
        vec![Step { what: "a step".into(), began: 1_000_000, old: wanted.clone(), new: wanted, unpromised: &[] }]
    }

    fn told(wanted: bool, runs: &[Run], control: &[Run], dropped: Dropped) -> Account {
        let runs = [(FLOW.name, runs), ("control", control)].map(|(name, runs)| (name.to_owned(), runs.to_vec()));
        let sources = [(FLOW.name, "10.244.0.7".to_owned())].into();
        let seen = Seen { runs: runs.into(), dropped, sources, end: 90_000_000 };
        account(&step(wanted), &[FLOW], |_| vec!["control".into()], &seen)
    }

    #[test]
    fn a_connection_without_an_answer_is_a_cut_unless_the_control_flow_stood_still_then() {
        let (cut, well) =
            ([run(true, 2_000_000, 4_000_000), run(false, 5_000_000, 5_100_000)], [run(true, 0, 9_000_000)]);
        let nothing = || Dropped::default();
        let account = told(true, &cut, &well, nothing());
        assert_eq!((account.allowed, account.cut, account.forgiven, account.wrong.len()), (7, 7, 0, 1));
        let before = [run(false, 3_000_000, 4_000_000)];
        assert_eq!(told(true, &cut, &before, nothing()).cut, 7, "it stood still before");
        let meanwhile = [run(false, 5_900_000, 6_100_000)];
        let account = told(true, &cut, &meanwhile, nothing());
        assert_eq!((account.allowed, account.cut, account.forgiven, account.wrong.len()), (7, 0, 7, 0));
        let slow = [Run { slow: true, ..run(true, 5_000_000, 5_000_000) }];
        assert_eq!(told(true, &cut, &slow, nothing()).forgiven, 7, "it was slow");
        let account = told(true, &cut, &meanwhile, Dropped::one("10.244.0.7", 1234, 5_050_000));
        assert_eq!((account.cut, account.forgiven), (7, 0), "the data plane told of a drop");
    }

    #[test]
    fn a_success_on_a_flow_that_stays_denied_is_wrong_also_when_it_comes_late() {
        let late = Run { late: true, ..run(false, 3_000_000, 3_000_000) };
        for run in [run(true, 3_000_000, 3_000_000), late] {
            assert_eq!(told(false, &[run], &[], Dropped::default()).opened, 7);
        }
        let account =
            told(false, &[run(false, 3_000_000, 3_000_000)], &[], Dropped::one("10.244.0.7", 1234, 3_100_000));
        assert_eq!((account.denied, account.told, account.wrong.len()), (7, 1, 0));
    }
}
