//! The only module that talks to Kubernetes.

mod client;
mod election;
mod enforce;
mod error;
mod events;
mod feed;
mod fence;
mod finish;
mod leadership;
mod lease;
mod listing;
mod network;
mod object;
mod optional;
mod policy_api;
mod profiles;
mod request;
mod slim_pod;
mod sources;
mod status;
mod told;
mod trial;
mod watch;

pub use client::{Access, ClientError, connect};
pub use election::{Candidacy, stand};
pub use enforce::{Task, enforce};
pub use error::{RequestError, Trouble};
pub use events::Events;
pub use leadership::{Leadership, NotLeading};
pub use listing::{Gap, Listing, ListingError, Where, client, list};
pub use profiles::profiles;
pub use request::Requests;
pub use status::write_status;
pub use told::{Told, advised};
pub use trial::{Trial, try_all};
pub use watch::{Ready, Scope, SharedWorld, Touched, watch};
