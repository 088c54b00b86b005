//! Random clusters: the same for the same number.

mod labels;
mod pods;
mod policies;

use crate::{case::Case, chance::Chance};

/// Port numbers: few, so that policies and Pods often mean the same; the ends of the range, and neighbours.
const NUMBERS: [u16; 9] = [1, 53, 79, 80, 81, 443, 8080, 9090, 65535];
const PORT_NAMES: [&str; 4] = ["http", "dns", "metrics", "sync"];

/// The cluster with this number.
pub fn case(seed: u64) -> Case {
    let mut chance = Chance::new(seed);
    let namespaces = pods::namespaces(&mut chance);
    let pods = pods::pods(&mut chance, &namespaces);
    let policies = policies::policies(&mut chance, &namespaces);
    Case { namespaces, pods, policies }
}

/// A protocol as policies and containers write it.
fn protocol(chance: &mut Chance) -> Option<String> {
    // Nothing means TCP.
    [None, Some("TCP"), Some("UDP"), Some("SCTP")][chance.weighted(&[30, 25, 25, 20])].map(str::to_owned)
}
