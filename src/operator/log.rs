//! Structured logs on stderr.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

use super::{Args, LogFormat};

/// Starts logging.
///
/// # Errors
/// When the filter cannot be read.
pub(super) fn start(args: &Args) -> Result<(), String> {
    // Its warnings come with each try, and say nothing of what to do; `cluster` tells of the same failures.
    let quiet =
        if args.log.is_empty() || args.log.contains("kube_runtime") { "" } else { "kube_runtime::watcher=error," };
    let filter = EnvFilter::try_new(format!("{quiet}{}", args.log))
        .map_err(|error| format!("cannot read --log '{}': {error}", args.log))?;
    // Escape codes belong on a terminal, not into files.
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    let started = match args.log_format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => lines.finish().try_init(),
    };
    started.map_err(|error| format!("cannot start logging: {error}"))
}
