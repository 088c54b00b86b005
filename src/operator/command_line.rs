//! The command line of `appnet-operator`: the operator's flags, and what else the program can do.

use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};
use http::Uri;

use super::{Args, args::seconds};
use crate::serve::Target;

/// The command line. Without a subcommand it runs the operator, and its help is that of [`Args`].
#[derive(Clone, Debug, Parser)]
#[command(name = "appnet-operator", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(about = Args::command().get_about().cloned().unwrap_or_default(), long_about = Args::command().get_long_about().cloned().unwrap_or_default())]
pub struct CommandLine {
    /// The operator's flags.
    #[command(flatten)]
    pub args: Args,

    /// Something other than running the operator.
    #[command(subcommand)]
    pub other: Option<Other>,
}

/// What the program can do besides running the operator.
#[derive(Clone, Debug, Subcommand)]
pub enum Other {
    /// Ask a running operator whether it is well; `helm test` does.
    ///
    /// Exit codes: 0 the answer was good (2xx), 1 there was no good answer in time, 2 wrong flags.
    Probe {
        /// What to get, such as `http://127.0.0.1:8080/readyz`.
        #[arg(value_name = "URL")]
        address: Uri,

        /// How long to ask again until the answer is good, in seconds.
        #[arg(long, default_value = "5", value_parser = seconds, value_name = "SECONDS")]
        within: Duration,
    },

    /// Make a new connection to each target, and say what became of it; `kubectl appnet verify` starts it in Pods.
    ///
    /// A line for each, `TARGET open|refused|silent`, in their order.
    Connect {
        /// Where to, as `tcp:10.0.0.7:8080`, `dns:10.96.0.10:53` or `dnstcp:10.96.0.10:53`.
        #[arg(value_name = "TARGET", required = true)]
        targets: Vec<Target>,

        /// How long to wait for an answer, in seconds.
        #[arg(long, default_value = "3", value_parser = seconds, value_name = "SECONDS")]
        within: Duration,

        /// How long to wait before the first connection, in seconds: policies take a moment to reach a new Pod.
        #[arg(long, default_value = "0.1", value_parser = seconds, value_name = "SECONDS")]
        settle: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_of_the_operator_is_taken_and_no_subcommand_is_needed() {
        CommandLine::command().debug_assert();
        let all = CommandLine::command();
        for flag in Args::command().get_arguments() {
            assert!(all.get_arguments().any(|other| other.get_id() == flag.get_id()), "{}", flag.get_id());
        }
        let line = CommandLine::try_parse_from(["appnet-operator", "--concurrency", "3"]).expect("fine");
        assert!(line.args.concurrency == 3 && line.other.is_none());
        assert_eq!(CommandLine::command().render_version(), format!("appnet-operator {}\n", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn a_subcommand_takes_none_of_the_operators_flags() {
        let probe = ["appnet-operator", "probe", "http://127.0.0.1:8080/readyz", "--within", "0.5"];
        let line = CommandLine::try_parse_from(probe).expect("fine");
        assert!(matches!(line.other, Some(Other::Probe { within, .. }) if within == Duration::from_millis(500)));
        assert!(CommandLine::try_parse_from(["appnet-operator", "--resync", "9", "probe", "http://a"]).is_err());
    }
}
