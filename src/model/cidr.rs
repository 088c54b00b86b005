//! Address blocks in canonical form.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

/// A canonical CIDR: no bits after the prefix, one way to write it, no IPv4-mapped IPv6 address.
///
/// The API server takes others with a warning, and data planes read them differently
/// (`10.0.0.5/8` is one host to some, the whole block to others), so they are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

impl Cidr {
    /// Reads a CIDR; nothing when it is none, or not canonical.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let net: IpNet = text.parse().ok()?;
        let mapped = matches!(net.addr(), IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some());
        (!mapped && net.trunc() == net && net.to_string() == text).then_some(Self(net))
    }

    /// The block of one address.
    #[must_use]
    pub fn of_address(address: IpAddr) -> Self {
        Self(IpNet::from(address))
    }

    /// Its first address: of a block of one address, that one.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        self.0.network()
    }

    /// Does `other` lie inside this block and differ from it? Never across address families.
    #[must_use]
    pub fn strictly_contains(&self, other: &Self) -> bool {
        self.contains(other) && self != other
    }

    /// Does `other` lie inside this block, or equal it? Never across address families.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (IpNet::V4(outer), IpNet::V4(inner)) => outer.contains(inner),
            (IpNet::V6(outer), IpNet::V6(inner)) => outer.contains(inner),
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_way_to_write_a_block_is_accepted() {
        for good in ["10.0.0.0/8", "203.0.113.99/32", "0.0.0.0/0", "::/0", "2001:db8::/32", "fd00:ec2::254/128"] {
            assert!(Cidr::parse(good).is_some(), "{good}");
        }
        for bad in [
            "10.0.0.5/8",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.0",
            "10.0.0.0/33",
            "2001:DB8::/32",
            "2001:0db8::/32",
            "::ffff:10.0.0.0/104",
            "fe80::1%eth0/64",
            "",
            " 10.0.0.0/8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "::1/64",
        ] {
            assert!(Cidr::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn containment_never_crosses_address_families() {
        let all4 = Cidr::parse("0.0.0.0/0").expect("canonical");
        let some6 = Cidr::parse("2001:db8::/32").expect("canonical");
        assert!(!all4.contains(&some6));
        assert!(all4.strictly_contains(&Cidr::parse("10.0.0.0/8").expect("canonical")));
        assert!(!all4.strictly_contains(&all4));
    }
}
