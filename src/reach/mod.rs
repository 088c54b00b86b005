//! Who may reach whom: the exact meaning of networking.k8s.io/v1 `NetworkPolicies`, ours and everyone else's.
//!
//! A [`Picture`] of a cluster goes in. No client, no clock, no runtime.

mod addresses;
mod picture;
mod policy;
mod port_table;
mod ports;
mod read_policy;

pub use addresses::{AddressSet, AddressSpan};
pub use picture::{Backend, BackendPort, Entry, NotEvaluated, Picture, Pod, PodPort};
pub use policy::{Direction, NamespacesOf, Peer, Peers, PodsOf, Policy, Ports, Rule};
pub use port_table::{PortTable, PortsId};
pub use ports::{PROTOCOLS, PortSet, PortSpan};
pub use read_policy::Refusal;
