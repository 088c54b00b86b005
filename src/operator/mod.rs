//! The operator as a program: its flags, its start and its end.

mod args;
mod command_line;
mod election;
mod log;
mod run;

pub use args::{Args, LogFormat};
pub use command_line::{CommandLine, Other};
pub use run::{Failure, Operator, run};
