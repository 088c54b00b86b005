//! Flags of `appnet-operator`. Every one has a default and an environment variable.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Parser, ValueEnum};

/// Keeps the NetworkPolicies of `AppNetworkProfiles` as the profiles describe them.
///
/// Needs no flag: inside a cluster it uses its Pod's service account, elsewhere KUBECONFIG or ~/.kube/config.
///
/// Exit codes: 0 stopped on request, 1 could not start or go on, 2 wrong flags.
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// File with the platform's settings: DNS, scrapers, ingress controllers, protected namespaces, a ceiling on CIDRs.
    #[arg(long, env = "APPNET_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Manage the profiles of this namespace only; all namespaces when left out.
    #[arg(long, env = "APPNET_NAMESPACE", value_name = "NAME")]
    pub namespace: Option<String>,

    /// The operator's own namespace, in which profiles are refused. The Pod's namespace when left out.
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAME")]
    pub own_namespace: Option<String>,

    /// Address for /healthz, /readyz and /metrics; port 0 takes any free one and logs it.
    #[arg(long, env = "APPNET_LISTEN", default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// How many profiles are worked on at the same time.
    #[arg(long, env = "APPNET_CONCURRENCY", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512), value_name = "N")]
    pub concurrency: u16,

    /// The longest that one request to the API server may take, in seconds.
    #[arg(long, env = "APPNET_REQUEST_TIMEOUT", default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub request_timeout: Duration,

    /// How often a profile is looked at when nothing happens, in seconds: a safety net, the watches tell of every change.
    #[arg(long, env = "APPNET_RESYNC", default_value = "3600", value_parser = seconds, value_name = "SECONDS")]
    pub resync: Duration,

    /// How long work under way may take to finish after SIGTERM or SIGINT, in seconds.
    #[arg(long, env = "APPNET_SHUTDOWN_TIMEOUT", default_value = "20", value_parser = seconds, value_name = "SECONDS")]
    pub shutdown_timeout: Duration,

    /// Let only one of several operators write: the one that holds the Lease. Switch it off only where a single one runs.
    #[arg(
        long,
        env = "APPNET_LEADER_ELECTION",
        default_value_t = true,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    pub leader_election: bool,

    /// The Lease's name. Operators that manage different namespaces need different ones.
    #[arg(long, env = "APPNET_LEASE_NAME", default_value = "appnet-operator", value_name = "NAME")]
    pub lease_name: String,

    /// The Lease's namespace; when left out, the operator's own, or that of the kubeconfig's context.
    #[arg(long, env = "APPNET_LEASE_NAMESPACE", value_name = "NAME")]
    pub lease_namespace: Option<String>,

    /// How long other operators wait for a leader that does not renew its Lease, in seconds; rounded up to whole ones.
    #[arg(long, env = "APPNET_LEASE_DURATION", default_value = "15", value_parser = seconds, value_name = "SECONDS")]
    pub lease_duration: Duration,

    /// After how long a leader that cannot renew its Lease stops writing, in seconds; less than the duration.
    #[arg(long, env = "APPNET_RENEW_DEADLINE", default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub renew_deadline: Duration,

    /// The pause between two tries to get or to renew the Lease, in seconds.
    #[arg(long, env = "APPNET_RETRY_PERIOD", default_value = "2", value_parser = seconds, value_name = "SECONDS")]
    pub retry_period: Duration,

    /// Start watches with the `WatchList` feature of newer API servers: less memory there while the operator starts.
    #[arg(long, env = "APPNET_STREAMING_LISTS")]
    pub streaming_lists: bool,

    /// How log lines are written.
    #[arg(long, env = "APPNET_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json, value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// What is logged: a level (error, warn, info, debug, trace) or directives such as `info,appnet=debug`.
    #[arg(long, env = "APPNET_LOG", default_value = "info,kube_client=warn", value_name = "FILTER")]
    pub log: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("must be a number of seconds above 0 and at most 86400".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn flags_are_consistent_and_each_says_what_it_is_for() {
        let command = Args::command();
        command.clone().debug_assert();
        for flag in command.get_arguments().filter(|flag| !matches!(flag.get_id().as_str(), "help" | "version")) {
            assert!(flag.get_help().is_some(), "{} has no help", flag.get_id());
            assert!(flag.get_env().is_some(), "{} has no environment variable", flag.get_id());
        }
    }

    #[test]
    fn no_flag_is_needed() {
        assert!(Args::try_parse_from(["appnet-operator"]).is_ok());
        assert!(Args::try_parse_from(["appnet-operator", "--request-timeout", "0"]).is_err());
    }

    #[test]
    fn the_election_is_on_unless_it_is_switched_off() {
        let on = |flags: &[&str]| {
            let args = Args::try_parse_from(["appnet-operator"].iter().chain(flags));
            args.map(|args| args.leader_election).map_err(|error| error.kind())
        };
        assert_eq!(
            (on(&[]), on(&["--leader-election"]), on(&["--leader-election=true"])),
            (Ok(true), Ok(true), Ok(true))
        );
        assert_eq!(on(&["--leader-election=false"]), Ok(false));
        assert!(on(&["--leader-election=maybe"]).is_err());
    }
}
