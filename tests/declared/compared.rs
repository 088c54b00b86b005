//! The declaration and the evaluator's answer, side by side.

use appnet::reach;

use crate::{
    case::{Case, End},
    meaning::{self, Matrix},
    numbers::Numbers,
    rendered::{self, Written},
};

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub profiles: usize,
    pub policies: usize,
    pub pairs: usize,
    pub partly: usize,
}

/// Compares what a case declares with the policies that are generated for it.
///
/// # Errors
/// Where they differ, with the case.
pub fn check(case: &Case, counts: &mut Counts) -> Result<(), String> {
    let ends = case.ends();
    let declared = meaning::declared(case, &ends);
    let policies = rendered::policies(case);
    if let Some(difference) = difference(case, &ends, &declared, &policies) {
        return Err(format!("{difference}\n{case:#?}\n{policies:#?}"));
    }
    counts.profiles += case.profiles.len();
    counts.policies += policies.len();
    for (from, row) in ends.iter().zip(&declared) {
        for (to, ports) in ends.iter().zip(row) {
            if is_pair(*from, *to) {
                counts.pairs += 1;
                counts.partly += usize::from(ports.is_some_but_not_all());
            }
        }
    }
    Ok(())
}

/// Where the evaluator, told of these policies, says something else than the declaration.
pub fn difference(case: &Case, ends: &[End], declared: &Matrix, policies: &[Written]) -> Option<String> {
    let reach = rendered::reach(case, policies);
    let end = |end: End| match end {
        End::Pod(pod) => reach::End::Pod(u32::try_from(pod).expect("a few Pods")),
        End::Address(address) => reach::End::Address(address),
    };
    for (from, row) in ends.iter().zip(declared) {
        for (to, declared) in ends.iter().zip(row) {
            if !is_pair(*from, *to) {
                continue;
            }
            let found = reach.ports_between(end(*from), end(*to));
            if Numbers::of(&found) != Some(*declared) {
                return Some(format!("{from:?} to {to:?}: policies allow {found}, declared is {declared:?}"));
            }
        }
    }
    None
}

/// Of two addresses nobody here says anything.
fn is_pair(from: End, to: End) -> bool {
    !matches!((from, to), (End::Address(_), End::Address(_)))
}
