//! Checks a raw value against the schema of the resource, before there is anything typed to look at.
//!
//! The API server does the same to what it is sent: it reports unknown fields, drops nulls, fills in defaults and
//! checks types and bounds. Here every complaint says what to do, and the value comes back settled: as the server
//! would store it.

mod closest;
mod expect;
mod schema;
mod walk;

use serde_json::Value;

pub use schema::Schema;

use super::Problem;

/// What the schema says about a value.
#[derive(Debug)]
pub struct Shape {
    /// What keeps the value from being what its author meant: unknown fields, wrong types, missing fields.
    pub structure: Vec<Problem>,
    /// Single values and lists out of bounds. Those of a readable value are found by the model too, with sentences of
    /// their own; the list is for the others, and for the day when the model forgets one.
    pub bounds: Vec<Problem>,
    /// Can the settled value be read as the resource? Not when a type is wrong or something is missing, and not when a
    /// list is so long that work on it would never end.
    pub readable: bool,
    /// The value as the API server would store it: without unknown fields and nulls, with defaults.
    pub settled: Value,
}

impl Schema {
    /// Checks a whole object.
    #[must_use]
    pub fn check(&self, value: &Value) -> Shape {
        walk::check(self, value)
    }
}
