//! Ports as a rule names them.

use std::fmt;

use crate::api::Protocol;

/// The name of a container port: an IANA service name (RFC 6335), as the API server asks in policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortName(String);

impl PortName {
    /// Reads a name; nothing when the API server would not take it in a NetworkPolicy.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let good = (1..=15).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && name.bytes().any(|b| b.is_ascii_lowercase())
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--");
        good.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A port, a range of ports, or a port by name. There is no "any port".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortRange {
    /// From the first to the last number, both included, and at least 1.
    Numbers(u16, u16),
    /// A container port, looked up on each Pod.
    Name(PortName),
}

/// A port of a rule: protocol and number, range or name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The number, range or name.
    pub range: PortRange,
}

impl Port {
    /// One port by its number.
    #[must_use]
    pub const fn number(protocol: Protocol, number: u16) -> Self {
        Self { protocol, range: PortRange::Numbers(number, number) }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_str();
        match &self.range {
            PortRange::Numbers(first, last) if first == last => write!(f, "{protocol} {first}"),
            PortRange::Numbers(first, last) => write!(f, "{protocol} {first}-{last}"),
            PortRange::Name(name) => write!(f, "{protocol} port '{}'", name.as_str()),
        }
    }
}
