//! What users write and read: the AppNetworkProfile resource and the operator's configuration file.
//!
//! Serde shapes, schema and CEL rules only. Nothing here knows what a profile means; `model` does.

mod cilium;
mod condition;
mod config;
mod definition;
mod destination;
mod platform_needs;
mod port;
mod profile;
mod reason;
pub mod rules;
mod selector;
mod source;
mod status;
mod tier;

pub use cilium::{CiliumNetworkPolicy, PolicyKind, PolicyResource};
pub use condition::ConditionType;
pub use config::{Cni, Discovery, DnsDefaults, OperatorConfig};
pub use definition::definition;
pub use destination::{ApiServerPeer, Destination, DestinationPort, ServicePeer};
pub use platform_needs::{Dns, DnsMode, IngressController, Monitoring, PlatformPeer, Resolver};
pub use port::{DeclaredPort, Protocol};
pub use profile::{AppNetworkProfile, AppNetworkProfileSpec, DeletionPolicy, DriftPolicy, Isolation, Mode};
pub use reason::Reason;
pub use selector::{LabelSelector, Requirement, RequirementOperator};
pub use source::{PodsPeer, Source};
pub use status::{
    AppNetworkProfileStatus, DriftStatus, FlowStatus, FlowsStatus, ForeignPolicy, PlannedChange, PolicyStatus, Summary,
    TierStatus, UnassignedPods,
};
pub use tier::{PortUse, Tier};
