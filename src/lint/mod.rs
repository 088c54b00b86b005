//! What is wrong with policies that the API server takes: they cut what nobody meant to cut, open what nobody meant to open,
//! or say nothing at all.
//!
//! Each check is a pure function in a file of its own; [`CHECKS`] is the list. Policies of anyone are looked at.

mod allows_everything;
mod blocks;
mod dns;
mod nothing;
mod ports;
mod repeats;
mod scene;

pub use scene::{Remark, Scene, Severity, matches, peer_at, peer_matches};

/// A check.
type Check = fn(&Scene<'_>) -> Vec<Remark>;

/// Every check, in the order in which what they find matters.
pub const CHECKS: [Check; 8] = [
    // Names do not resolve, and everything else fails because of it.
    dns::no_way_to_dns,
    dns::only_over_udp,
    // Open to all, and so no policy at all.
    allows_everything::check,
    // Addresses that nobody thinks of.
    blocks::check,
    // A selector with a slip of the hand fails in silence.
    nothing::subjects,
    nothing::of_peers,
    ports::names_that_nobody_has,
    repeats::check,
];

/// What can be said about DNS alone.
#[must_use]
pub fn dns(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks = dns::no_way_to_dns(scene);
    remarks.extend(dns::only_over_udp(scene));
    remarks
}

/// Everything that can be said about the policies of a picture, policy by policy.
#[must_use]
pub fn lint(scene: &Scene<'_>) -> Vec<Remark> {
    let mut remarks: Vec<_> = CHECKS.iter().flat_map(|check| check(scene)).collect();
    remarks.sort();
    remarks.dedup();
    remarks
}
