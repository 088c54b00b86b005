//! What happened and what was found become the status and events.
//!
//! No client, no runtime; the time is passed in.

mod conditions;
mod events;
mod in_sync;
mod outcome;
mod ready;
mod status;

pub use conditions::{Conditions, same_but_for_time};
pub use events::{Note, Severity, notes};
pub use outcome::{Applied, Failure, Outcome};
pub use status::{Report, status};
