//! What one side says: for each ordered pair of ends, the ports that are allowed.

use std::{collections::BTreeMap, fmt, net::IpAddr};

pub const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// A Pod by its place in the case, or an address outside of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Pod(usize),
    Address(IpAddr),
}

/// From whom to whom.
pub type Pair = (End, End);

/// All pairs that are compared. Two addresses are no pair, since no policy speaks of them; nor is a Pod and itself, since
/// no policy keeps it from itself.
pub fn pairs(pods: usize, addresses: &[IpAddr]) -> Vec<Pair> {
    let pods: Vec<_> = (0..pods).map(End::Pod).collect();
    let mut pairs = Vec::new();
    for pod in &pods {
        pairs.extend(pods.iter().filter(|other| *other != pod).map(|other| (*pod, *other)));
        pairs.extend(
            addresses.iter().flat_map(|address| [(*pod, End::Address(*address)), (End::Address(*address), *pod)]),
        );
    }
    pairs
}

/// An answer to a case: no pair is missing.
pub type Answer = BTreeMap<Pair, Ports>;

/// A set of ports of each protocol: ranges in order that neither meet nor touch, so that equal sets are equal values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ports([Vec<(u16, u16)>; 3]);

impl Ports {
    /// Adds a range of a protocol's ports, by the protocol's place.
    pub fn add(&mut self, protocol: usize, first: u16, last: u16) {
        let ranges = &mut self.0[protocol];
        ranges.push((first, last));
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::new();
        for (first, last) in ranges.drain(..) {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        *ranges = merged;
    }

    pub fn is_none(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    pub fn is_all(&self) -> bool {
        self.0.iter().all(|ranges| *ranges == [(1, u16::MAX)])
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return to.write_str("nothing");
        }
        if self.is_all() {
            return to.write_str("everything");
        }
        let mut texts = Vec::new();
        for (protocol, ranges) in PROTOCOLS.iter().zip(&self.0) {
            let range = |(first, last): &(u16, u16)| {
                if first == last { format!("{protocol} {first}") } else { format!("{protocol} {first}-{last}") }
            };
            texts.extend(ranges.iter().map(range));
        }
        to.write_str(&texts.join(", "))
    }
}

#[test]
fn equal_sets_of_ports_are_equal_values() {
    let mut one = Ports::default();
    one.add(0, 5, 9);
    one.add(0, 1, 4);
    one.add(0, 20, 20);
    one.add(0, 20, 30);
    let mut other = Ports::default();
    other.add(0, 20, 30);
    other.add(0, 1, 9);
    assert_eq!(one, other);
    assert_eq!(format!("{one:?}"), "TCP 1-9, TCP 20-30");
    other.add(1, 53, 53);
    assert_ne!(one, other);
}
