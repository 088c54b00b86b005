//! The rules of the resource, each with one sentence that says what one can do.
//!
//! A rule is enforced in two places: by the API server (CEL, in `cel`) and by the Rust model and the
//! offline linter (`check` here, relations in `model`). Both use the sentence in `text`, and
//! `tests/bad_input.rs` proves that they agree.

mod cel;
mod check;
pub mod text;

pub use cel::*;
pub use check::*;
