//! The declaration and the evaluator's answer, side by side.

use appnet::reach;

use crate::{
    case::{Case, End},
    meaning::{self, Declared, Matrix},
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
    for (from, row) in ends.iter().zip(&declared.both) {
        for (to, ports) in ends.iter().zip(row) {
            if is_pair(*from, *to) {
                counts.pairs += 1;
                counts.partly += usize::from(ports.is_some_but_not_all());
            }
        }
    }
    Ok(())
}

/// Where the evaluator, told of these policies, says something else than the declaration: of what both ends let pass, of
/// what the caller's policies do, of what those of the called do.
pub fn difference(case: &Case, ends: &[End], declared: &Declared, policies: &[Written]) -> Option<String> {
    let Declared { egress, ingress, both } = declared;
    let parts = [(both, None), (egress, Some(reach::Direction::Egress)), (ingress, Some(reach::Direction::Ingress))];
    parts.into_iter().find_map(|(declared, only)| {
        let (from, to) = differ(&rendered::reach(case, policies, only), ends, declared)?;
        Some(format!("{from:?} to {to:?}, direction {only:?}: the policies say something else than the profiles"))
    })
}

/// The first pair of ends of which the evaluator says something else than this.
fn differ(reach: &reach::Reach, ends: &[End], declared: &Matrix) -> Option<(End, End)> {
    let end = |end: End| match end {
        End::Pod(pod) => reach::End::Pod(u32::try_from(pod).expect("a few Pods")),
        End::Address(address) => reach::End::Address(address),
    };
    for (from, row) in ends.iter().zip(declared) {
        for (to, declared) in ends.iter().zip(row) {
            if is_pair(*from, *to) && Numbers::of(&reach.ports_between(end(*from), end(*to))) != Some(*declared) {
                return Some((*from, *to));
            }
        }
    }
    None
}

/// Of two addresses nobody here says anything.
fn is_pair(from: End, to: End) -> bool {
    !matches!((from, to), (End::Address(_), End::Address(_)))
}
