//! Which of several operators writes: what a Lease says, and what that means for one of them.
//!
//! Pure like what stands before it: ages are measured elsewhere and passed in.

mod decide;
mod record;
mod settings;

pub use decide::{Loss, Situation, Step, decide};
pub use record::{Record, Sight};
pub use settings::Settings;
