//! The operator's own HTTP endpoints: is it alive, is it ready, what has it done.

mod router;

pub use router::{ServeError, serve};
