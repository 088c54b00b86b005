//! The operator against a real API server and the real garbage collector.
//!
//! One control plane for all tests; each has a namespace, and an operator that manages only that.

#[path = "../flows/mod.rs"]
mod flows;
#[path = "../properties/profiles.rs"]
mod profiles;
#[path = "../support/mod.rs"]
mod support;

mod callers;
mod deletion;
mod drift;
mod faults;
mod labels;
mod lifecycle;
mod modes;
mod network;
mod ownership;
mod rbac;
mod scene;
mod spec_changes;
mod stored;
mod waiting;
mod waiting_changes;
