//! The flags of `map`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::FilterArgs;
use crate::cli::state::StateArgs;

/// Above the flags of `map`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet map                                who may reach whom in the cluster
  kubectl appnet map -n shop                        only pairs with an end in this namespace
  kubectl appnet map -f deploy/                     in an app that is not there yet
  kubectl appnet map -f deploy/ --live              in the cluster, once this is applied
  helm template . | kubectl appnet map -f -         what a chart allows
  kubectl appnet map -f dump.json --only shop       pairs with an end in this namespace
  kubectl appnet map -f dump.json --to 'shop/db-*'  who may reach the databases
  kubectl appnet map -f deploy/ --exposure          and what is open to Pods that are not there
  kubectl appnet map -f deploy/ --pods              Pod by Pod

Formats:
  -o list       a line a pair                       for people, grep and diff
  -o matrix     callers in rows, called in columns  for the terminal; at most 40 of them
  -o svg        the same as a picture               for browsers and documents; at most 150
  -o mermaid    a flow chart, by namespace          for Markdown on GitHub and GitLab
  -o dot        the same for Graphviz               map ... -o dot | dot -Tpng > map.png
  -o md         a table of Markdown                 for pull requests and wikis
  -o csv        a record a pair (RFC 4180)          for spreadsheets
  -o json       everything that is known            for programs: cli.appnet.dev/v1, kind Map
  -o yaml       the same as YAML
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when the map was printed, 2 when something could not be read (the map of the rest is printed all the same), when \
there is nothing to map, when --only, --from or --to (or -n, without files) match nothing, or when the format has no room for what was asked for.
The map goes to standard output, everything else to standard error.";

/// The flags of `map`.
#[derive(Debug, Args)]
pub struct MapArgs {
    /// What to map.
    #[command(flatten)]
    pub state: StateArgs,

    /// The operator's configuration file, for profiles whose policies are not in the files
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Which part of it.
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Pod by Pod, instead of by workload
    #[arg(long)]
    pub pods: bool,

    /// Also what workloads are open to beyond the Pods that exist, and which ones no policy protects
    #[arg(long)]
    pub exposure: bool,

    /// How to write the map
    #[arg(short, long, value_name = "FORMAT", default_value = "list", hide_possible_values = true)]
    pub output: MapOutput,
}

/// How `map` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapOutput {
    /// A line a pair, sorted.
    List,
    /// A table of callers and called.
    Matrix,
    /// A flow chart of Mermaid.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// A picture of the table.
    Svg,
    /// A table of Markdown.
    Md,
    /// Records.
    Csv,
    /// For programs.
    Json,
    /// The same as YAML.
    Yaml,
}

impl MapOutput {
    /// Can it say what is open to Pods that are not there?
    #[must_use]
    pub const fn has_exposure(self) -> bool {
        matches!(self, Self::List | Self::Json | Self::Yaml)
    }
}
