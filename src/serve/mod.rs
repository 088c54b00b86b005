//! The operator's own HTTP endpoints: is it alive, is it ready, what has it done.

mod probe;
mod router;

pub use probe::{ProbeError, probe};
pub use router::{ServeError, serve};
