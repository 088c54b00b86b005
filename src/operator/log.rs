//! Structured logs on stderr.

use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

use super::{Args, LogFormat};

/// Starts logging.
///
/// # Errors
/// When the filter cannot be read.
pub(super) fn start(args: &Args) -> Result<(), String> {
    let filter = EnvFilter::try_new(&args.log).map_err(|error| format!("cannot read --log '{}': {error}", args.log))?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match args.log_format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => lines.finish().try_init(),
    };
    started.map_err(|error| format!("cannot start logging: {error}"))
}
