//! The flags of `verify`.

use clap::{Args, ValueEnum};

use crate::cli::state::ClusterArgs;

/// Above the flags of `verify`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet verify -n shop                          every allowed call between the Pods of a namespace, and some that are denied
  kubectl appnet verify -n shop -n jobs                  and between two namespaces
  kubectl appnet verify -n shop --denied all             every denied one too
  kubectl appnet verify -n shop -o junit > verify.xml    for a pipeline
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when the data plane does what the policies say, 1 when it does something else, 2 when a source could not be tried, 3 when
no denial was proven, because every denied call was refused, or nothing that was tried should be denied.
A Job for each kind of Pod is started in its namespace, with its labels and its service account, and removed; when this command is
killed, the Jobs end after 90 seconds and are removed by themselves. It needs the rights to list what the cluster has, and to create
and delete Jobs and read Pods and their logs there: with `rbac.verify: true` the chart has a role for the latter, bound to nobody.";

/// The flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The namespaces whose Pods call and are called; may be repeated. Without any, that of the context
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Vec<String>,

    /// How to reach the cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// How many denied calls are tried for each kind of Pod: a number, or all
    #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = denied)]
    pub denied: Denied,

    /// The image that makes the connections: the operator's
    #[arg(long, value_name = "IMAGE", default_value = concat!("ghcr.io/appnet-dev/appnet-operator:", env!("CARGO_PKG_VERSION")))]
    pub image: String,

    /// How many Jobs run at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub at_once: u16,

    /// Show what would be tried, and start nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How to write the results
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: VerifyOutput,
}

/// How many of the denied calls are tried; nothing for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied(pub Option<usize>);

fn denied(text: &str) -> Result<Denied, String> {
    if text == "all" {
        return Ok(Denied(None));
    }
    text.parse().map(|number| Denied(Some(number))).map_err(|_| "must be a number, or all".to_owned())
}

/// How `verify` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerifyOutput {
    /// A table.
    Text,
    /// One object of kind `Verification`.
    Json,
    /// The XML of `JUnit`, for pipelines.
    Junit,
}
