//! What is worth telling about a profile and the cluster it meets.
//!
//! A check is a pure function; `checks` lists all of them. No client, no clock, no runtime.

mod checks;
mod cni;
mod finding;
mod fix;
mod foreign_policies;
mod named_ports;
mod near_miss;
mod peers_match;
mod pod_in_several_tiers;
mod references;
pub mod state;
mod tier_selects_no_pod;
mod unassigned;

pub use checks::{CHECKS, Check, Input, run};
pub use cni::{Enforcement, Telling, TellingKind, enforcement, telling};
pub use finding::Finding;
pub use fix::Fix;
pub use foreign_policies::foreign_policies;
pub(crate) use near_miss::{alike, near_misses};
pub use unassigned::unassigned;
