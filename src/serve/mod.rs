//! The operator's own HTTP endpoints: is it alive, is it ready, what has it done; and what its program asks of others.

mod connect;
mod probe;
mod router;

pub use connect::{Target, connect};
pub use probe::{ProbeError, probe};
pub use router::{ServeError, serve};
