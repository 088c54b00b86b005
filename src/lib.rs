//! `AppNetworkProfile`: one resource per app, correct default-deny and allow `NetworkPolicies`, and the truth about
//! them in status conditions.
//!
//! The modules in the order in which data flows:
//!
//! `api` (what users write and read) → `model` (validated facts) → `observe` (a picture of the cluster) →
//! `policy` (the wanted policies) → `plan` (the next write) → `objects` (what manifests hold) → `reach` (who may reach
//! whom) → `explain` (why, and what would change it) → `diagnose` (findings) → `report` (the status);
//! `verify` says which connections would prove it; `leader` decides which of several operators writes.
//! They are pure: no client, no clock, no runtime; `tests/architecture.rs` proves it.
//! `cluster` is the only module that talks to Kubernetes; `cli` is the kubectl plugin.
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
pub mod cluster;
pub mod controller;
pub mod diagnose;
pub mod explain;
pub mod leader;
pub mod lint;
pub mod metrics;
pub mod model;
pub mod objects;
pub mod observe;
pub mod operator;
pub mod plan;
pub mod policy;
pub mod reach;
pub mod report;
pub mod serve;
pub mod verify;
