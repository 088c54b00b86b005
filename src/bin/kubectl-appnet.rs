//! The kubectl plugin. Installed on the path, it runs as `kubectl appnet`.

use std::process::ExitCode;

fn main() -> ExitCode {
    appnet::cli::run(std::env::args_os())
}
