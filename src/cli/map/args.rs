//! The flags of `map`.

use clap::{Args, ValueEnum};

use crate::cli::state::StateArgs;

/// Above the flags of `map`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet map                                                who may reach whom in the cluster
  kubectl appnet map -f deploy/                                     in an app that is not there yet
  kubectl appnet map -f deploy/ --live                              in the cluster, once this is applied
  helm template . | kubectl appnet map -f -                         what a chart allows
  kubectl appnet map -f deploy/ --pods                              Pod by Pod
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when the map was printed, 2 when something could not be read (the map of the rest is printed all the same).
The map goes to standard output, everything else to standard error.";

/// The flags of `map`.
#[derive(Debug, Args)]
pub struct MapArgs {
    /// What to map.
    #[command(flatten)]
    pub state: StateArgs,

    /// Pod by Pod, instead of by workload
    #[arg(long)]
    pub pods: bool,

    /// How to write the map
    #[arg(short, long, value_name = "FORMAT", default_value = "list")]
    pub output: MapOutput,
}

/// How `map` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapOutput {
    /// A line a pair, sorted.
    List,
}
