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

/// Where the state comes from.
#[derive(Debug, Args)]
pub struct StateArgs {
    /// A file, a directory (its .yaml, .yml and .json files, at any depth) or '-' for standard input, as Helm, kustomize and
    /// `kubectl get -A -o json` write them; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,

    /// The namespace of objects in files that name none
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
}

/// A state, and whether all of it could be read.
#[derive(Debug)]
pub struct State {
    /// What was read.
    pub reading: Reading,
    /// Something could not be read: what is said of the rest may be wrong.
    pub partial: bool,
}

impl State {
    /// Reads the state, and says on `err` what is wrong with it and what is left out.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn read(from: &StateArgs, err: &mut impl Write) -> io::Result<Self> {
        let mut reader = Reader::new(&from.namespace);
        let mut partial = false;
        for input in inputs(&from.files) {
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
        Self::say_what_is_left_out(&reading, err)?;
        Ok(Self { reading, partial })
    }

    fn say_what_is_left_out(reading: &Reading, err: &mut impl Write) -> io::Result<()> {
        let skipped: Vec<_> = reading.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if !skipped.is_empty() {
            writeln!(err, "skipped: {}", skipped.join(", "))?;
        }
        for (count, what) in [(reading.finished_pods, "have finished"), (reading.going_pods, "are being deleted")] {
            if count > 0 {
                writeln!(err, "left out: {count} Pods that {what}; no policy is about them")?;
            }
        }
        for other in &reading.picture.not_evaluated {
            let place = if other.namespace.is_empty() { String::new() } else { format!("{}/", other.namespace) };
            writeln!(err, "not evaluated: {} {place}{}", other.kind, other.name)?;
        }
        let on_host: Vec<_> = reading.picture.pods.iter().filter(|pod| pod.host_network).collect();
        if let Some(first) = on_host.first() {
            writeln!(
                err,
                "unknown: {} Pods are on the host network (as {}/{}); on the wire they are their node, and what policies \
                 say of nodes is not defined",
                on_host.len(),
                first.namespace,
                first.name
            )?;
        }
        Ok(())
    }
}
