//! Validated facts. A value of these types cannot be wrong: `parse` is the only way in, and it reports
//! every problem with its path.
//!
//! No client, no clock, no runtime.

mod cidr;
mod non_empty;
mod parse;
pub mod path;
mod peer;
mod platform;
mod port;
mod problem;
mod profile;
pub(crate) mod selector;
pub mod shape;

pub use cidr::Cidr;
pub use non_empty::NonEmpty;
pub use parse::{check_names, parse};
pub use peer::{NAMESPACE_NAME, NamespaceMatch, Peer, PodMatch, PodsMatch};
pub use platform::{DNS_NAMESPACES, DnsSetting, Platform};
pub use port::{Port, PortName, PortRange};
pub use problem::{Problem, Problems};
pub use profile::{
    Caller, Destination, DestinationKind, DnsNeed, Identity, NamedPort, Profile, Resolver, ServicePort, ServiceRef,
    Tier,
};
pub use selector::{Labels, Selector};
