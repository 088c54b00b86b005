//! Sets of addresses outside the cluster.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

/// From the first to the last address of one family, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSpan {
    /// The first address.
    pub first: IpAddr,
    /// The last address, of the same family.
    pub last: IpAddr,
}

/// A set of addresses: sorted, disjoint spans that do not touch; IPv4 before IPv6.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet(Box<[AddressSpan]>);

impl AddressSpan {
    /// The addresses of a block, whatever stands after its prefix.
    #[must_use]
    pub fn of_block(block: IpNet) -> Self {
        Self { first: block.network(), last: block.broadcast() }
    }

    /// Every IPv4 address.
    pub const ALL_V4: Self =
        Self { first: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), last: IpAddr::V4(std::net::Ipv4Addr::BROADCAST) };

    /// Every IPv6 address.
    pub const ALL_V6: Self = Self {
        first: IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        last: IpAddr::V6(std::net::Ipv6Addr::from_bits(u128::MAX)),
    };

    /// Does this address lie in it?
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }
}

/// The address before; nothing before the first of its family.
pub(super) fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(ip) => u32::from(ip).checked_sub(1).map(|ip| IpAddr::V4(ip.into())),
        IpAddr::V6(ip) => u128::from(ip).checked_sub(1).map(|ip| IpAddr::V6(ip.into())),
    }
}

/// The address after; nothing after the last of its family.
pub(super) fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(ip) => u32::from(ip).checked_add(1).map(|ip| IpAddr::V4(ip.into())),
        IpAddr::V6(ip) => u128::from(ip).checked_add(1).map(|ip| IpAddr::V6(ip.into())),
    }
}

/// The spans cut at all their ends: sorted, and no two overlap.
#[must_use]
pub fn pieces(spans: impl Iterator<Item = AddressSpan> + Clone) -> Vec<AddressSpan> {
    let mut cuts: Vec<_> = spans.clone().map(|span| span.first).collect();
    cuts.extend(spans.clone().filter_map(|span| after(span.last)));
    cuts.sort_unstable();
    cuts.dedup();
    let covered = AddressSet::of(spans);
    let mut found = Vec::new();
    for (position, first) in cuts.iter().enumerate() {
        // Where the cut is the last one of its family, the last span ends.
        let next = cuts.get(position + 1).filter(|next| next.is_ipv4() == first.is_ipv4());
        if let Some(span) = covered.span_with(*first) {
            found.push(AddressSpan { first: *first, last: next.and_then(|next| before(*next)).unwrap_or(span.last) });
        }
    }
    found
}

impl AddressSet {
    /// Every address of both families.
    #[must_use]
    pub fn all() -> Self {
        Self(Box::from([AddressSpan::ALL_V4, AddressSpan::ALL_V6]))
    }

    /// All these spans.
    #[must_use]
    pub fn of(spans: impl IntoIterator<Item = AddressSpan>) -> Self {
        let mut spans: Vec<_> = spans.into_iter().collect();
        // IPv4 sorts before IPv6.
        spans.sort_unstable();
        let mut kept: Vec<AddressSpan> = Vec::with_capacity(spans.len());
        for span in spans {
            match kept.last_mut() {
                Some(last)
                    if last.first.is_ipv4() == span.first.is_ipv4()
                        && after(last.last).is_none_or(|next| span.first <= next) =>
                {
                    last.last = last.last.max(span.last);
                }
                _ => kept.push(span),
            }
        }
        Self(kept.into())
    }

    /// A block without the exceptions.
    #[must_use]
    pub fn of_block(block: IpNet, except: &[IpNet]) -> Self {
        let holes = Self::of(except.iter().map(|hole| AddressSpan::of_block(*hole)));
        Self::of([AddressSpan::of_block(block)]).without(&holes)
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut kept = Vec::new();
        for span in &self.0 {
            let mut next = Some(span.first);
            for hole in other.0.iter().filter(|hole| hole.first.is_ipv4() == span.first.is_ipv4()) {
                let Some(start) = next else { break };
                if hole.last < start || hole.first > span.last {
                    continue;
                }
                if let Some(end) = before(hole.first).filter(|end| start <= *end) {
                    kept.push(AddressSpan { first: start, last: end });
                }
                next = after(hole.last).filter(|start| *start <= span.last);
            }
            if let Some(first) = next {
                kept.push(AddressSpan { first, last: span.last });
            }
        }
        Self::of(kept)
    }

    /// Does this address lie in it?
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.span_with(address).is_some()
    }

    fn span_with(&self, address: IpAddr) -> Option<&AddressSpan> {
        let after = self.0.partition_point(|span| span.first <= address);
        self.0[..after].last().filter(|span| span.contains(address))
    }

    /// The spans, sorted.
    #[must_use]
    pub fn spans(&self) -> &[AddressSpan] {
        &self.0
    }

    /// Is there no address in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for AddressSpan {
    /// As `203.0.113.0-203.0.113.255`; one address alone as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> IpNet {
        text.parse().expect("a block")
    }

    fn shown(set: &AddressSet) -> Vec<String> {
        set.spans().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn exceptions_leave_holes_also_at_the_edges() {
        let set = AddressSet::of_block(block("10.0.0.0/24"), &[block("10.0.0.0/30"), block("10.0.0.128/25")]);
        assert_eq!(shown(&set), ["10.0.0.4-10.0.0.127"]);
        assert!(set.contains("10.0.0.4".parse().expect("an address")));
        assert!(!set.contains("10.0.0.3".parse().expect("an address")));
        let all = AddressSet::of_block(block("0.0.0.0/0"), &[block("255.255.255.255/32"), block("0.0.0.0/32")]);
        assert_eq!(shown(&all), ["0.0.0.1-255.255.255.254"]);
        // One address alone is no range.
        let one = AddressSet::of_block(block("198.51.100.8/31"), &[block("198.51.100.8/32")]);
        assert_eq!(shown(&one), ["198.51.100.9"]);
        let nothing = AddressSet::of_block(block("10.0.0.0/8"), &[block("10.0.0.0/8")]);
        assert!(nothing.is_empty());
    }

    #[test]
    fn families_never_mix() {
        let both = AddressSet::of_block(block("0.0.0.0/0"), &[]).union(&AddressSet::of_block(block("::/0"), &[]));
        assert_eq!(both, AddressSet::all());
        assert_eq!(both.spans().len(), 2);
        let without = both.without(&AddressSet::of([AddressSpan::ALL_V4]));
        assert_eq!(without.spans(), [AddressSpan::ALL_V6]);
        assert!(!without.contains("10.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn blocks_that_touch_or_overlap_are_one_span() {
        let set = AddressSet::of(["10.0.1.0/24", "10.0.0.0/24", "10.0.1.128/25", "10.0.3.0/24"].map(|text| {
            // Bits after the prefix are ignored, as the API server's own reading does.
            AddressSpan::of_block(block(text))
        }));
        assert_eq!(shown(&set), ["10.0.0.0-10.0.1.255", "10.0.3.0-10.0.3.255"]);
    }

    #[test]
    fn what_lies_beside_a_set_takes_nothing_from_it_and_adds_nothing() {
        let set = AddressSet::of_block(block("10.0.1.0/24"), &[]);
        for beside in [&["10.0.0.64/26"][..], &["10.0.3.0/24"], &["10.0.0.64/26", "10.0.3.0/24", "2001:db8::/32"]] {
            let beside = AddressSet::of(beside.iter().map(|text| AddressSpan::of_block(block(text))));
            assert_eq!(set.without(&beside), set, "{beside:?}");
        }
    }
}
