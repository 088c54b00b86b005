//! The Helm chart, and the same for kustomize in `config/`.
//!
//! What is written by a program is compared with what that program would write now; `UPDATE_CHART=1` writes it anew.
//! What is rendered goes to a real API server.

#[path = "../leader/replica.rs"]
#[allow(dead_code, reason = "the replica serves other tests too")]
mod replica;
#[path = "../operator/scene.rs"]
#[allow(dead_code, reason = "the scene serves other tests too")]
mod scene;
#[path = "../support/mod.rs"]
mod support;

mod callers;
mod config;
mod create;
mod each_right;
mod generated;
mod network;
mod objects;
mod platform;
mod readme;
mod refused;
mod releases;
mod rendered;
mod restricted;
mod rights;
mod rights_table;
mod running;
mod scenario;
mod step;
mod used;
mod waiting;
