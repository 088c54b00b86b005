//! The flags of `lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::state::StateArgs;

/// Above the flags of `lint`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet lint -f shop.yaml                     a profile, before it is applied
  kubectl appnet lint -f deploy/ -f extra.json         with the workloads beside it: selectors are looked up too
  kustomize build . | kubectl appnet lint -f - -o json
  kubectl appnet lint -f deploy/ -o sarif              SARIF 2.1.0, for code scanning
  kubectl appnet lint -f policy.yaml --live            a policy, against the Pods of the cluster
  kubectl appnet lint                                  everything that is in the cluster
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when nothing is wrong, 1 when there are findings, 2 when something cannot be read, or there is nothing.
Findings go to standard output as `FILE:LINE:COLUMN: FIELD: what to do`, the summary to standard error. JSON and YAML say in
`partial` whether something could not be read.";

/// The flags of `lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// What to check.
    #[command(flatten)]
    pub state: StateArgs,

    /// The operator's configuration file, for protected namespaces, the ceiling on CIDRs, and what else the platform says
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The least that is worth a finding: errors only, or warnings too
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    pub severity: Least,

    /// How to write the findings
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: LintOutput,
}

/// The least that is worth a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// What is refused, or cuts or opens what hardly anyone can mean.
    Error,
    /// Also what may be meant, and mostly is not.
    Warning,
}

/// How `lint` writes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintOutput {
    /// One finding a line, as compilers write them.
    Text,
    /// For programs: cli.appnet.dev/v1, kind Lint.
    Json,
    /// The same as YAML.
    Yaml,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}
