//! `kubectl appnet explain`, as a user runs it, and its promises over random small clusters.
//!
//! A case is a file in `tests/explain/cases`: the command after `$ `, what it prints, and its exit status. They are written
//! anew with `UPDATE_EXPLAIN=1 cargo test --test explain`, and then read by whoever did that.

#[path = "explain/cases.rs"]
mod cases;
#[path = "explain/docs.rs"]
mod docs;
#[path = "explain/fixes.rs"]
mod fixes;
#[path = "explain/plugin.rs"]
mod plugin;
#[path = "explain/random.rs"]
mod random;
