//! The smallest change that would allow what is denied.
//!
//! Nothing is recommended that was not tried: the change is made in the state, what it touches is evaluated anew, and what
//! it opens besides is said. A change that closes anything is never shown.

mod ask;
mod candidate;
mod plain;
mod profile;
mod selector;

pub use selector::passes;

use self::{ask::Ask, candidate::Candidate};
use super::{answer::Fix, case::Case, setting::Setting};
use crate::reach::{self, Connection, Difference, Direction, End, FarEnd, Grain, Outcome, Reach, Touched};

/// The smallest change; nothing where there is none to recommend.
pub(super) fn fix(setting: &Setting<'_>, cases: &[Case]) -> Option<Fix> {
    let ask = Ask::new(setting, cases)?;
    let mut best: Option<Fix> = None;
    for changes in combinations(setting, &ask) {
        let Some(fix) = tried(setting, &ask, &changes) else { continue };
        if fix.opens_too.is_empty() {
            return Some(fix);
        }
        if best.as_ref().is_none_or(|best| fix.opens_too.len() < best.opens_too.len()) {
            best = Some(fix);
        }
    }
    best
}

/// What to try, the best guess first: profiles before policies.
fn combinations(setting: &Setting<'_>, ask: &Ask<'_>) -> Vec<Vec<Candidate>> {
    let side = |direction| {
        let mut found: Vec<_> = profile::candidate(setting, ask, direction).into_iter().collect();
        found.extend(plain::candidates(setting, ask, direction));
        found
    };
    let mut all: Vec<Vec<Candidate>> = profile::between_tiers(setting, ask).into_iter().map(|one| vec![one]).collect();
    match ask.closed {
        [true, true] => {
            let ways_in = side(Direction::Ingress);
            for out in side(Direction::Egress) {
                for into in ways_in.iter().filter(|into| !into.clashes(&out)) {
                    all.push(vec![out.clone(), into.clone()]);
                }
            }
        }
        [true, false] => all.extend(side(Direction::Egress).into_iter().map(|one| vec![one])),
        [false, true] => all.extend(side(Direction::Ingress).into_iter().map(|one| vec![one])),
        [false, false] => {}
    }
    all
}

/// Makes the changes and looks what comes of it; nothing when it does not help, or closes something.
fn tried(setting: &Setting<'_>, ask: &Ask<'_>, changes: &[Candidate]) -> Option<Fix> {
    let (mut after, mut touched) = (setting.reach.clone(), Touched::default());
    for change in changes {
        for policy in change.policies(setting)? {
            touched.merge(&after.put_policy(&policy));
        }
    }
    if !ask.cases.iter().all(|case| is_allowed(&after, case)) {
        return None;
    }
    let mut opens_too = Vec::new();
    for Difference { from, to, before, after } in differences(setting, &after, &touched) {
        if !before.without(&after).is_empty() {
            return None;
        }
        let opened = after.without(&before);
        if !ask.covers(setting, &from, &to, &opened) {
            opens_too.push(format!("{} => {} : {opened}", shown(&from), shown(&to)));
        }
    }
    Some(Fix { changes: changes.iter().map(|change| change.shown.clone()).collect(), opens_too })
}

/// What is different in the state that differs by what was touched.
fn differences(setting: &Setting<'_>, after: &Reach, touched: &Touched) -> Vec<Difference> {
    if touched.renumbered {
        return reach::differences(setting.reach, after, Grain::Workloads);
    }
    let nodes = setting.nodes.get_or_init(|| setting.reach.nodes(Grain::Workloads));
    reach::differences_touched(setting.reach, after, nodes, touched)
}

/// Each Pod counts: what is alike to the policies of today need not be alike to those of tomorrow.
fn is_allowed(reach: &Reach, case: &Case) -> bool {
    let ends = |end: End, pods: &[u32]| match end {
        End::Address(_) => vec![end],
        End::Pod(_) => pods.iter().map(|pod| End::Pod(*pod)).collect(),
    };
    let Some((protocol, port)) = case.at else { return false };
    let called = ends(case.to.end, &case.to.pods);
    ends(case.from.end, &case.from.pods).into_iter().all(|from| {
        let outcome = |to: &End| reach.query(&Connection { from, to: *to, protocol, port }).outcome();
        called.iter().all(|to| outcome(to) == Outcome::Allowed)
    })
}

fn shown(end: &FarEnd) -> String {
    match end {
        FarEnd::Node(key) => key.to_string(),
        FarEnd::Addresses(span) => span.to_string(),
    }
}
