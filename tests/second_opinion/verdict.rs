//! Do both sides say the same about a case?

use std::fmt::Write as _;

use crate::{
    addresses::addresses,
    answer::{Answer, End, Pair, Ports},
    case::{Case, full_name},
    evaluator,
    explained::EXPLAINED,
    partner::{self, Partner, Reply},
};

/// What came out.
pub enum Verdict {
    /// They agree, if need be after nca was told of the case in other words; the names of these explanations.
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
    pub fn is_agreed(&self) -> bool {
        matches!(self, Self::Agreed { .. })
    }

    /// What makes two disagreements the same one, for a case that is made smaller.
    pub fn kind(&self) -> &str {
        match self {
            Self::Agreed { .. } => "agreed",
            Self::Differ(_) => "differ",
            Self::Refused(why) => why,
        }
    }
}

/// Asks both sides, and where they do not agree, looks for an explanation.
pub fn judge(partner: &mut Partner, case: &Case) -> Verdict {
    let first = compare(partner, case, case);
    if first.is_agreed() {
        return first;
    }
    let mut needed: Vec<_> =
        EXPLAINED.iter().filter(|explanation| (explanation.in_other_words)(case) != *case).collect();
    if needed.is_empty() {
        return first;
    }
    let all_told = compare(partner, case, &reworded(case, &needed));
    if !all_told.is_agreed() {
        return all_told;
    }
    // Only those count without which it does not work.
    let mut place = 0;
    while place < needed.len() {
        let mut fewer = needed.clone();
        fewer.remove(place);
        if compare(partner, case, &reworded(case, &fewer)).is_agreed() {
            needed = fewer;
        } else {
            place += 1;
        }
    }
    match all_told {
        Verdict::Agreed { answer, .. } => {
            Verdict::Agreed { answer, explained: needed.into_iter().map(|explanation| explanation.name).collect() }
        }
        other => other,
    }
}

fn reworded(case: &Case, explanations: &[&crate::explained::Explanation]) -> Case {
    explanations.iter().fold(case.clone(), |case, explanation| (explanation.in_other_words)(&case))
}

/// Our answer to a case, and theirs to the same case in their words.
fn compare(partner: &mut Partner, case: &Case, in_their_words: &Case) -> Verdict {
    let cubes = match partner.ask(in_their_words) {
        Reply::Cubes(cubes) => cubes,
        Reply::Refused(why) => return Verdict::Refused(why),
    };
    let addresses = addresses(case, &partner::boundaries(&cubes));
    let ours = evaluator::answer(case, &addresses);
    let theirs = partner::answer(case, &cubes, &addresses);
    assert!(ours.keys().eq(theirs.keys()), "each side answers for every pair");
    let both = ours.iter().zip(theirs.into_values());
    let differences = both.filter(|((_, ours), theirs)| *ours != theirs);
    let differences: Vec<_> =
        differences.map(|((pair, ours), theirs)| Difference { pair: *pair, ours: ours.clone(), theirs }).collect();
    if differences.is_empty() {
        Verdict::Agreed { answer: ours, explained: Vec::new() }
    } else {
        Verdict::Differ(differences)
    }
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
