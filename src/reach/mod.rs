//! Who may reach whom: the exact meaning of networking.k8s.io/v1 `NetworkPolicies`, ours and everyone else's.
//!
//! A [`Picture`] of a cluster goes in; [`Reach`] answers. No client, no clock, no runtime.

mod about;
mod addresses;
mod cause;
mod change;
mod chosen;
mod diff;
mod edges;
mod engine;
mod entries;
mod exposure;
mod map;
mod nodes;
mod peer_sets;
mod picture;
mod policy;
mod population;
mod port_table;
mod ports;
mod printable;
mod query;
mod read_policy;
mod rows;
mod slices;
mod states;
mod story;
mod unknown;
mod words;
mod world;

pub use addresses::{AddressSet, AddressSpan, pieces};
pub use cause::Cause;
pub use change::Touched;
pub use chosen::Chosen;
pub use diff::{Difference, FarEnd, differences, differences_touched};
pub use edges::Edge;
pub use engine::{PolicyId, Reach};
pub use entries::Entrance;
pub use exposure::{Exposure, NamespacesNamed, Opening, Openness, exposures};
pub use map::{Line, Map, MapEnd, Part, Row};
pub use nodes::{Grain, Node, NodeKey, Nodes};
pub use picture::{Backend, BackendPort, Entry, NotEvaluated, Picture, Pod, PodPort, Seat, Slice};
pub use policy::{Direction, NamespacesOf, Peer, Peers, PodsOf, Policy, Ports, Rule};
pub use population::{ClassId, PodId};
pub use port_table::{PortTable, PortsId};
pub use ports::{PROTOCOLS, PortSet, PortSpan};
pub use printable::printable;
pub use query::{Connection, End, Gate, Outcome, RuleAt, Verdict};
pub use read_policy::Refusal;
pub use rows::Rows;
pub use states::States;
pub use story::{PolicySays, RuleSays, Side};
