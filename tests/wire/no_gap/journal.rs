//! What was wanted when, and what the probes and the data plane saw meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread::sleep,
    time::Duration,
};

use super::{
    account::{Seen, Told, account},
    app::App,
    drops::{Drops, Ends},
    flows::{FLOWS, all},
};
use crate::{
    cluster::eventually,
    support::report,
    watch::{Run, Watch, now},
};

/// Milliseconds between two connections of a flow.
const EVERY: u32 = 20;

/// How many connections of each flow a step has at least: two seconds of them.
const OFTEN: u64 = 100;

/// Which flows are to be open.
#[derive(Clone, Default)]
pub struct Wanted(BTreeSet<&'static str>);

impl Wanted {
    pub fn new(flows: BTreeSet<&'static str>) -> Self {
        Self(flows)
    }

    pub fn holds(&self, flow: &str) -> bool {
        self.0.contains(flow)
    }

    pub fn change(&mut self, opens: &[&'static str], shuts: &[&'static str]) {
        self.0.extend(opens);
        self.0.retain(|flow| !shuts.contains(flow));
    }
}

/// A time in which one intent gives way to another.
pub struct Step {
    pub what: String,
    pub began: u128,
    pub old: Wanted,
    pub new: Wanted,
    /// Flows of which nothing is promised on the way, as docs/limits.md says.
    pub unpromised: &'static [&'static str],
}

/// The steps so far.
pub struct Journal {
    watch: Watch,
    drops: Drops,
    ends: BTreeMap<&'static str, Ends>,
    steps: Vec<Step>,
    wanted: Wanted,
}

impl Journal {
    /// Starts the probes. Without a policy every flow is open.
    pub fn begin(app: &App) -> Self {
        let drops = Drops::start(app.cluster);
        let watch = Watch::start(EVERY, app.probes());
        let journal = Self { watch, drops, ends: app.ends(), steps: Vec::new(), wanted: Wanted(all()) };
        for flow in all() {
            eventually(&format!("{flow} is watched, and open"), || journal.is(flow, true, 0));
        }
        journal
    }

    /// A change is about to be made; `edit` says what it opens and shuts.
    pub fn step(&mut self, what: &str, edit: impl FnOnce(&mut Wanted)) {
        let old = self.wanted.clone();
        edit(&mut self.wanted);
        eprintln!("no gap: {what}");
        self.steps.push(Step { what: what.to_owned(), began: now(), old, new: self.wanted.clone(), unpromised: &[] });
    }

    /// Nothing is promised of these flows in the step that has begun.
    pub fn without_promise(&mut self, flows: &'static [&'static str]) {
        self.steps.last_mut().expect("a step has begun").unpromised = flows;
    }

    /// Waits until every flow is as wanted, and a moment longer, in which nothing may change any more, and until every flow was
    /// tried often.
    pub fn settle(&self) {
        let began = self.steps.last().expect("a step has begun").began;
        for flow in all() {
            let open = self.wanted.holds(flow);
            eventually(&format!("{flow} is {}", if open { "open" } else { "shut" }), || self.is(flow, open, began));
        }
        sleep(Duration::from_millis(300));
        for flow in all() {
            eventually(&format!("{flow} was tried {OFTEN} times"), || match self.watch.count(flow, began) {
                OFTEN.. => Ok(()),
                few => Err(few),
            });
        }
    }

    /// A flow is shut when its packets are dropped. That a machine without time gives no answer says nothing.
    fn is(&self, flow: &str, open: bool, since: u128) -> Result<(), Option<Run>> {
        match self.watch.last(flow) {
            Some(run) if run.last > since && open && run.open => Ok(()),
            Some(run) if run.last > since && !open && !run.late && self.drops.tell_of(&self.ends[flow], &run) => Ok(()),
            other => Err(other),
        }
    }

    /// Ends the probes, and says of every step what was cut and what was opened.
    ///
    /// # Panics
    /// When anything was.
    pub fn end(self) {
        // Connections under way take up to 0.9 s, and the last runs are told a moment later.
        sleep(Duration::from_secs(2));
        let end = now();
        let seen = Seen { runs: self.watch.end(), dropped: self.drops.end(), ends: self.ends, end };
        let account = account(&self.steps, FLOWS, &seen);
        report("no-gap", &account.to_string());
        assert!(account.wrong.is_empty(), "{} runs are wrong:\n{}", account.wrong.len(), account.wrong.join("\n"));
        assert_eq!(account.lost, 0, "the data plane's monitor lost events, so it is no witness");
        // What it tells of the flows that are denied shows that it would tell of the others too.
        for flow in FLOWS {
            let Told { denied, told } = account.told.get(flow.name).copied().unwrap_or_default();
            assert!(told * 100 >= denied * 99, "{}: of {denied} drops {told} were told: that is no witness", flow.name);
            let shut = self.steps.iter().any(|step| !step.new.holds(flow.name));
            assert!(shut, "{} is denied by no step, so nobody knows whether its drops are told", flow.name);
        }
        let Told { denied, told } = account.all_told();
        assert!(told * 1000 > denied * 999, "the data plane tells of too few drops to be a witness");
        assert!(account.forgiven * 200 < account.allowed, "the machine has no time: too much had to be forgiven");
        assert!(account.allowed > 100_000 && denied > 100_000, "too few connections to prove anything");
        let silent: Vec<_> = FLOWS.iter().filter(|flow| !seen.runs.contains_key(flow.name)).collect();
        assert!(silent.is_empty(), "{} flows were not watched", silent.len());
    }
}
