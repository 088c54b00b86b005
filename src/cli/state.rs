//! The state of a cluster that a verb speaks of: where it comes from, and what is said about what could not be read.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use super::{
    inputs::inputs,
    read::{Reader, Reading},
};
use crate::{
    cluster::{self, Listing, Trial, Where},
    reach::Pod,
};

/// The name of the live cluster where a file's name would stand.
pub const CLUSTER: &str = "<cluster>";

/// Where the state comes from.
#[derive(Debug, Default, Args)]
pub struct StateArgs {
    /// A file, a directory (its .yaml, .yml and .json files, at any depth) or '-' for standard input, as Helm, kustomize and
    /// `kubectl get -A -o json` write them; may be repeated. Without any, the cluster that kubectl would talk to
    #[arg(short = 'f', long = "filename", value_name = "FILE", num_args = 1..)]
    pub files: Vec<PathBuf>,

    /// Look at the cluster too, as it would be with the files applied
    #[arg(long)]
    pub live: bool,

    /// The namespace of objects in files that name none, and of names on the command line without one
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// How to reach the cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// How to reach the cluster: as with kubectl.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterArgs {
    /// The kubeconfig file; without it, as for kubectl: KUBECONFIG, or ~/.kube/config
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig to use; without it, the current one
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
}

/// A state, and whether all of it could be read.
#[derive(Debug)]
pub struct State {
    /// What was read.
    pub reading: Reading,
    /// The namespace of names on the command line without one.
    pub namespace: String,
    /// Something could not be read: what is said of the rest may be wrong.
    pub partial: bool,
}

impl ClusterArgs {
    /// Looks at the live cluster.
    ///
    /// # Errors
    /// When there is no way to it.
    pub fn list(&self, namespace: Option<&str>, details: bool) -> Result<Listing, String> {
        let which = self.which(namespace, details);
        runtime()?.block_on(cluster::list(&which)).map_err(|error| error.to_string())
    }

    /// Makes connections from inside the cluster.
    ///
    /// # Errors
    /// When there is no way to it.
    pub fn try_all(
        &self,
        image: &str,
        trials: Vec<Trial>,
        at_once: usize,
        told: impl FnMut(usize),
    ) -> Result<Vec<Result<Vec<String>, String>>, String> {
        let which = self.which(None, false);
        runtime()?.block_on(async {
            let client = cluster::client(&which).await.map_err(|error| error.to_string())?;
            Ok(cluster::try_all(&client, image, trials, at_once, told).await)
        })
    }

    fn which(&self, namespace: Option<&str>, details: bool) -> Where {
        Where {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: namespace.map(str::to_owned),
            details,
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot start: {error}"))
}

impl State {
    /// Reads the state, and says on `err` what is wrong with it and what is left out. Nothing when the live cluster was asked
    /// for and cannot be reached.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn read(from: &StateArgs, err: &mut impl Write) -> io::Result<Option<Self>> {
        Self::read_as(from, false, err)
    }

    /// The same, with what says why a connection fails and nothing about who may reach whom.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn read_with_details(from: &StateArgs, err: &mut impl Write) -> io::Result<Option<Self>> {
        Self::read_as(from, true, err)
    }

    fn read_as(from: &StateArgs, details: bool, err: &mut impl Write) -> io::Result<Option<Self>> {
        let Some((reader, partial, namespace)) = Self::begin(from, details, err)? else { return Ok(None) };
        Self::finish(reader, partial, &from.files, namespace, err).map(Some)
    }

    /// Reads a state from files alone; without any it is empty.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn of_files(files: &[PathBuf], namespace: &str, err: &mut impl Write) -> io::Result<Self> {
        Self::finish(Reader::new(namespace), false, files, namespace.to_owned(), err)
    }

    fn finish(
        mut reader: Reader,
        mut partial: bool,
        files: &[PathBuf],
        namespace: String,
        err: &mut impl Write,
    ) -> io::Result<Self> {
        for input in inputs(files) {
            if let Err(error) = input.and_then(|input| reader.add(&input)) {
                writeln!(err, "error: {error}")?;
                partial = true;
            }
        }
        let reading = reader.finish();
        for problem in &reading.problems {
            writeln!(err, "{problem}")?;
        }
        partial |= !reading.problems.is_empty();
        say_what_is_left_out(&reading, err)?;
        Ok(Self { reading, namespace, partial })
    }

    /// A reader that knows the live cluster, if it is wanted; whether something of it could not be seen; and the namespace.
    pub(super) fn begin(
        from: &StateArgs,
        details: bool,
        err: &mut impl Write,
    ) -> io::Result<Option<(Reader, bool, String)>> {
        let reader = |namespace: &str| {
            let reader = Reader::new(namespace);
            if details { reader.with_details() } else { reader }
        };
        if !from.live && !from.files.is_empty() {
            let namespace = from.namespace.clone().unwrap_or_else(|| "default".to_owned());
            return Ok(Some((reader(&namespace), false, namespace)));
        }
        let listing = match from.cluster.list(from.namespace.as_deref(), details) {
            Ok(listing) => listing,
            Err(error) => return writeln!(err, "error: {error}").map(|()| None),
        };
        for gap in &listing.gaps {
            let place =
                gap.namespace.as_ref().map_or("in the cluster".to_owned(), |name| format!("in namespace '{name}'"));
            writeln!(err, "not seen: {} {place}: {}", gap.kind, gap.error)?;
        }
        let partial = listing.gaps.iter().any(|gap| !gap.detail);
        let mut reader = reader(&listing.namespace);
        reader.add_listing(listing.objects, listing.whole)?;
        Ok(Some((reader, partial, listing.namespace)))
    }
}

impl Reader {
    /// Takes in a live cluster. Files that are read afterwards are laid over it.
    fn add_listing(&mut self, objects: Vec<crate::objects::Object>, whole: Vec<serde_json::Value>) -> io::Result<()> {
        self.add_objects(CLUSTER, objects);
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": whole});
        self.add_bytes(CLUSTER, &serde_json::to_vec(&list)?);
        self.lay_over();
        Ok(())
    }
}

fn say_what_is_left_out(reading: &Reading, err: &mut impl Write) -> io::Result<()> {
    let skipped: Vec<_> = reading.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !skipped.is_empty() {
        writeln!(err, "skipped: {}", skipped.join(", "))?;
    }
    let one_or_many = |count, one, many| (count, if count == 1 { one } else { many });
    let gone = [
        one_or_many(reading.finished_pods, "has finished", "have finished"),
        one_or_many(reading.going_pods, "is being deleted", "are being deleted"),
    ];
    for (count, what) in gone {
        if count > 0 {
            let pods = pods(count);
            writeln!(
                err,
                "left out: {pods} that {what}; no policy is about {}",
                if count == 1 { "it" } else { "them" }
            )?;
        }
    }
    for other in &reading.picture.not_evaluated {
        let place = if other.namespace.is_empty() { String::new() } else { format!("{}/", other.namespace) };
        writeln!(err, "not evaluated: {} {place}{}", other.kind, other.name)?;
    }
    let on_host: Vec<_> = reading.picture.pods.iter().filter(|pod| pod.host_network).collect();
    match on_host[..] {
        [] => Ok(()),
        [Pod { namespace, name, .. }] => writeln!(
            err,
            "unknown: 1 Pod is on the host network ({namespace}/{name}); on the wire it is its node, and what policies say of \
             nodes is not defined"
        ),
        [Pod { namespace, name, .. }, ..] => writeln!(
            err,
            "unknown: {} are on the host network (as {namespace}/{name}); on the wire they are their node, and what policies \
             say of nodes is not defined",
            pods(on_host.len())
        ),
    }
}

fn pods(count: usize) -> String {
    format!("{count} {}", if count == 1 { "Pod" } else { "Pods" })
}
