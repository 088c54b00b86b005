//! Sets of ports: the answer to "at which ports may this Pod call that one?"

use std::fmt;

use crate::api::Protocol;

/// The lowest and the highest port. Zero is no port that anyone could call.
const LOWEST: u16 = 1;
const HIGHEST: u16 = u16::MAX;

/// A set of ports of the three protocols that NetworkPolicy knows.
///
/// Kept as sorted, disjoint ranges that do not touch, so that equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet([Box<[PortSpan]>; 3]);

/// From the first to the last port, both included.
pub type PortSpan = (u16, u16);

/// In the order in which they are written.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Sctp, Protocol::Tcp, Protocol::Udp];

const fn place(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Sctp => 0,
        Protocol::Tcp => 1,
        Protocol::Udp => 2,
    }
}

impl PortSet {
    /// Every port of every protocol.
    #[must_use]
    pub fn all() -> Self {
        Self([(); 3].map(|()| Box::from([(LOWEST, HIGHEST)])))
    }

    /// Every port of one protocol.
    #[must_use]
    pub fn all_of(protocol: Protocol) -> Self {
        Self::span(protocol, LOWEST, HIGHEST)
    }

    /// From the first to the last port of a protocol, both included; empty when they are the wrong way round.
    #[must_use]
    pub fn span(protocol: Protocol, first: u16, last: u16) -> Self {
        let mut set = Self::default();
        let first = first.max(LOWEST);
        if first <= last {
            set.0[place(protocol)] = Box::from([(first, last)]);
        }
        set
    }

    /// The set of all these.
    #[must_use]
    pub fn of(spans: impl IntoIterator<Item = (Protocol, PortSpan)>) -> Self {
        let mut lists = [(); 3].map(|()| Vec::new());
        for (protocol, (first, last)) in spans {
            if first.max(LOWEST) <= last {
                lists[place(protocol)].push((first.max(LOWEST), last));
            }
        }
        Self(lists.map(joined))
    }

    /// Is there no port in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|spans| spans.is_empty())
    }

    /// Is every port of every protocol in it?
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.iter().all(|spans| **spans == [(LOWEST, HIGHEST)])
    }

    /// Is this port in it?
    #[must_use]
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        let spans = &self.0[place(protocol)];
        let after = spans.partition_point(|(first, _)| *first <= port);
        after > 0 && spans[after - 1].1 >= port
    }

    /// The ranges of a protocol, sorted.
    #[must_use]
    pub fn spans(&self, protocol: Protocol) -> &[PortSpan] {
        &self.0[place(protocol)]
    }

    /// In as few words as can be: `all ports but TCP 8080`, or as `TCP 80,443`.
    #[must_use]
    pub fn in_words(&self) -> String {
        if self.is_all() {
            return "all ports".into();
        }
        if self.is_empty() {
            return "no ports".into();
        }
        let (own, rest) = (self.to_string(), Self::all().without(self).to_string());
        if rest.len() < own.len() { format!("all ports but {rest}") } else { own }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self([0, 1, 2].map(|at| joined([&self.0[at][..], &other.0[at][..]].concat())))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self([0, 1, 2].map(|at| overlap(&self.0[at], &other.0[at])))
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self([0, 1, 2].map(|at| overlap(&self.0[at], &rest(&other.0[at]))))
    }
}

/// Sorts ranges, and joins those that overlap or touch.
fn joined(mut spans: Vec<PortSpan>) -> Box<[PortSpan]> {
    spans.sort_unstable();
    let mut kept: Vec<PortSpan> = Vec::with_capacity(spans.len());
    for (first, last) in spans {
        match kept.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => kept.push((first, last)),
        }
    }
    kept.into()
}

fn overlap(a: &[PortSpan], b: &[PortSpan]) -> Box<[PortSpan]> {
    let (mut i, mut j) = (0, 0);
    let mut kept = Vec::new();
    while let (Some(one), Some(other)) = (a.get(i), b.get(j)) {
        let (first, last) = (one.0.max(other.0), one.1.min(other.1));
        if first <= last {
            kept.push((first, last));
        }
        if one.1 < other.1 { i += 1 } else { j += 1 }
    }
    kept.into()
}

/// The ports in none of these ranges.
fn rest(spans: &[PortSpan]) -> Vec<PortSpan> {
    let mut next = u32::from(LOWEST);
    let mut kept = Vec::new();
    for (first, last) in spans {
        if next < u32::from(*first) {
            kept.push((clamp(next), first - 1));
        }
        next = u32::from(*last) + 1;
    }
    if next <= u32::from(HIGHEST) {
        kept.push((clamp(next), HIGHEST));
    }
    kept
}

fn clamp(port: u32) -> u16 {
    u16::try_from(port).unwrap_or(HIGHEST)
}

impl fmt::Display for PortSet {
    /// `All Connections`, `No Connections`, or as `TCP 80,443,UDP 53-60`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut separator = "";
        for protocol in PROTOCOLS {
            for (position, (first, last)) in self.spans(protocol).iter().enumerate() {
                f.write_str(separator)?;
                separator = ",";
                if position == 0 {
                    write!(f, "{} ", protocol.as_str())?;
                }
                if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(spans: &[PortSpan]) -> PortSet {
        PortSet::of(spans.iter().map(|span| (Protocol::Tcp, *span)))
    }

    #[test]
    fn equal_sets_are_equal_values_however_they_were_made() {
        assert_eq!(tcp(&[(80, 90), (91, 95), (85, 93)]), tcp(&[(80, 95)]));
        assert_eq!(tcp(&[(1, 65535)]), PortSet::all_of(Protocol::Tcp));
        assert_eq!(tcp(&[(0, 0)]), PortSet::default());
        assert_eq!(tcp(&[(7, 3)]), PortSet::default());
        let each = PROTOCOLS.map(|protocol| (protocol, (0, 65535)));
        assert!(PortSet::of(each).is_all());
    }

    #[test]
    fn the_operations_agree_with_a_port_by_port_reading() {
        let edges = [1, 2, 3, 79, 80, 81, 82, 443, 8079, 8080, 8081, 65534, 65535];
        let sets = [
            tcp(&[]),
            tcp(&[(80, 80)]),
            tcp(&[(1, 2), (81, 443)]),
            tcp(&[(2, 81), (8080, 65535)]),
            tcp(&[(1, 65535)]),
            PortSet::of([(Protocol::Udp, (80, 8080)), (Protocol::Tcp, (3, 80))]),
        ];
        for a in &sets {
            for b in &sets {
                for protocol in PROTOCOLS {
                    for port in edges {
                        let (in_a, in_b) = (a.contains(protocol, port), b.contains(protocol, port));
                        assert_eq!(a.union(b).contains(protocol, port), in_a || in_b, "{a} or {b} at {port}");
                        assert_eq!(a.intersection(b).contains(protocol, port), in_a && in_b, "{a} and {b} at {port}");
                        assert_eq!(a.without(b).contains(protocol, port), in_a && !in_b, "{a} without {b} at {port}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_set_reads_as_people_write_ports() {
        assert_eq!(PortSet::all().to_string(), "All Connections");
        assert_eq!(PortSet::default().to_string(), "No Connections");
        let set = PortSet::of([
            (Protocol::Udp, (53, 53)),
            (Protocol::Tcp, (8080, 8090)),
            (Protocol::Tcp, (80, 80)),
            (Protocol::Sctp, (7, 7)),
        ]);
        assert_eq!(set.to_string(), "SCTP 7,TCP 80,8080-8090,UDP 53");
        assert_eq!(set.in_words(), set.to_string());
        assert_eq!(PortSet::all().without(&tcp(&[(8080, 8080)])).in_words(), "all ports but TCP 8080");
        // What is missing would take as many letters here.
        let half = PortSet::all_of(Protocol::Udp).union(&tcp(&[(50, 50), (200, 65535)]));
        assert_eq!(half.in_words(), "TCP 50,200-65535,UDP 1-65535");
        assert_eq!(PortSet::all().without(&half).to_string().len(), half.in_words().len());
    }
}
