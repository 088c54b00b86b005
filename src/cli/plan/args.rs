//! The flags of `plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{cli::state::ClusterArgs, explain::kind_of, plan::Removal};

/// Above the flags of `plan`.
pub const EXAMPLES: &str = "\
Examples:
  kubectl appnet plan -f shop.yaml                                  which flows a profile would cut or open in the cluster
  kubectl appnet plan -f shop.yaml --against cluster.json           the same without a cluster, from a dump
  helm template . | kubectl appnet plan -f - -o md                  as a comment for a pull request
  kubectl appnet plan -f deploy/ --fail-on cut                      for a pipeline: no flow may be lost
  kubectl appnet plan --delete netpol/shop/old                      what removing a policy would open and cut
";

/// Below them.
pub const EXITS: &str = "\
Exit status: 0 when nothing changes, 1 when something does that --fail-on names, 2 when something could not be read (the plan of
the rest is printed all the same, and says that it is partial).
The plan goes to standard output, everything else to standard error.";

/// The flags of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What would be applied: a file, a directory or '-' for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE", num_args = 1..)]
    pub files: Vec<PathBuf>,

    /// The state before, from files or directories, such as `kubectl get -A -o json` prints. Without it, the cluster that
    /// kubectl would talk to
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub against: Vec<PathBuf>,

    /// An object that would be deleted, as KIND/NAMESPACE/NAME, or KIND/NAME for one of the namespace that --namespace names; may
    /// be repeated
    #[arg(long, value_name = "OBJECT", value_parser = removal)]
    pub delete: Vec<Removal>,

    /// The namespace of objects in files, and in --delete, that name none
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// How to reach the cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// The operator's configuration file, for what the platform adds to profiles
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Workload by workload, or Pod by Pod
    #[arg(long, value_name = "GRAIN", default_value = "workloads")]
    pub by: By,

    /// Every pair on a line of its own, instead of groups
    #[arg(long)]
    pub all: bool,

    /// How to write the plan: for people, for programs, or as a comment on a pull request
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: PlanOutput,

    /// Which changes make the exit status 1
    #[arg(long, value_name = "WHAT", default_value = "any")]
    pub fail_on: FailOn,
}

/// How fine the plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Workloads; single Pods where those of a workload are not alike to every policy.
    Workloads,
    /// Single Pods.
    Pods,
}

/// How `plan` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanOutput {
    /// For people.
    Text,
    /// One object of kind `Plan`.
    Json,
    /// The same as YAML.
    Yaml,
    /// Markdown.
    Md,
}

/// Which changes make the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Flows that lose a port.
    Cut,
    /// Flows that win a port.
    Opened,
    /// Any change of an object or a flow.
    Any,
    /// None.
    None,
}

fn removal(text: &str) -> Result<Removal, String> {
    let parts: Vec<_> = text.split('/').collect();
    let (kind, namespace, name) = match parts[..] {
        [kind, namespace, name] => (kind, namespace, name),
        [kind, name] => (kind, "", name),
        _ => return Err("must be KIND/NAMESPACE/NAME, as NetworkPolicy/shop/old".into()),
    };
    if kind.is_empty() || name.is_empty() {
        return Err("must name a kind and an object, as NetworkPolicy/shop/old".into());
    }
    Ok(Removal { kind: named(kind).into(), namespace: namespace.into(), name: name.into() })
}

/// What kubectl calls the kinds that are not asked of `explain`.
const SHORT: [(&str, &[&str]); 4] = [
    ("NetworkPolicy", &["netpol", "networkpolicy", "networkpolicies"]),
    ("AppNetworkProfile", &["appnet", "appnetworkprofile", "appnetworkprofiles"]),
    ("Namespace", &["ns", "namespace", "namespaces"]),
    ("Ingress", &["ing", "ingress", "ingresses"]),
];

/// The kind as objects write it; the word itself where it is none that kubectl shortens.
fn named(word: &str) -> &str {
    let lower = word.to_ascii_lowercase();
    let short = SHORT.iter().find(|(_, words)| words.contains(&lower.as_str())).map(|(kind, _)| *kind);
    short.or_else(|| kind_of(word)).unwrap_or(word)
}
