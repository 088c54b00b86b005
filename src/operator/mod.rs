//! The operator as a program: its flags, its start and its end.

mod args;
mod election;
mod log;
mod run;

pub use args::{Args, LogFormat};
pub use run::{Failure, Operator, run};
