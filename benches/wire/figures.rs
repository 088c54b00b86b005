//! Of many runs, what is worth saying.

use std::fmt;

use crate::{
    audit::Request,
    scene::Side,
    table::{self, Values},
};

const LIMIT: f64 = 1.1;

/// One run; all times in microseconds from just before kubectl starts.
pub struct Measured {
    pub side: Side,
    /// Until kubectl has ended.
    pub kubectl: u128,
    pub first_allowed: u128,
    pub last_denied: u128,
    pub last_allowed_by_tier: u128,
    pub last_allowed_by_deny: u128,
    pub requests: Vec<Request>,
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?}: kubectl {:.1} ms, first allowed {:.1}, last denied {:.1}, last allowed {:.1} (tier) and {:.1} (deny)",
            self.side,
            ms(self.kubectl),
            ms(self.first_allowed),
            ms(self.last_denied),
            ms(self.last_allowed_by_tier),
            ms(self.last_allowed_by_deny),
        )
    }
}

#[allow(clippy::cast_precision_loss)]
fn ms(micros: u128) -> f64 {
    micros as f64 / 1000.0
}

/// A time of a run. `None`: the run has none.
type Time = fn(&Measured) -> Option<u128>;

/// What the goal is about.
const GOALS: [(&str, Time); 5] = [
    ("first allowed connection", |run| Some(run.first_allowed)),
    ("last denied connection of the same flow", |run| Some(run.last_denied)),
    ("last connection before a tier denies it", |run| Some(run.last_allowed_by_tier)),
    ("last connection before the default-deny denies it", |run| Some(run.last_allowed_by_deny)),
    ("last connection that is not as wanted", |run| {
        Some(run.last_denied.max(run.last_allowed_by_tier).max(run.last_allowed_by_deny))
    }),
];

/// Where the time goes until the last write, by the API server's own record.
const PARTS: [(&str, Time); 10] = [
    ("kubectl: its first request", |run| of(run, false, "", "").map(|request| request.received).min()),
    ("kubectl: the profile is stored", |run| {
        of(run, false, "", "appnetworkprofiles").map(|request| request.done).max()
    }),
    ("kubectl: the first policy is stored", |run| policies(run, false, "create").map(|request| request.done).min()),
    ("kubectl: the last policy is stored", |run| policies(run, false, "create").map(|request| request.done).max()),
    ("kubectl has ended", |run| Some(run.kubectl)),
    ("operator: it looks", |run| policies(run, true, "list").map(|request| request.received).min()),
    ("operator: the first policy is stored", |run| policies(run, true, "create").map(|request| request.done).min()),
    ("operator: the last allow is stored", |run| policies(run, true, "create").map(|request| request.done).max()),
    ("operator: it looks again", |run| policies(run, true, "list").map(|request| request.received).max()),
    ("operator: the deny is armed", |run| policies(run, true, "update").map(|request| request.done).max()),
];

fn of<'a>(run: &'a Measured, by_operator: bool, verb: &'a str, resource: &'a str) -> impl Iterator<Item = &'a Request> {
    let wanted = move |request: &&Request| {
        request.by_operator == by_operator
            && (verb.is_empty() || request.verb == verb)
            && (resource.is_empty() || request.resource == resource)
    };
    run.requests.iter().filter(wanted)
}

fn policies<'a>(run: &'a Measured, by_operator: bool, verb: &'a str) -> impl Iterator<Item = &'a Request> {
    of(run, by_operator, verb, "networkpolicies")
}

fn values(runs: &[Measured], side: Side, time: Time) -> Option<Values> {
    let times: Vec<_> = runs.iter().filter(|run| run.side == side).filter_map(time).map(ms).collect();
    (!times.is_empty()).then(|| Values::new(times))
}

/// Prints tables, and whether the goals are met.
pub fn print(runs: &[Measured]) {
    let both = |time| values(runs, Side::Profile, time).zip(values(runs, Side::ByHand, time));
    let row = |values: &Values| {
        [50.0, 90.0, 99.0, 0.0, 100.0].map(|percent| format!("{:.0}", values.percentile(percent))).join(" / ")
    };
    let ratios =
        |ours: &Values, theirs: &Values| [50.0, 90.0, 99.0].map(|at| ours.percentile(at) / theirs.percentile(at));
    let rows = GOALS.iter().filter_map(|(name, time)| {
        let (ours, theirs) = both(*time)?;
        let ratio = ratios(&ours, &theirs).map(|ratio| format!("{ratio:.2}")).join(" / ");
        Some(vec![(*name).to_owned(), row(&ours), row(&theirs), ratio])
    });
    let head = ["until the", "profile: p50 / p90 / p99 / min / max", "by hand: the same", "ratio p50 / p90 / p99"];
    let title = "wire: from just before kubectl starts, ms";
    table::print(title, &head, &rows.collect::<Vec<_>>());

    let cell = |side, time| values(runs, side, time).map_or_else(|| "-".to_owned(), |values| row(&values));
    let rows: Vec<_> = PARTS
        .iter()
        .map(|(name, time)| vec![(*name).to_owned(), cell(Side::Profile, *time), cell(Side::ByHand, *time)])
        .collect();
    table::print("wire: where the time goes, ms from the same moment", &["until", head[1], head[2]], &rows);

    for (name, time) in GOALS {
        if let Some((ours, theirs)) = both(time) {
            let [p50, _, p99] = ratios(&ours, &theirs);
            table::goal(name, format!("{p50:.2} (p50), {p99:.2} (p99)"), LIMIT, p50 <= LIMIT && p99 <= LIMIT);
        }
    }
}
