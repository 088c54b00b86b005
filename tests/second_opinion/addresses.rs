//! Which addresses stand for all: of every range that anyone tells apart, the first and the last.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::case::Case;

/// The addresses that are asked about: with the blocks of the case, and what the other side tells apart by itself.
pub fn addresses(case: &Case, told_apart: &[IpAddr]) -> Vec<IpAddr> {
    let blocks = case.blocks().into_iter().map(|block| block.parse::<IpNet>().expect("a block").trunc());
    let of_blocks = blocks.flat_map(|block| [Some(block.network()), after(block.broadcast())]);
    let lowest = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    let mut starts: Vec<IpAddr> = of_blocks.flatten().chain(told_apart.iter().copied()).chain(lowest).collect();
    starts.sort_unstable();
    starts.dedup();
    // The range before a start ends right before it, but for the lowest of a family.
    let mut ends: Vec<IpAddr> = starts.iter().filter_map(|start| before(*start)).collect();
    ends.extend([IpAddr::V4(Ipv4Addr::BROADCAST), IpAddr::V6(Ipv6Addr::from_bits(u128::MAX))]);
    starts.extend(ends);
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_add(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(address) => address.to_bits().checked_add(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
    }
}

fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_sub(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(address) => address.to_bits().checked_sub(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
    }
}
