//! The flags of `diagnose`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{cli::state::StateArgs, diagnose::state::Symptom};

/// Above the flags of `diagnose`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet diagnose -n shop                                    everything about a namespace of the cluster
  kubectl appnet diagnose appnet/shop -n shop                        about one profile
  kubectl appnet diagnose --from deploy/web --to svc/api --port 80 -n shop
                                                                     about one connection that fails
  kubectl appnet diagnose --symptom 'DNS stopped working' -n shop    from what you see
  kubectl appnet diagnose -f deploy/                                 what can be known from files
  kubectl get -A -o json pods,svc,netpol,ns > state.json; kubectl appnet diagnose -f state.json
";

/// Below them.
pub const EXITS: &str = "\
Symptoms: still-allowed, dns, ingress, same-namespace, cross-namespace, outside, times-out, metrics; or in your own
words, or what the error says, as 'no such host'.
Exit status: 0 when nothing is found that --fail-on names, 1 when something is, 2 when something could not be read or there
is nothing to diagnose.";

/// The flags of `diagnose`.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// A profile, as appnet/NAME; without it, the namespace that -n names, or all that was read
    #[arg(value_name = "PROFILE", conflicts_with_all = ["from", "to"])]
    pub profile: Option<String>,

    /// Who calls, as for `explain`: NAMESPACE/POD, KIND/NAME, an address, or 'ingress'
    #[arg(long, value_name = "END", requires = "to")]
    pub from: Option<String>,

    /// Who is called: the same, or svc/NAME
    #[arg(long, value_name = "END", requires = "from")]
    pub to: Option<String>,

    /// At which port: 8080, 53/UDP, or a name
    #[arg(long, value_name = "PORT", requires = "to")]
    pub port: Option<String>,

    /// Start from what you see
    #[arg(long, value_name = "WORDS")]
    pub symptom: Option<Symptom>,

    /// What to look at.
    #[command(flatten)]
    pub state: StateArgs,

    /// The operator's configuration file, for what the platform says
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Notes too: what is worth knowing and nothing wrong
    #[arg(long)]
    pub all: bool,

    /// How to write what was found
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: DiagnoseOutput,

    /// The least that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: Least,
}

/// How `diagnose` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagnoseOutput {
    /// For people.
    Text,
    /// One object of kind `Diagnosis`.
    Json,
    /// The same as YAML.
    Yaml,
}

/// The least that makes the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// Something does not work, or is not protected.
    Error,
    /// Also what may be meant.
    Warning,
    /// Nothing does.
    None,
}
