//! Do both sides say the same about a case?

use std::fmt::Write as _;

use crate::{
    addresses::addresses,
    answer::{Answer, End, Pair, Ports},
    case::{Case, full_name},
    evaluator,
    explained::{EXPLAINED, Explanation},
    partner::{self, Partner, Reply},
};

/// What came out.
pub enum Verdict {
    /// They agree, where nca is known to be wrong in other words: the names of what explains how it differs otherwise.
    Agreed {
        answer: Answer,
        explained: Vec<&'static str>,
    },
    Differ(Vec<Difference>),
    /// nca takes the case for illegal.
    Refused(String),
}

/// A pair of which they say different things.
pub struct Difference {
    pair: Pair,
    ours: Ports,
    theirs: Ports,
}

impl Verdict {
    /// What makes two disagreements the same one, for a case that is made smaller.
    pub fn kind(&self) -> &str {
        match self {
            Self::Agreed { .. } => "agreed",
            Self::Differ(_) => "differ",
            Self::Refused(why) => why,
        }
    }
}

/// Asks both sides. Where something is known that nca gets wrong, its answer is the one to the case in other words: who
/// shares its mistake must not pass for right.
pub fn judge(partner: &mut Partner, case: &Case) -> Verdict {
    let mut needed: Vec<_> =
        EXPLAINED.iter().filter(|explanation| (explanation.in_other_words)(case) != *case).collect();
    let cubes = match partner.ask(&reworded(case, &needed)) {
        Reply::Cubes(cubes) => cubes,
        Reply::Refused(why) => return Verdict::Refused(why),
    };
    let addresses = addresses(case, &partner::boundaries(&cubes));
    let ours = evaluator::answer(case, &addresses);
    let theirs = partner::answer(case, &cubes, &addresses);
    assert!(ours.keys().eq(theirs.keys()), "each side answers for every pair");
    if ours != theirs {
        let both = ours.into_iter().zip(theirs.into_values()).filter(|((_, ours), theirs)| ours != theirs);
        return Verdict::Differ(both.map(|((pair, ours), theirs)| Difference { pair, ours, theirs }).collect());
    }

    let mut agrees_on = |asked: &Case| match partner.ask(asked) {
        Reply::Cubes(cubes) => partner::answer(case, &cubes, &addresses) == ours,
        Reply::Refused(_) => false,
    };
    if needed.is_empty() || agrees_on(case) {
        return Verdict::Agreed { answer: ours, explained: Vec::new() };
    }
    // Only those count without which it does not work.
    let mut place = 0;
    while place < needed.len() && needed.len() > 1 {
        let mut fewer = needed.clone();
        fewer.remove(place);
        if agrees_on(&reworded(case, &fewer)) {
            needed = fewer;
        } else {
            place += 1;
        }
    }
    Verdict::Agreed { answer: ours, explained: needed.into_iter().map(|explanation| explanation.name).collect() }
}

fn reworded(case: &Case, explanations: &[&Explanation]) -> Case {
    explanations.iter().fold(case.clone(), |case, explanation| (explanation.in_other_words)(&case))
}

/// What they differ in, for people.
pub fn told(case: &Case, verdict: &Verdict) -> String {
    let name = |end: End| match end {
        End::Pod(place) => full_name(&case.pods[place]),
        End::Address(address) => address.to_string(),
    };
    match verdict {
        Verdict::Agreed { .. } => "they agree".to_owned(),
        Verdict::Refused(why) => format!("nca refuses it: {why}"),
        Verdict::Differ(differences) => {
            let mut text = format!("{} pairs differ:\n", differences.len());
            for Difference { pair: (from, to), ours, theirs } in differences.iter().take(6) {
                let _ = writeln!(text, "  {} -> {}\n    ours: {ours:?}\n    nca:  {theirs:?}", name(*from), name(*to));
            }
            text
        }
    }
}
