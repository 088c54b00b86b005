//! A plain picture of the cluster, with only the fields we use.
//!
//! The watches keep it up to date; the pure steps read it. It has no client, no clock and no runtime.

mod callers;
mod details;
mod endpoints;
mod namespaces;
mod network_signs;
mod pods;
mod policies;
mod policy_spec;
mod services;
mod typical;
mod world;

pub use callers::{CallerTable, Chosen, ClassSource, EntrySource, Monitor, Scraper, Source, SourceRef};
pub use details::{Details, Mesh, Names, PodDetails, ServiceDetails, Webhook};
pub use endpoints::{EndpointPort, EndpointTable, Endpoints};
pub use namespaces::NamespaceTable;
pub use network_signs::{CiliumConfig, NetworkSigns};
pub use pods::{ContainerPort, NamespacePods, PodClass, PodTable, Workload};
pub use policies::{PolicyRow, PolicyTable, Writer};
pub use policy_spec::{CiliumRules, PolicySpec};
pub(crate) use services::public;
pub use services::{ServiceKind, ServicePortRow, ServiceRow, ServiceTable};
pub use world::{Availability, World};
