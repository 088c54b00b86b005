//! The flags of `explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::state::StateArgs;

/// Above the flags of `explain`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet explain --from web/deploy/front --to shop/deploy/api --port 8080 -f deploy/
                                                   from a workload to another, at a port of its Pods
  kubectl appnet explain --from deploy/front --to svc/api --port 80 -n shop -f dump.json
                                                   through a Service: 80 is its port, not that of its Pods
  kubectl appnet explain --from shop/api-0 --to 203.0.113.7 --port 443 -f dump.json
                                                   from a Pod to an address
  kubectl appnet explain --from ingress --to shop/svc/front -f dump.json
                                                   through the ingress controller, at every port
  kubectl appnet explain --from shop/api-0 --to kube-system/svc/kube-dns --port 53/UDP -f dump.json -o json
                                                   UDP, for a program to read
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when it is allowed, 1 when it or a part of it is denied, 2 when something could not be read or found (what
can be said of the rest is printed all the same), 3 when nobody can tell.
The answer goes to standard output, everything else to standard error. docs/explain.md has its fields.";

/// The flags of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Who calls
    #[arg(long, value_name = "END")]
    pub from: String,

    /// Who is called
    #[arg(long, value_name = "END")]
    pub to: String,

    /// The port: a number or a name, with /UDP or /SCTP if it is not TCP; left out, every port that matters
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,

    /// What the question is about.
    #[command(flatten)]
    pub state: StateArgs,

    /// The operator's configuration file, for profiles whose policies are not in the files
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// How to write the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ExplainOutput,
}

/// How `explain` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainOutput {
    /// Sentences.
    Text,
    /// For programs.
    Json,
    /// The same, as YAML.
    Yaml,
}
