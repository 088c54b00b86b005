//! What was wanted when, held against what the probes and the data plane saw.

use std::{collections::BTreeSet, thread::sleep, time::Duration};

use super::{
    drops::Drops,
    flows::{App, DECLARED},
};
use crate::{
    cluster::eventually,
    watch::{Run, Watch, now},
};

/// Milliseconds between two connections of a flow.
const EVERY: u32 = 20;

/// Which flows are to be open.
#[derive(Clone, Default)]
pub struct Wanted(BTreeSet<&'static str>);

impl Wanted {
    pub fn change(&mut self, opens: &[&'static str], shuts: &[&'static str]) {
        self.0.extend(opens);
        self.0.retain(|flow| !shuts.contains(flow));
    }
}

/// A time in which one intent gives way to another.
struct Step {
    what: String,
    began: u128,
    old: Wanted,
    new: Wanted,
}

/// The steps so far.
pub struct Journal {
    watch: Watch,
    drops: Drops,
    steps: Vec<Step>,
    wanted: Wanted,
}

impl Journal {
    /// Starts the probes. Without a policy every flow is open.
    pub fn begin(app: &App) -> Self {
        let drops = Drops::start(app.place.cluster);
        let watch = Watch::start(EVERY, app.probes());
        let journal = Self { watch, drops, steps: Vec::new(), wanted: Wanted(app.all()) };
        for flow in app.all() {
            eventually(&format!("{flow} is watched, and open"), || journal.is(flow, true, 0));
        }
        journal
    }

    /// A change is about to be made; `edit` says what it opens and shuts.
    pub fn step(&mut self, what: &str, edit: impl FnOnce(&mut Wanted)) {
        let old = self.wanted.clone();
        edit(&mut self.wanted);
        eprintln!("no gap: {what}");
        self.steps.push(Step { what: what.to_owned(), began: now(), old, new: self.wanted.clone() });
    }

    /// The present step shuts these flows.
    pub fn which_shuts(&mut self, flows: &[&'static str]) {
        self.wanted.change(&[], flows);
        self.steps.last_mut().expect("a step has begun").new = self.wanted.clone();
    }

    /// The present step opens these flows.
    pub fn which_opens(&mut self, flows: &[&'static str]) {
        self.wanted.change(flows, &[]);
        self.steps.last_mut().expect("a step has begun").new = self.wanted.clone();
    }

    /// Waits until every flow is as wanted, and a moment longer, in which nothing may change any more.
    pub fn settle(&self, app: &App) {
        let began = self.steps.last().expect("a step has begun").began;
        for flow in app.all() {
            let open = self.wanted.0.contains(flow);
            eventually(&format!("{flow} is {}", if open { "open" } else { "shut" }), || self.is(flow, open, began));
        }
        sleep(Duration::from_millis(500));
    }

    fn is(&self, flow: &str, open: bool, since: u128) -> Result<(), Option<Run>> {
        match self.watch.so_far(flow).last().cloned() {
            Some(run) if run.open == open && run.last > since => Ok(()),
            other => Err(other),
        }
    }

    /// Ends the probes, and says of every step what was cut and what was opened.
    ///
    /// A connection without an answer was cut when the data plane dropped a packet of it, whatever its reason. On a machine
    /// that has no time for a second an answer comes too late although nothing was dropped: that is counted, and may be rare.
    /// That the data plane tells of drops is shown by the flows that are denied.
    ///
    /// # Panics
    /// When anything was.
    pub fn end(self, app: &App) {
        // Connections under way take up to 0.9 s, and the last runs are told a second later.
        sleep(Duration::from_secs(2));
        let end = now();
        let runs = self.watch.end();
        let sources = app.sources();
        let drops = self.drops.end();
        let (mut wrong, mut kept, mut refused, mut told, mut late) = (Vec::new(), 0, 0, 0, 0);
        for (number, step) in self.steps.iter().enumerate() {
            let until = self.steps.get(number + 1).map_or(end, |next| next.began);
            for flow in &app.flows {
                let (flow, source) = (flow.name, &sources[flow.name]);
                let (before, after) = (step.old.0.contains(flow), step.new.0.contains(flow));
                for run in runs[flow].iter().filter(|run| run.last >= step.began && run.first < until) {
                    // One that goes over from a step to the next is looked at in both, and counted in one.
                    let count = if run.first >= step.began { run.count } else { 0 };
                    match (before && after, !before && !after, run.open) {
                        (true, _, true) => kept += count,
                        (_, true, false) => {
                            refused += count;
                            if count > 0 {
                                told += run.ports.iter().filter(|port| drops.of(source, **port, run).is_some()).count();
                            }
                        }
                        (true, _, false) => match run.ports.iter().find_map(|port| drops.of(source, *port, run)) {
                            Some(packet) => {
                                wrong.push(format!("{}: {flow} was cut: {}: {run:?}", step.what, packet.reason));
                            }
                            None => late += count,
                        },
                        (_, true, true) => wrong.push(format!("{}: {flow} was open: {run:?}", step.what)),
                        (false, false, _) => {}
                    }
                }
            }
        }
        let (told, share) = (u64::try_from(told).expect("a count"), |part: u64, of: u64| part * 1000 / of.max(1));
        let all: u64 = runs.values().flatten().map(|run| run.count).sum();
        eprintln!(
            "no gap: {all} connections in {} steps; {kept} on flows that stay allowed, {} refused; {refused} on flows that stay \
             denied, {} accepted; the data plane told of the drop of {told}; {late} got no answer though nothing was dropped",
            self.steps.len(),
            wrong.iter().filter(|wrong| wrong.contains(" was cut: ")).count(),
            wrong.iter().filter(|wrong| wrong.contains(" was open: ")).count(),
        );
        assert!(wrong.is_empty(), "{} runs are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(share(told, refused) > 700, "the data plane tells of too few drops to be a witness");
        assert!(share(late, kept) < 5, "too many connections got no answer");
        assert!(all > 20_000 && kept > 10_000 && refused > 5_000, "too few connections to prove anything");
        assert!(DECLARED.iter().all(|flow| runs.contains_key(*flow)), "every declared flow was watched");
    }
}
