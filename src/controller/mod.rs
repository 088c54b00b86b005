//! The loop that keeps profiles true: what wakes it, one reconcile, and what happens when it fails.

mod context;
mod decide;
mod error;
mod interest;
mod memory;
mod reconcile;
mod run;
mod wake;

pub use context::{Context, Term, Terms};
pub use decide::{Decision, decide};
pub use error::Error;
pub use interest::interested;
pub use memory::Memory;
pub use reconcile::reconcile;
pub use run::run;
