//! The command line, as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{completion, diagnose, explain, lint, map, plan, verify};

/// Examples come before the flags: most readers want a line to copy.
const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}\n";

const EXAMPLES: &str = "\
Examples:
  kubectl appnet lint -f shop.yaml              check a profile before it is applied
  kubectl appnet lint -f deploy/ -o json        check a directory, for a program to read
  helm template . | kubectl appnet lint -f -    check what a chart renders
  kubectl appnet render -f shop.yaml            print the policies that a profile becomes
  kubectl appnet map -f deploy/                 show who may reach whom
  kubectl appnet plan -f shop.yaml              show which flows a change cuts and opens
  kubectl appnet explain --from web/deploy/front --to shop/svc/api --port 80
                                                say why it may or may not, and what would change it
  kubectl appnet diagnose -n shop               say what is wrong in a namespace, and what to type
";

const RENDER_EXAMPLES: &str = "\
Examples:
  kubectl appnet render -f shop.yaml
  kubectl appnet render -f shop.yaml -f services.yaml              with the Services that the profile refers to
  kubectl appnet render -f shop.yaml | kubectl diff -f -           against what is in the cluster
  kubectl appnet render -f deploy/ --config platform.yaml -o json
";

const RENDER_EXITS: &str = "\
Exit status: 0 when the policies were printed, 1 when a profile is wrong, 2 when a file cannot be read.
Policies go to standard output. What is wrong, and what a profile refers to that the files do not hold, to standard error.";

/// Works with profiles: the network needs of an app, from which the operator writes its NetworkPolicies.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-appnet",
    bin_name = "kubectl appnet",
    version,
    help_template = TEMPLATE,
    before_help = EXAMPLES,
    max_term_width = 120
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Checks profiles and policies: what the API server and the operator would refuse, and what hardly anyone can mean.
    ///
    /// Profiles are checked with the same rules and sentences as by the API server and the operator. Policies of anyone are
    /// checked for what cuts DNS, opens everything, selects nothing, or says nothing new; with the workloads beside them in
    /// the same files, or in the cluster. Objects of other kinds are skipped.
    #[command(help_template = TEMPLATE, before_help = lint::EXAMPLES, after_help = lint::EXITS)]
    Lint(lint::LintArgs),

    /// Prints the policies that profiles become.
    ///
    /// No cluster is asked: DNS is taken to be kube-dns in kube-system. Services and EndpointSlices in the same files are
    /// used to look up what profiles refer to. Each policy says in an annotation which field allows what.
    /// CiliumNetworkPolicies, for calls to the API server, are printed only where --config says `cni: Cilium`.
    #[command(help_template = TEMPLATE, before_help = RENDER_EXAMPLES, after_help = RENDER_EXITS)]
    Render(Render),

    /// Shows who may reach whom: every pair of workloads, and the ports.
    ///
    /// Policies of anyone count, and both ends must allow a connection. Addresses are those outside the cluster. A workload
    /// without Pods stands for those that it will have. Workloads whose Pods differ in what policies look at are shown Pod by
    /// Pod.
    #[command(help_template = TEMPLATE, before_help = map::EXAMPLES, after_help = map::EXITS)]
    Map(map::MapArgs),

    /// Shows what would change if files were applied: objects, and the flows that are cut and opened.
    ///
    /// Nothing is written. Profiles in the files become policies as the operator would write them; policies that a profile
    /// had and no longer wants go, and nothing else does. A flow that loses ports names the policy that takes them.
    #[command(help_template = TEMPLATE, before_help = plan::EXAMPLES, after_help = plan::EXITS)]
    Plan(Box<plan::PlanArgs>),

    /// Explains why one may call the other or not: the verdict, the policy and rule that decide, and the smallest fix.
    ///
    /// Ends are NAMESPACE/POD, NAMESPACE/KIND/NAME or KIND/NAME (deploy, sts, ds, job, cronjob; svc as --to), an address,
    /// or 'ingress' for the ingress controller. Profiles whose policies are not in the files are taken as the operator
    /// would write them. What is printed as a fix was tried, and what it opens besides is said.
    #[command(help_template = TEMPLATE, before_help = explain::EXAMPLES, after_help = explain::EXITS)]
    Explain(explain::ExplainArgs),

    /// Says what is wrong, by what you see of it: each finding with its code, what was found, and the one thing to type.
    ///
    /// About a namespace, a profile, or one connection (--from, --to, --port); in the cluster, or in files as far as they tell.
    /// What cannot be known from here is said, with the command that would tell. docs/troubleshooting.md explains each code.
    #[command(help_template = TEMPLATE, before_help = diagnose::EXAMPLES, after_help = diagnose::EXITS)]
    Diagnose(Box<diagnose::DiagnoseArgs>),

    /// Makes real connections, and says whether the data plane does what the policies say.
    ///
    /// From Pods with the labels, the namespace and the service account of those that are asked about: a short-lived Job for each
    /// kind. Every call that policies allow is tried, and some that they deny; new connections only, TCP and DNS.
    #[command(help_template = TEMPLATE, before_help = verify::EXAMPLES, after_help = verify::EXITS)]
    Verify(verify::VerifyArgs),

    /// Prints the script with which kubectl, or a shell, completes words.
    ///
    /// kubectl completes the words of a plugin by a program of its own, here kubectl_complete-appnet. The scripts for shells
    /// are for those who call kubectl-appnet by its name.
    #[command(help_template = TEMPLATE, before_help = completion::EXAMPLES)]
    Completion(completion::CompletionArgs),
}

/// The flags of `render`.
#[derive(Debug, Args)]
pub struct Render {
    /// What to render.
    #[command(flatten)]
    pub files: Files,

    /// The namespace of profiles that name none; without it, their policies name none either
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// How to write the policies: YAML documents, or a JSON list
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub output: RenderOutput,
}

/// How `render` writes policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RenderOutput {
    /// A document for each policy.
    Yaml,
    /// One `List`, as `kubectl get -o json` writes it.
    Json,
}

/// Files with profiles, and the platform that they are meant for.
#[derive(Debug, Args)]
pub struct Files {
    /// A file, a directory (its .yaml, .yml and .json files, at any depth) or '-' for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,

    /// The operator's configuration file, for protected namespaces, the ceiling on CIDRs, and what else the platform says
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
