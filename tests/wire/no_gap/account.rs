//! What was wanted, held against what was seen.
//!
//! A connection on a flow that stays allowed has to succeed within 0.9 s. One that does not is a cut when the data plane told
//! of a drop of one of its packets, and nothing else is: who tells of every drop of the flows that are denied (which is asserted of
//! each run) would tell of this one too, so without it no policy was in the way, but a machine without time. Those
//! are forgiven and counted, and may not be many.
//!
//! On a flow that stays denied nothing may succeed.
//!
//! A connection that lasts into the next step belongs to that one, where it changes what is wanted of the flow: the packet that
//! decides may be sent then. On a machine without time that is said of a success that the probe saw only after a second packet
//! had gone.

use std::{collections::BTreeMap, fmt};

use super::{
    drops::{Dropped, Ends, Packet},
    flows::Flow,
    journal::Step,
};
use crate::watch::Run;

/// Microseconds that a probe waits for an answer.
const PATIENCE: u128 = 900_000;

/// Microseconds in which a second packet is sent: it goes a second after the first, which itself was late.
const AGAIN: u128 = 2_000_000;

/// All that was seen.
pub struct Seen {
    pub runs: BTreeMap<String, Vec<Run>>,
    pub dropped: Dropped,
    /// Where each flow comes from and goes to.
    pub ends: BTreeMap<&'static str, Ends>,
    /// When the probes were ended.
    pub end: u128,
}

/// Connections that got nowhere, and those of them whose drop the data plane told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub denied: u64,
    pub told: u64,
}

/// The numbers of connections, and what was wrong.
#[derive(Debug, Default)]
pub struct Account {
    steps: usize,
    all: u64,
    /// On flows that stay allowed, and succeeded.
    pub allowed: u64,
    /// Without the right answer, and no policy was in the way.
    pub forgiven: u64,
    /// On flows that stay denied, and got nowhere.
    pub told: BTreeMap<&'static str, Told>,
    /// Events that the data plane could not tell.
    pub lost: u64,
    cut: u64,
    opened: u64,
    /// Cut where nothing was promised.
    unpromised: u64,
    pub wrong: Vec<String>,
}

impl Account {
    /// Of all flows together.
    pub fn all_told(&self) -> Told {
        self.told
            .values()
            .fold(Told::default(), |all, one| Told { denied: all.denied + one.denied, told: all.told + one.told })
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, all, allowed, forgiven, lost, cut, opened, unpromised, .. } = self;
        let Told { denied, told } = self.all_told();
        write!(
            f,
            "no gap: {all} connections in {steps} steps; on flows that stay allowed {allowed} succeeded and {cut} were cut; on flows that \
             stay denied {denied} got nowhere and {opened} succeeded; {forgiven} are forgiven, because the machine had no time; {unpromised} to the \
             API server were cut while the profile was deleted, which docs/limits.md tells of; the data plane told of the drop of {told} of the \
             {denied}, and lost {lost} events"
        )
    }
}

/// Accounts for every connection.
pub fn account(steps: &[Step], flows: &[Flow], seen: &Seen) -> Account {
    let mut account = Account {
        steps: steps.len(),
        lost: seen.dropped.lost,
        all: flows.iter().filter_map(|flow| seen.runs.get(flow.name)).flatten().map(|run| run.count).sum(),
        ..Account::default()
    };
    for (number, step) in steps.iter().enumerate() {
        let until = steps.get(number + 1).map_or(seen.end, |next| next.began);
        for flow in flows {
            let ends = &seen.ends[flow.name];
            let (before, after) = (step.old.holds(flow.name), step.new.holds(flow.name));
            let next = steps.get(number + 1).filter(|next| next.new.holds(flow.name) != after);
            let lasts = |run: &Run, wait| next.filter(|next| run.first + wait > next.began);
            let runs = seen.runs.get(flow.name).map_or(&[][..], Vec::as_slice);
            for (at, run) in runs.iter().enumerate().filter(|(_, run)| run.last >= step.began && run.first < until) {
                // One that goes over from a step to the next is looked at in both, and counted in one.
                let count = if run.first >= step.began { run.count } else { 0 };
                match (before, after) {
                    (true, true) if run.open => account.allowed += count,
                    (true, true) if step.unpromised.contains(&flow.name) => account.unpromised += count,
                    (true, true) => {
                        let of_next =
                            |packet: &Packet| lasts(run, PATIENCE).is_some_and(|next| packet.at >= next.began);
                        let drops = |port: &u16| seen.dropped.of(ends, *port, run, &runs[at + 1..]);
                        let mut told = run.ports.iter().flat_map(drops);
                        if let Some(Packet { reason, .. }) = told.find(|packet| !of_next(packet)) {
                            account.cut += run.count;
                            account.wrong.push(format!("{}: {} was cut: {reason}: {run:?}", step.what, flow.name));
                        } else {
                            account.forgiven += count;
                        }
                    }
                    (false, false) if run.late && lasts(run, AGAIN).is_some() => account.forgiven += count,
                    // Also one that succeeded late.
                    (false, false) if run.open || run.late => {
                        account.opened += run.count;
                        account.wrong.push(format!("{}: {} was open: {run:?}", step.what, flow.name));
                    }
                    (false, false) if count > 0 => {
                        // Told late, it is told all the same, also where the flow has the port again by then.
                        let drop = |port: &&u16| seen.dropped.of(ends, **port, run, &[]).next();
                        let told = run.ports.iter().filter(|port| drop(port).is_some()).count();
                        let of_flow = account.told.entry(flow.name).or_default();
                        of_flow.denied += count;
                        of_flow.told += u64::try_from(told).expect("a count");
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
    const WEB: (&str, u16) = ("10.244.0.7", 1234);
    const API: (&str, u16) = ("10.244.0.9", 8081);
    /// When the second step begins.
    const NEXT: u128 = 30_000_000;

    fn run(open: bool, first: u128, last: u128) -> Run {
        Run { open, late: false, first, last, count: 7, ports: if open { Vec::new() } else { vec![WEB.1] } }
    }

    fn late(first: u128) -> Run {
        Run { late: true, ..run(false, first, first) }
    }

    /// Of a flow that is wanted or not in a first step, and in a second one.
    fn told([before, after]: [bool; 2], runs: &[Run], dropped: Dropped) -> Account {
        let wanted = |wanted| Wanted::new(if wanted { [FLOW.name].into() } else { [].into() });
        let step = |began, old, new| Step {
            what: "a step".into(),
            began,
            old: wanted(old),
            new: wanted(new),
            unpromised: &[],
        };
        let steps = [step(1_000_000, before, before), step(NEXT, before, after)];
        let ends = Ends { source: WEB.0.to_owned(), target: Some(API.0.to_owned()), ports: vec![API.1] };
        let runs = [(FLOW.name.to_owned(), runs.to_vec())].into();
        account(&steps, &[FLOW], &Seen { runs, dropped, ends: [(FLOW.name, ends)].into(), end: 90_000_000 })
    }

    #[test]
    fn a_connection_without_an_answer_is_a_cut_when_one_of_its_packets_was_dropped() {
        let runs = [run(true, 2_000_000, 4_000_000), run(false, 5_000_000, 5_100_000)];
        let numbers = |dropped| {
            let account = told([true, true], &runs, dropped);
            (account.allowed, account.cut, account.forgiven, account.wrong.len())
        };
        assert_eq!(numbers(Dropped::one(WEB, API, 5_050_000)), (7, 7, 0, 1));
        assert_eq!(numbers(Dropped::default()), (7, 0, 7, 0), "none was");
        assert_eq!(numbers(Dropped::one(WEB, API, 4_900_000)), (7, 0, 7, 0), "before it began");
        assert_eq!(numbers(Dropped::one(WEB, (API.0, 9090), 5_050_000)), (7, 0, 7, 0), "on the way to another port");
        assert_eq!(numbers(Dropped::one(WEB, ("10.244.0.8", API.1), 5_050_000)), (7, 0, 7, 0), "to another Pod");
        assert_eq!(numbers(Dropped::one(API, WEB, 5_050_000)), (7, 7, 0, 1), "on the way back");
    }

    #[test]
    fn a_drop_is_one_of_the_last_connection_from_its_port() {
        let runs = [run(false, 5_000_000, 5_100_000), run(false, NEXT - 8_000_000, NEXT - 8_000_000)];
        let cut = |at| told([true, true], &runs, Dropped::one(WEB, API, at)).cut;
        assert_eq!(cut(NEXT - 8_000_001), 7, "of the first");
        assert_eq!(cut(NEXT - 7_999_999), 7, "of the second");
        let both = told([true, true], &runs[..1], Dropped::one(WEB, API, NEXT - 7_999_999));
        assert_eq!((both.cut, both.forgiven), (7, 0), "nobody has it again");
    }

    #[test]
    fn a_connection_that_lasts_into_the_step_that_shuts_its_flow_is_no_cut() {
        let cut = |first, dropped| {
            let account = told([true, false], &[run(false, first, first)], Dropped::one(WEB, API, dropped));
            (account.cut, account.forgiven)
        };
        assert_eq!(cut(NEXT - 1_000_000, NEXT + 1), (7, 0), "it had ended");
        assert_eq!(cut(NEXT - 800_000, NEXT - 1), (7, 0), "its packet was dropped before");
        assert_eq!(cut(NEXT - 800_000, NEXT + 1), (0, 7));
        let stays = told([true, true], &[run(false, NEXT - 800_000, NEXT - 800_000)], Dropped::one(WEB, API, NEXT));
        assert_eq!(stays.cut, 7, "that step does not shut it");
    }

    #[test]
    fn a_success_on_a_flow_that_stays_denied_is_wrong_unless_it_came_late_and_the_next_step_opens_it() {
        let opened = |after, run: Run| told([false, after], &[run], Dropped::default()).opened;
        assert_eq!(opened(false, run(true, 3_000_000, 3_000_000)), 7);
        assert_eq!(opened(false, late(3_000_000)), 7);
        assert_eq!(opened(false, late(NEXT - 1_100_000)), 7, "the next step keeps it shut");
        assert_eq!(opened(true, run(true, NEXT - 1_100_000, NEXT - 1_100_000)), 7, "it was not late");
        assert_eq!(opened(true, late(NEXT - 2_100_000)), 7, "the second packet went before");
        assert_eq!(opened(true, late(NEXT - 1_100_000)), 0);
    }

    #[test]
    fn a_connection_that_gets_nowhere_on_a_flow_that_stays_denied_is_counted_with_what_was_told_of_it() {
        let account = told([false, false], &[run(false, 3_000_000, 3_000_000)], Dropped::one(WEB, API, 3_100_000));
        assert_eq!((account.all_told(), account.wrong.len()), (Told { denied: 7, told: 1 }, 0));
    }
}
