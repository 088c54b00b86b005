//! Checks a raw value against the schema of the resource, before there is anything typed to look at.
//!
//! The API server does the same to what it is sent: it reports unknown fields, drops nulls, fills in defaults and
//! checks types and bounds. Here every complaint says what to do, and the value comes back settled: as the server
//! would store it.

mod closest;
mod expect;
mod metadata;
mod schema;
mod walk;

use serde_json::Value;

pub(crate) use closest::closest;
pub use schema::Schema;

use super::Problem;

/// What the schema says about a value.
#[derive(Debug)]
pub struct Shape {
    /// Fields that the schema does not know. The rest of the value can be read without them.
    pub unknown: Vec<Problem>,
    /// Wrong types and missing fields: what keeps the value from being read as the resource.
    pub unreadable: Vec<Problem>,
    /// Values and lists out of bounds. Those of a readable value are found by the model too, with sentences of
    /// their own; the list is for the others, and for the day when the model forgets one.
    pub bounds: Vec<Problem>,
    /// Is every list short enough that its entries can be compared with each other?
    pub bounded: bool,
    /// The value as the API server would store it: without unknown fields and nulls, with defaults.
    pub settled: Value,
}

impl Shape {
    /// Can the settled value be read as the resource, and looked into in reasonable time?
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        self.unreadable.is_empty() && self.bounded
    }
}

impl Schema {
    /// Checks a whole object.
    #[must_use]
    pub fn check(&self, value: &Value) -> Shape {
        let mut shape = walk::check(self, value);
        metadata::check(value, &mut shape.bounds);
        shape
    }
}
