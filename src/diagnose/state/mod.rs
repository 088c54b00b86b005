//! What is wrong with a state of a cluster, by what people see of it.
//!
//! A [`Scene`] goes in: a state, evaluated, with its profiles and what is known beside. [`CHECKS`] is the list; each check is a
//! pure function in a file of its own.

mod addresses;
mod callers;
mod checks;
mod diagnosis;
mod dns;
mod dns_policies;
mod enforcement;
mod from_ingress;
mod halves;
mod hosts;
mod ingress;
mod labels;
mod looked;
mod mesh;
mod metrics;
mod others;
mod path;
mod resolvers;
mod scene;
mod services;
mod symptom;
mod webhooks;

pub use super::fix::Fix;
pub use checks::{CHECKS, Check, joined, run};
pub use diagnosis::{Diagnosis, Severity};
pub use from_ingress::explain_from_ingress;
pub use looked::{Looked, looked};
pub use path::{Path, of_path};
pub use scene::{FIXES, Scene, Scope};
pub use symptom::Symptom;
